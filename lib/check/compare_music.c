/* What was heard in music, by the scores of lib/metrics. These refuse what they cannot score; here a refusal is a
 * failed check with the refusal's words. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/compare.h"
#include "lib/labels/labels.h"
#include "lib/metrics/events.h"
#include "lib/metrics/harmony.h"
#include "lib/metrics/pitch.h"
#include "lib/tensor/error.h"
#include "lib/tensor/lifetime.h"

/* Scoring may take the product of both lengths, so that a list much longer than the expected one is not looked at. */
enum { EVENTS_FREE = 1000, EVENTS_TIMES = 4, EVENTS_MOST = 20000, TEXT_MOST = 1 << 20 };

/* Column `column` of rows of numbers, as a tensor of the scope. */
static OtoTensor *column_of(const struct oto_observation *o, int64_t column, int64_t columns) {
    OtoTensor *x = oto_zeros(o->shape[0]);
    for (int64_t i = 0; i < o->shape[0]; i++)
        ((float *)x->data)[i] = (float)oto_observation_real(o, (size_t)(i * columns + column));
    return x;
}

/* Half of 0.1 ms, to which the distances of notes are rounded: 50 ms are 50 ms, whatever a float makes of two times. */
static const double rounding_seconds = 5e-5;

static void score_onsets(struct oto_scoring *c) {
    OtoMatchScore score = oto_onset_score(column_of(c->expected, 0, 1), column_of(c->observed, 0, 1),
                                          .window = c->expected->window + rounding_seconds);
    c->score = score.f;
    fprintf(c->out, "F %.3g: of %" PRId64 " onsets %" PRId64 " found, %" PRId64 " false", score.f,
            c->expected->shape[0], score.matched, c->observed->shape[0] - score.matched);
}

/* The member of a structure of doubles that is called so; NaN when there is none. */
struct member {
    const char *name;
    size_t offset;
};
static double member_of(const void *structure, const struct member *members, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(members[i].name, name)) {
            double value;
            memcpy(&value, (const char *)structure + members[i].offset, sizeof value);
            return value;
        }
    return (double)NAN;
}
#define MEMBER_OF(structure, members, name) member_of(structure, members, sizeof members / sizeof *members, name)

static void score_beats(struct oto_scoring *c) {
    static const struct member members[] = {
        {"f", offsetof(OtoBeatScore, f)},
        {"cemgil", offsetof(OtoBeatScore, cemgil)},
        {"p_score", offsetof(OtoBeatScore, p_score)},
        {"cml_c", offsetof(OtoBeatScore, cml_c)},
        {"cml_t", offsetof(OtoBeatScore, cml_t)},
        {"aml_c", offsetof(OtoBeatScore, aml_c)},
        {"aml_t", offsetof(OtoBeatScore, aml_t)},
        {"information_gain", offsetof(OtoBeatScore, information_gain)},
    };
    OtoBeatScore score = oto_beat_score(column_of(c->expected, 0, 1), column_of(c->observed, 0, 1));
    c->score = MEMBER_OF(&score, members, c->metric);
    fprintf(c->out, "the beat score %s is %.3g", c->metric, c->score);
    if (c->score < 0.5 && score.aml_t > 0.8 && score.cml_t < 0.5)
        c->remark = "the beats are at half or double tempo, or off the beat";
}

static OtoNotes *notes_of(const struct oto_observation *o) {
    OtoNote *notes = calloc((size_t)o->shape[0] + 1, sizeof *notes);
    if (!notes) oto_refuse("oto_check_notes", "no memory is left to compare");
    oto_hold(notes, free);
    for (size_t i = 0; i < (size_t)o->shape[0]; i++)
        notes[i] = (OtoNote){.onset = oto_observation_real(o, 3 * i),
                             .duration = oto_observation_real(o, 3 * i + 1),
                             .pitch = oto_observation_real(o, 3 * i + 2)};
    return oto_notes_from(notes, o->shape[0]);
}

static void score_notes(struct oto_scoring *c) {
    OtoNotes *expected = notes_of(c->expected), *observed = notes_of(c->observed);
    OtoNoteScore score = oto_note_score(expected, observed, .onset_tolerance = c->expected->window,
                                        .offset = !strcmp(c->metric, "offset"));
    c->score = score.f;
    fprintf(c->out, "F %.3g: of %" PRId64 " notes %" PRId64 " found, %" PRId64 " false", score.f, expected->count,
            score.matched, observed->count - score.matched);
}

static OtoLabels *chords_of(const struct oto_observation *o, const char *name) {
    return oto_labels_parse(o->data, o->count, name, (OtoLabelsLoad){.kind = OTO_CHORDS});
}

static void score_chords(struct oto_scoring *c) {
    static const struct member members[] = {
        {"majmin", offsetof(OtoChordScore, majmin)},     {"majmin_inv", offsetof(OtoChordScore, majmin_inv)},
        {"sevenths", offsetof(OtoChordScore, sevenths)}, {"sevenths_inv", offsetof(OtoChordScore, sevenths_inv)},
        {"root", offsetof(OtoChordScore, root)},         {"thirds", offsetof(OtoChordScore, thirds)},
        {"triads", offsetof(OtoChordScore, triads)},     {"tetrads", offsetof(OtoChordScore, tetrads)},
        {"mirex", offsetof(OtoChordScore, mirex)},       {"seg", offsetof(OtoChordScore, seg)},
    };
    OtoChordScore score = oto_chord_score(chords_of(c->expected, "expected"), chords_of(c->observed, "yours"));
    c->score = MEMBER_OF(&score, members, c->metric);
    fprintf(c->out, "%s right for %.3g of the time", c->metric, c->score);
    if (score.root > c->score + 0.1) fprintf(c->out, " (the root for %.3g)", score.root);
}

static bool has_voiced_frames(const struct oto_observation *melody) {
    for (size_t i = 1; i < melody->count; i += 2)
        if (oto_observation_real(melody, i) > 0) return true;
    return false;
}

static void score_melody(struct oto_scoring *c) {
    static const struct member members[] = {
        {"overall", offsetof(OtoMelodyScore, overall)},
        {"raw_pitch", offsetof(OtoMelodyScore, raw_pitch)},
        {"raw_chroma", offsetof(OtoMelodyScore, raw_chroma)},
        {"voicing_recall", offsetof(OtoMelodyScore, voicing_recall)},
    };
    OtoMelodyScore score = oto_melody_score(column_of(c->expected, 0, 2), column_of(c->expected, 1, 2),
                                            column_of(c->observed, 0, 2), column_of(c->observed, 1, 2));
    /* Most of a truth may be rests: an answer of nothing else is right there, and has heard no melody. */
    bool by_rests = !strcmp(c->metric, "overall") && has_voiced_frames(c->expected);
    bool heard = !by_rests || has_voiced_frames(c->observed);
    c->score = heard ? MEMBER_OF(&score, members, c->metric) : 0;
    fprintf(c->out, "the melody score %s is %.3g", c->metric, c->score);
    if (!heard)
        c->remark = "no frame is called voiced";
    else if (score.raw_chroma > score.raw_pitch + 0.1)
        c->remark = "many frames are an octave off";
    else if (score.voicing_false_alarm > 0.3)
        c->remark = "many frames without a melody are called voiced";
}

/* How each kind is scored, and by what when the exercise does not say. */
static const struct {
    void (*score)(struct oto_scoring *scoring);
    const char *metric, *things;
} ways[OTO_CHECK_KINDS] = {
    [OTO_CHECK_ONSETS] = {score_onsets, "f", "onsets"},       [OTO_CHECK_BEATS] = {score_beats, "f", "beats"},
    [OTO_CHECK_NOTES] = {score_notes, "onset", "notes"},      [OTO_CHECK_CHORDS] = {score_chords, "majmin", "chords"},
    [OTO_CHECK_MELODY] = {score_melody, "overall", "frames"},
};

static void score_one(void *context) {
    struct oto_scoring *c = context;
    ways[c->expected->kind].score(c);
}

/* A score of nothing is 0, whatever the answer is. */
static bool holds_nothing(FILE *out, const struct oto_observation *expected) {
    if (expected->count == 0) {
        fprintf(out, "no %s are expected, so that nothing can be scored: tell your instructor",
                ways[expected->kind].things);
        return true;
    }
    if (expected->kind != OTO_CHECK_BEATS) return false;
    for (size_t i = 0; i < expected->count; i++)
        if (oto_observation_real(expected, i) >= 5) return false;
    fputs("all expected beats lie in the first 5 s, which do not count: tell your instructor", out);
    return true;
}

static bool is_too_long(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    if (expected->kind == OTO_CHECK_CHORDS) {
        if (observed->count <= TEXT_MOST) return false;
        fputs("these are more chords than can be scored", out);
        return true;
    }
    int64_t n = expected->shape[0], m = observed->shape[0];
    const char *things = ways[expected->kind].things;
    if (expected->kind != OTO_CHECK_MELODY && n > EVENTS_MOST) {
        fprintf(out, "the truth has %" PRId64 " %s, more than can be scored: tell your instructor", n, things);
        return true;
    }
    if (m <= EVENTS_TIMES * n + EVENTS_FREE) return false;
    fprintf(out, "got %" PRId64 " %s where there are %" PRId64, m, things, n);
    return true;
}

/* Seconds, Hz and MIDI numbers beyond this are no music, and the scores count in hundredths of them. */
static const double number_most = 1e7;

static bool holds_nonsense(FILE *out, const struct oto_observation *o) {
    if (o->type == OTO_OBSERVED_TEXT) return false;
    for (size_t i = 0; i < o->count; i++) {
        if (fabs(oto_observation_real(o, i)) <= number_most) continue;
        oto_write_index(out, o, i);
        fputs(" is ", out);
        oto_write_element(out, o, i, 4);
        return true;
    }
    return false;
}

double oto_compare_music(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    if (holds_nothing(out, expected) || is_too_long(out, expected, observed) || holds_nonsense(out, expected) ||
        holds_nonsense(out, observed))
        return 0;
    struct oto_scoring scoring = {.out = out,
                                  .expected = expected,
                                  .observed = observed,
                                  .metric = expected->metric ? expected->metric : ways[expected->kind].metric};
    return oto_score(&scoring, score_one, "%.3g");
}
