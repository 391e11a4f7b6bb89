#include "lib/score/sheet.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double CLOSE = 1e-4; /* quarters: below any note's length, above any rounding of divisions */
enum { NOTES_MAX = 1 << 24, NO_METER = 0 };

/* What holds at the beginning of a measure as it is written. */
struct state {
    OtoMeter meter;
    OtoKey key;
    double bpm; /* 0: nothing is said */
    bool has_key;
};

/* The piece as it is played, while it is put together. */
struct piece {
    const struct oto_sheet *sheet;
    OtoScore *score;
    struct state *states; /* one a measure */
    int64_t *first_note;  /* of each measure in note_order, and one more: the end */
    int64_t *note_order;  /* note indices, by measure */
    int64_t *first_mark, *mark_order;
    struct placed *placed; /* notes of the score */
    int64_t capacity;
    int64_t *open; /* indices of placed notes whose tie goes on */
    int64_t open_count, open_capacity;
    OtoMeter meter; /* the last that the timeline was told */
    double phase;   /* quarters since the last bar line */
};

struct placed {
    OtoScoreNote note;
    int64_t sequence;
};

static void *take(size_t count, size_t size) {
    void *block = calloc(count + 1, size);
    if (!block) oto_refuse("oto_score_load", "no memory for a score of this length");
    return oto_hold(block, free);
}

static int64_t measure_of(const void *elements, size_t size, size_t offset, int64_t i) {
    int64_t measure;
    memcpy(&measure, (const char *)elements + (size_t)i * size + offset, sizeof measure);
    return measure;
}

/* Indices of elements by their measure (a member at `offset`), in the order in which they were read: those of measure m
 * are order[starts[m]] to order[starts[m + 1] - 1]. */
static int64_t *by_measure(int64_t count, const void *elements, size_t size, size_t offset, int64_t measures,
                           int64_t **starts) {
    int64_t *order = take((size_t)count, sizeof *order), *start = take((size_t)measures + 1, sizeof *start);
    for (int64_t i = 0; i < count; i++) start[measure_of(elements, size, offset, i) + 1]++;
    for (int64_t m = 0; m < measures; m++) start[m + 1] += start[m];
    for (int64_t i = 0; i < count; i++) order[start[measure_of(elements, size, offset, i)]++] = i;
    memmove(start + 1, start, (size_t)measures * sizeof *start); /* each has walked on to the beginning of the next */
    start[0] = 0;
    *starts = start;
    return order;
}

static int by_moment(const void *a, const void *b) {
    const struct oto_sheet_mark *x = a, *y = b;
    if (x->measure != y->measure) return x->measure < y->measure ? -1 : 1;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void apply(struct state *state, const struct oto_sheet_mark *mark) {
    if (mark->kind == OTO_MARK_TEMPO) state->bpm = mark->bpm;
    if (mark->kind == OTO_MARK_METER)
        state->meter = (OtoMeter){.numerator = mark->numerator, .denominator = mark->denominator};
    if (mark->kind == OTO_MARK_KEY) state->key = mark->key, state->has_key = true;
}

/* The state of every measure at its beginning, the marks that stand there included. */
static void follow_states(struct piece *piece) {
    struct state now = {.meter = {.numerator = 4, .denominator = 4}};
    for (int64_t m = 0; m < piece->sheet->measure_count; m++) {
        for (int after = 0; after < 2; after++) {
            for (int64_t i = piece->first_mark[m]; i < piece->first_mark[m + 1]; i++) {
                const struct oto_sheet_mark *mark = &piece->sheet->marks[piece->mark_order[i]];
                if ((mark->offset > CLOSE) == after) apply(&now, mark);
            }
            if (!after) piece->states[m] = now;
        }
    }
}

static void must(bool done) {
    if (!done) oto_refuse("oto_score_load", "no memory for the tempos of a score");
}

/* Where in its bar a measure begins: 0, or behind what is there of an unfinished bar, or late for an upbeat. */
static double phase_of(const struct piece *piece, int64_t measure, bool first, double length) {
    double bar = oto_meter_bar(piece->states[measure].meter);
    bool is_short = length < bar - CLOSE;
    if (is_short && (first || measure == 0)) return bar - length;
    if (is_short && piece->phase > CLOSE && piece->phase + length < bar + CLOSE) return piece->phase;
    return 0;
}

/* Tells the timeline what holds from here on. */
static void mark_beginning(struct piece *piece, int64_t measure, bool first, bool follows, double quarter,
                           double length) {
    OtoTimeline *timeline = &piece->score->timeline;
    const struct state *state = &piece->states[measure];
    double phase = phase_of(piece, measure, first, length);
    OtoMeter meter = state->meter;
    bool same = meter.numerator == piece->meter.numerator && meter.denominator == piece->meter.denominator;
    if (first || !same || fabs(phase - piece->phase) > CLOSE) {
        meter.quarter = quarter;
        meter.skipped = phase;
        must(oto_timeline_add_meter(timeline, meter));
        piece->meter = meter;
    }
    piece->phase = fmod(phase + length + CLOSE, oto_meter_bar(meter)) - CLOSE;
    if (piece->phase < CLOSE) piece->phase = 0;
    if (!follows && state->bpm > 0) must(oto_timeline_add_tempo(timeline, quarter, state->bpm));
    if (!follows && state->has_key) must(oto_timeline_add_key(timeline, quarter, state->key));
    for (int64_t i = piece->first_mark[measure]; i < piece->first_mark[measure + 1]; i++) {
        const struct oto_sheet_mark *mark = &piece->sheet->marks[piece->mark_order[i]];
        if (mark->kind == OTO_MARK_TEMPO) must(oto_timeline_add_tempo(timeline, quarter + mark->offset, mark->bpm));
        if (mark->kind == OTO_MARK_KEY) must(oto_timeline_add_key(timeline, quarter + mark->offset, mark->key));
    }
}

/* The note whose tie leads to this one; it is taken from the open ones. NULL when there is none. */
static struct placed *tied(struct piece *piece, const OtoScoreNote *note, double measure_start) {
    struct placed *found = NULL;
    int64_t kept = 0;
    for (int64_t i = 0; i < piece->open_count; i++) {
        struct placed *open = &piece->placed[piece->open[i]];
        double end = open->note.quarter + open->note.duration;
        if (end < measure_start - CLOSE) continue; /* its other end never came */
        bool meets = fabs(end - note->quarter) < CLOSE;
        if (!found && meets && open->note.part == note->part && open->note.pitch == note->pitch)
            found = open;
        else
            piece->open[kept++] = piece->open[i];
    }
    piece->open_count = kept;
    return found;
}

static void open_tie(struct piece *piece, int64_t index) {
    if (piece->open_count == piece->open_capacity) {
        int64_t *grown = take((size_t)piece->open_capacity * 2 + 64, sizeof *grown);
        if (piece->open_count) memcpy(grown, piece->open, (size_t)piece->open_count * sizeof *grown);
        piece->open = grown;
        piece->open_capacity = piece->open_capacity * 2 + 64;
    }
    piece->open[piece->open_count++] = index;
}

static void place_note(struct piece *piece, const struct oto_sheet_note *from, double quarter) {
    OtoScoreNote note = from->note;
    note.quarter += quarter;
    struct placed *before = note.grace ? NULL : tied(piece, &note, quarter);
    if (before)
        before->note.duration = note.quarter + note.duration - before->note.quarter;
    else
        piece->placed[piece->score->count++] = (struct placed){.note = note, .sequence = piece->score->count};
    if (from->tie_start && !note.grace) open_tie(piece, before ? before - piece->placed : piece->score->count - 1);
}

static int by_place(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    if (x->note.quarter != y->note.quarter) return x->note.quarter < y->note.quarter ? -1 : 1;
    if (x->note.part != y->note.part) return x->note.part - y->note.part;
    if (x->note.grace != y->note.grace) return y->note.grace - x->note.grace;
    if (!x->note.grace && x->note.pitch != y->note.pitch) return x->note.pitch < y->note.pitch ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void release(void *value) {
    OtoScore *score = value;
    for (int64_t i = 0; i < score->part_count; i++) free(score->parts[i].name);
    free(score->parts);
    free(score->notes);
    oto_timeline_release(&score->timeline);
    free(score->title);
    free(score->composer);
    free(score->origin);
}

static void copy_parts(OtoScore *score, const struct oto_sheet *sheet, const char *name) {
    score->origin = strdup(name);
    if (sheet->title) score->title = strdup(sheet->title);
    if (sheet->composer) score->composer = strdup(sheet->composer);
    score->parts = calloc((size_t)sheet->part_count + 1, sizeof *score->parts);
    if (!score->parts) oto_refuse("oto_score_load", "no memory for the parts of %s", name);
    for (score->part_count = 0; score->part_count < sheet->part_count; score->part_count++) {
        OtoPart *part = &score->parts[score->part_count];
        *part = sheet->parts[score->part_count];
        part->name = part->name ? strdup(part->name) : NULL;
    }
}

/* Lays the measures end to end in the order in which they are played. */
static void play(struct piece *piece, const int64_t *order, int64_t count) {
    double quarter = 0;
    for (int64_t k = 0; k < count; k++) {
        int64_t m = order[k];
        double bar = oto_meter_bar(piece->states[m].meter), rests = piece->sheet->measures[m].rests;
        double length = fmax(piece->sheet->measures[m].length, fmin(rests, bar));
        if (length < CLOSE) length = bar; /* an empty measure is one of rest */
        mark_beginning(piece, m, k == 0, k > 0 && order[k - 1] + 1 == m, quarter, length);
        for (int64_t i = piece->first_note[m]; i < piece->first_note[m + 1]; i++)
            place_note(piece, &piece->sheet->notes[piece->note_order[i]], quarter);
        quarter += length;
    }
    must(oto_timeline_finish(&piece->score->timeline, quarter));
}

static int64_t count_played(const struct piece *piece, const int64_t *order, int64_t count, const char *name) {
    int64_t notes = 0;
    for (int64_t k = 0; k < count; k++) notes += piece->first_note[order[k] + 1] - piece->first_note[order[k]];
    if (notes > NOTES_MAX)
        oto_refuse("oto_score_load", "%s comes to %lld notes with its repeats; load it with .repeats = false", name,
                   (long long)notes);
    return notes;
}

OtoScore *oto_sheet_score(struct oto_sheet *sheet, bool repeats, const char *name) {
    if (sheet->part_count == 0) oto_refuse("oto_score_load", "%s has no parts, so there is no music in it", name);
    OtoScore *score = oto_value_new(OTO_SCORE, sizeof *score, release);
    copy_parts(score, sheet, name);
    if (sheet->mark_count > 0) qsort(sheet->marks, (size_t)sheet->mark_count, sizeof *sheet->marks, by_moment);
    oto_scope {
        struct piece piece = {.sheet = sheet, .score = score};
        int64_t measures = sheet->measure_count;
        piece.note_order = by_measure(sheet->note_count, sheet->notes, sizeof *sheet->notes,
                                      offsetof(struct oto_sheet_note, measure), measures, &piece.first_note);
        piece.mark_order = by_measure(sheet->mark_count, sheet->marks, sizeof *sheet->marks,
                                      offsetof(struct oto_sheet_mark, measure), measures, &piece.first_mark);
        piece.states = take((size_t)measures, sizeof *piece.states);
        follow_states(&piece);
        int64_t count, *order = oto_sheet_order(sheet, repeats, name, &count);
        int64_t played = count_played(&piece, order, count, name);
        piece.placed = take((size_t)played, sizeof *piece.placed);
        play(&piece, order, count);
        qsort(piece.placed, (size_t)score->count, sizeof *piece.placed, by_place);
        score->notes = calloc((size_t)score->count + 1, sizeof *score->notes);
        if (!score->notes) oto_refuse("oto_score_load", "no memory for %lld notes", (long long)score->count);
        for (int64_t i = 0; i < score->count; i++) score->notes[i] = piece.placed[i].note;
    }
    oto_value_owns(score, score->count * (int64_t)sizeof *score->notes);
    return score;
}
