#include "lib/score/sheet.h"
#include "lib/tensor/error.h"

#include <stdlib.h>

enum { PLAYED_MAX = 1 << 20 };

/* Where a player is: in which measure, for the which time in this repeat, and whether da capo or dal segno have been
 * taken; after them repeats are not played again, as musicians hold it. */
struct player {
    const struct oto_sheet *sheet;
    int64_t at, repeat_start;
    int pass;
    bool jumped;
};

static int64_t volta_end(const struct oto_sheet *sheet, int64_t at) {
    while (at + 1 < sheet->measure_count && !sheet->measures[at].ending_stop && !sheet->measures[at + 1].ending) at++;
    return at;
}

static int highest_time(uint32_t ending) {
    return ending ? 32 - __builtin_clz(ending) : 0;
}

/* How often the repeat that ends at this measure is played in all: as its voltas say, when it has some. */
static int times(const struct oto_sheet *sheet, int64_t at, uint32_t volta) {
    int times = sheet->measures[at].backward;
    if (!volta) return times;
    if (highest_time(volta) > times) times = highest_time(volta);
    for (int64_t next = at + 1; next < sheet->measure_count && sheet->measures[next].ending;
         next = volta_end(sheet, next) + 1)
        if (highest_time(sheet->measures[next].ending) > times) times = highest_time(sheet->measures[next].ending);
    return times;
}

/* Whether the volta that begins here is for this pass; behind a da capo the last one is. */
static bool volta_is_played(const struct player *p) {
    const struct oto_sheet *sheet = p->sheet;
    if (!p->jumped) return sheet->measures[p->at].ending >> (p->pass - 1) & 1;
    int64_t next = volta_end(sheet, p->at) + 1;
    return next >= sheet->measure_count || !sheet->measures[next].ending;
}

static int64_t find(const struct oto_sheet *sheet, bool coda) {
    for (int64_t i = 0; i < sheet->measure_count; i++)
        if (coda ? sheet->measures[i].coda : sheet->measures[i].segno) return i;
    return coda ? sheet->measure_count : 0;
}

/* From the end of a measure to the next one that is played. */
static void go_on(struct player *p, uint32_t *volta) {
    const struct oto_sheet_measure *m = &p->sheet->measures[p->at];
    uint32_t in_volta = *volta;
    if (m->ending_stop) *volta = 0;
    if (p->jumped) {
        p->at = m->fine ? p->sheet->measure_count : m->to_coda ? find(p->sheet, true) : p->at + 1;
        return;
    }
    if (m->backward && p->pass < times(p->sheet, p->at, in_volta)) {
        p->pass++;
        p->at = p->repeat_start;
        *volta = 0;
        return;
    }
    if (m->da_capo || m->dal_segno) {
        p->jumped = true;
        p->at = m->dal_segno ? find(p->sheet, false) : 0;
        *volta = 0;
        return;
    }
    p->at++;
    bool volta_is_last = m->ending_stop && (p->at >= p->sheet->measure_count || !p->sheet->measures[p->at].ending);
    if (m->backward || volta_is_last) {
        p->pass = 1;
        p->repeat_start = p->at;
    }
}

/* Plays measures first ... end - 1, as if the piece were no longer, into the order. */
static void play(const struct oto_sheet *whole, int64_t first, int64_t end, const char *name, int64_t *order,
                 int64_t *count) {
    if (first == end) return; /* a piece without a measure has no array of them */
    struct oto_sheet sheet = *whole;
    sheet.measures += first;
    sheet.measure_count = end - first;
    struct player p = {.sheet = &sheet, .pass = 1};
    uint32_t volta = 0;
    while (p.at < sheet.measure_count) {
        const struct oto_sheet_measure *m = &sheet.measures[p.at];
        if (m->forward && !p.jumped && p.repeat_start != p.at) {
            p.repeat_start = p.at;
            p.pass = 1;
        }
        if (m->ending) {
            if (!volta_is_played(&p)) {
                p.at = volta_end(&sheet, p.at) + 1;
                continue;
            }
            volta = m->ending;
        }
        if (*count == PLAYED_MAX)
            oto_refuse("oto_score_load",
                       "the repeats of %s come to more than %d measures; load it with .repeats = "
                       "false",
                       name, PLAYED_MAX);
        order[(*count)++] = first + p.at;
        go_on(&p, &volta);
    }
}

/* The next measure that begins a part (part 0: any), or the number of measures. */
static int64_t next_part(const struct oto_sheet *sheet, int64_t from, char part) {
    while (from < sheet->measure_count &&
           !(part ? sheet->measures[from].part == part : sheet->measures[from].part != 0))
        from++;
    return from;
}

/* What stands before the first part, and then the parts in their order. */
static void play_parts(const struct oto_sheet *sheet, const char *name, int64_t *order, int64_t *count) {
    play(sheet, 0, next_part(sheet, 0, 0), name, order, count);
    for (const char *part = sheet->part_order; *part; part++) {
        int64_t first = next_part(sheet, 0, *part);
        if (first == sheet->measure_count)
            oto_refuse("oto_score_load",
                       "%s plays the parts %s, but none of them begins with P:%c; load it with .repeats = false", name,
                       sheet->part_order, *part);
        play(sheet, first, next_part(sheet, first + 1, 0), name, order, count);
    }
}

int64_t *oto_sheet_order(const struct oto_sheet *sheet, bool repeats, const char *name, int64_t *count) {
    int64_t *order = malloc((repeats ? PLAYED_MAX : (size_t)sheet->measure_count + 1) * sizeof *order);
    if (!order) oto_refuse("oto_score_load", "no memory for the repeats of %s", name);
    oto_hold(order, free);
    *count = 0;
    if (!repeats)
        for (; *count < sheet->measure_count; ++*count) order[*count] = *count;
    else if (sheet->part_order && next_part(sheet, 0, 0) < sheet->measure_count)
        play_parts(sheet, name, order, count);
    else
        play(sheet, 0, sheet->measure_count, name, order, count);
    return order;
}
