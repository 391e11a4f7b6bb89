#include "lib/score/abc.h"
#include "lib/tensor/error.h"
#include "lib/tensor/lifetime.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 4096, DEPTH_MAX = 32 };

struct expansion {
    const struct oto_abc *abc;
    const char *at, *end;
    char *parts; /* PARTS_MAX + 1 characters */
    size_t count;
};

static int times(struct expansion *e) {
    int times = 0;
    while (e->at < e->end && isdigit((unsigned char)*e->at) && times < PARTS_MAX) times = times * 10 + *e->at++ - '0';
    return times > 0 ? times : 1;
}

/* What stands from `from` on, once more. */
static void repeat(struct expansion *e, size_t from, int times, const char *at) {
    size_t length = e->count - from;
    for (; times > 1 && length > 0; times--, e->count += length) {
        if (e->count + length > PARTS_MAX) oto_abc_refuse(e->abc, at, "P: plays more than %d parts", PARTS_MAX);
        memcpy(e->parts + e->count, e->parts + from, length);
    }
}

/* A2(BC)3: letters and brackets, each with how often it is played; up to the bracket that closes this one. */
static void expand(struct expansion *e, int depth) {
    while (e->at < e->end && *e->at != ')') {
        const char *start = e->at++;
        size_t from = e->count;
        if (*start == '(') {
            if (depth == DEPTH_MAX)
                oto_abc_refuse(e->abc, start, "P: has more than %d brackets in one another", DEPTH_MAX);
            expand(e, depth + 1);
            if (e->at == e->end) oto_abc_refuse(e->abc, start, "this bracket of P: has no )");
            e->at++;
        } else if (isupper((unsigned char)*start)) {
            if (e->count == PARTS_MAX) oto_abc_refuse(e->abc, start, "P: plays more than %d parts", PARTS_MAX);
            e->parts[e->count++] = *start;
        }
        repeat(e, from, times(e), start);
    }
}

/* P: in the header: the order of the parts. Other words that stand there are none. */
static void set_order(struct oto_abc *abc, const char *text, const char *end) {
    for (const char *at = text; at < end; at++)
        if (!isupper((unsigned char)*at) && !isdigit((unsigned char)*at) && !strchr("(). ", *at)) return;
    char *parts = calloc(PARTS_MAX + 1, 1);
    if (!parts) oto_refuse("oto_score_load", "no memory for the parts of %s", abc->name);
    oto_hold(parts, free);
    struct expansion e = {.abc = abc, .at = text, .end = end, .parts = parts};
    expand(&e, 0);
    if (e.at < e.end) oto_abc_refuse(abc, e.at, "P: has a ) without its (");
    abc->sheet->part_order = parts;
}

void oto_abc_part(struct oto_abc *abc, const char *text, const char *end) {
    if (!abc->in_body) {
        set_order(abc, text, end);
    } else if (end - text == 1 && isupper((unsigned char)*text)) {
        struct oto_abc_voice *voice = oto_abc_voice(abc);
        oto_abc_end_measure(abc, voice);
        oto_sheet_measure_at(abc->sheet, voice->measure)->part = *text;
    }
}
