#include "lib/metrics/harmony.h"
#include "lib/learn/matrix.h"
#include "lib/metrics/intervals.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 12, TRIAD = 8 /* semitones up to the augmented fifth */ };

/* A chord as the rules see it: notes and bass above the root. "N" has root -1 and no notes; in "X" each note is -1,
 * neither there nor not. */
struct chord {
    int root, bass, notes[CLASSES];
};

static struct chord chord_of(OtoChord chord) {
    struct chord c = {.root = chord.root, .bass = -1};
    for (int i = 0; i < CLASSES; i++)
        c.notes[i] = chord.root < 0 ? -chord.is_unknown : chord.notes[(chord.root + i) % CLASSES];
    if (chord.root >= 0) c.bass = (chord.bass - chord.root + CLASSES) % CLASSES;
    return c;
}

static bool is_unknown(const struct chord *chord) {
    return chord->notes[0] < 0;
}

static bool same_notes(const int *x, const int *y, int from, int to) {
    return memcmp(x + from, y + from, (size_t)(to - from) * sizeof *x) == 0;
}

/* Whether the notes below the semitone `to` are those of one of the qualities, or of "N". */
static bool is_among(const struct chord *chord, int to, const char *const *qualities, int count) {
    if (chord->root < 0) return !is_unknown(chord);
    bool found = false;
    for (int i = 0; i < count && !found; i++) {
        struct chord quality = chord_of(oto_chord(qualities[i]));
        found = same_notes(chord->notes, quality.notes, 0, to);
    }
    return found;
}

enum gamut { ANY, MAJOR_MINOR, SEVENTHS };

static bool is_in(enum gamut gamut, const struct chord *chord) {
    static const char *const qualities[] = {"C:maj", "C:min", "C:maj7", "C:7", "C:min7"};
    if (gamut == MAJOR_MINOR) return is_among(chord, TRIAD, qualities, 2);
    if (gamut == SEVENTHS) return is_among(chord, CLASSES, qualities, 5);
    return !is_unknown(chord);
}

/* Same root, the same of the notes [from, to) above it, and if asked the same bass; for references of the gamut. */
static const struct rule {
    size_t score; /* its place in OtoChordScore */
    int from, to;
    bool with_bass;
    enum gamut gamut;
} rules[] = {
    {offsetof(OtoChordScore, root), 0, 0, false, ANY},
    {offsetof(OtoChordScore, thirds), 3, 4, false, ANY},
    {offsetof(OtoChordScore, thirds_inv), 3, 4, true, ANY},
    {offsetof(OtoChordScore, triads), 0, TRIAD, false, ANY},
    {offsetof(OtoChordScore, triads_inv), 0, TRIAD, true, ANY},
    {offsetof(OtoChordScore, tetrads), 0, CLASSES, false, ANY},
    {offsetof(OtoChordScore, tetrads_inv), 0, CLASSES, true, ANY},
    {offsetof(OtoChordScore, majmin), 0, TRIAD, false, MAJOR_MINOR},
    {offsetof(OtoChordScore, majmin_inv), 0, TRIAD, true, MAJOR_MINOR},
    {offsetof(OtoChordScore, sevenths), 0, CLASSES, false, SEVENTHS},
    {offsetof(OtoChordScore, sevenths_inv), 0, CLASSES, true, SEVENTHS},
};
enum { RULES = sizeof rules / sizeof *rules };

/* What a rule says of two chords: 1 right, 0 wrong, -1 that it does not apply. */
static int judge(const struct rule *rule, const struct chord *reference, const struct chord *estimated) {
    if (!is_in(rule->gamut, reference)) return -1;
    return reference->root == estimated->root && (!rule->with_bass || reference->bass == estimated->bass) &&
           same_notes(reference->notes, estimated->notes, rule->from, rule->to);
}

/* An estimate of "X" has every note here, and is right for all but "N" and references of fewer than three notes; "N"
 * and "X" are right for "N": so it is in mir_eval, whose numbers papers quote. */
static int judge_mirex(const struct chord *reference, const struct chord *estimated) {
    enum { COMMON = 3 };
    int sounding = 0, common = 0;
    for (int i = 0; i < CLASSES; i++) {
        int above = (reference->root + i - estimated->root + CLASSES) % CLASSES;
        sounding += reference->notes[i] != 0;
        common += reference->notes[i] && estimated->notes[above];
    }
    if (is_unknown(reference) || (sounding > 0 && sounding < COMMON)) return -1;
    return common >= COMMON || (reference->root < 0 && estimated->root < 0);
}

/* A sum of judgements, each weighed with its time in s. */
struct tally {
    double right, time;
};

static void count(struct tally *tally, int judgement, double seconds) {
    if (judgement < 0) return;
    tally->time += seconds;
    tally->right += judgement * seconds;
}

static double share(const struct tally *tally) {
    return tally->time > 0 ? tally->right / tally->time : 0;
}

/* The chord at a moment is that of the last interval that began; *at only moves forward. */
static double next_change(const OtoIntervals *intervals, int64_t at) {
    return at + 1 < intervals->count ? intervals->list[at + 1].start : (double)INFINITY;
}

/* Two lists that begin and end together, swept from change to change. */
static void compare(const OtoIntervals *reference, const OtoIntervals *estimated, OtoChordScore *score) {
    struct tally tallies[RULES] = {0}, mirex = {0};
    int64_t r = 0, e = 0;
    double from = reference->list[0].start, end = reference->list[reference->count - 1].end;
    while (from < end) {
        double to = fmin(end, fmin(next_change(reference, r), next_change(estimated, e)));
        struct chord wanted = chord_of(oto_chord(reference->list[r].text));
        struct chord found = chord_of(oto_chord(estimated->list[e].text));
        for (int i = 0; i < RULES; i++) count(&tallies[i], judge(&rules[i], &wanted, &found), to - from);
        count(&mirex, judge_mirex(&wanted, &found), to - from);
        if (next_change(reference, r) <= to) r++;
        if (next_change(estimated, e) <= to) e++;
        from = to;
    }
    for (int i = 0; i < RULES; i++) *(double *)((char *)score + rules[i].score) = share(&tallies[i]);
    score->mirex = share(&mirex);
}

static bool is_same_chord(const char *x, const char *y) {
    OtoChord a = oto_chord_extended(x), b = oto_chord_extended(y);
    return a.root == b.root && a.bass == b.bass && a.is_unknown == b.is_unknown &&
           memcmp(a.notes, b.notes, sizeof a.notes) == 0;
}

/* Neighbours that are the same chord become one interval, in place. */
static void merge(OtoIntervals *intervals) {
    int64_t kept = 0;
    for (int64_t i = 0; i < intervals->count; i++) {
        OtoInterval *last = &intervals->list[kept ? kept - 1 : 0];
        if (kept && is_same_chord(last->text, intervals->list[i].text))
            last->end = intervals->list[i].end;
        else
            intervals->list[kept++] = intervals->list[i];
    }
    intervals->count = kept;
}

/* Each interval cut at every start and end of the cuts: the longest piece. *at only moves forward. */
static double longest_piece(const OtoInterval *interval, const OtoIntervals *cuts, int64_t *at) {
    double from = interval->start, longest = 0;
    while (*at < cuts->count && cuts->list[*at].end <= from) ++*at;
    for (int64_t i = *at; i < cuts->count && cuts->list[i].start < interval->end; i++) {
        const double changes[] = {cuts->list[i].start, cuts->list[i].end};
        for (int k = 0; k < 2; k++) {
            if (changes[k] <= from || changes[k] >= interval->end) continue;
            longest = fmax(longest, changes[k] - from);
            from = changes[k];
        }
    }
    return fmax(longest, interval->end - from);
}

/* Harte's directional Hamming distance: the time outside the longest pieces, as a share of the whole. */
static double hamming_distance(const OtoIntervals *intervals, const OtoIntervals *cuts) {
    double outside = 0;
    int64_t at = 0;
    for (int64_t i = 0; i < intervals->count; i++) {
        const OtoInterval *interval = &intervals->list[i];
        outside += interval->end - interval->start - longest_piece(interval, cuts, &at);
    }
    return outside / (intervals->list[intervals->count - 1].end - intervals->list[0].start);
}

static void need_chords(const char *argument, OtoLabels *labels) {
    oto_need_intervals("oto_chord_score", argument, labels);
    if (labels->kind != OTO_CHORDS)
        oto_refuse("oto_chord_score", "%s holds %s; it must be chords", argument, oto_label_kind_name(labels->kind));
}

OtoChordScore oto_chord_score(OtoLabels *reference, OtoLabels *estimated) {
    const char *me = "oto_chord_score";
    need_chords("reference", reference);
    need_chords("estimated", estimated);
    OtoChordScore score = {0};
    OtoIntervals r = oto_intervals_of(me, reference), e = oto_intervals_of(me, estimated);
    if (r.count) {
        OtoIntervals within = oto_intervals_within(me, &e, r.list[0].start, r.list[r.count - 1].end, "N", "N");
        compare(&r, &within, &score);
        merge(&r);
        merge(&within);
        score.overseg = 1 - hamming_distance(&r, &within);
        score.underseg = 1 - hamming_distance(&within, &r);
        score.seg = fmin(score.overseg, score.underseg);
        free(within.list);
    }
    free(r.list);
    free(e.list);
    return score;
}

double oto_key_score(OtoKey reference, OtoKey estimated) {
    oto_check_range("oto_key_score", "reference.tonic", reference.tonic, 0, CLASSES - 1);
    oto_check_range("oto_key_score", "estimated.tonic", estimated.tonic, 0, CLASSES - 1);
    int above = (estimated.tonic - reference.tonic + CLASSES) % CLASSES;
    if (reference.minor == estimated.minor) return above == 0 ? 1 : above == 7 ? 0.5 : 0;
    if (above == (reference.minor ? 3 : 9)) return 0.3;
    return above == 0 ? 0.2 : 0;
}
