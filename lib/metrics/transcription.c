#include "lib/learn/matrix.h"
#include "lib/metrics/matching.h"
#include "lib/metrics/pitch.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>

struct comparison {
    const OtoNote *reference, *estimated;
    OtoNoteScoring options;
};

/* Distances are rounded to 0.1 ms, so that 50 ms are 50 ms; and a fifth of a duration is a fifth. */
static bool within(double distance, double tolerance) {
    return nearbyint(fabs(distance) * 1e4) / 1e4 <= tolerance + 1e-9;
}

/* Estimated note i and reference note j. */
static bool may_pair(int64_t i, int64_t j, const void *context) {
    const struct comparison *c = context;
    const OtoNote *e = &c->estimated[i], *r = &c->reference[j];
    if (!within(e->onset - r->onset, c->options.onset_tolerance)) return false;
    if (fabs(e->pitch - r->pitch) > c->options.pitch_tolerance) return false;
    double end_tolerance = fmax(c->options.offset_ratio * r->duration, c->options.offset_tolerance);
    return !c->options.offset || within(e->onset + e->duration - r->onset - r->duration, end_tolerance);
}

static double overlap(const OtoNote *a, const OtoNote *b) {
    double a_end = a->onset + a->duration, b_end = b->onset + b->duration;
    double either = fmax(a_end, b_end) - fmin(a->onset, b->onset);
    return either > 0 ? (fmin(a_end, b_end) - fmax(a->onset, b->onset)) / either : 1;
}

OtoNoteScore(oto_note_score)(OtoNotes *reference, OtoNotes *estimated, OtoNoteScoring options) {
    const char *me = "oto_note_score";
    oto_check_value(me, "reference", reference, OTO_NOTES);
    oto_check_value(me, "estimated", estimated, OTO_NOTES);
    oto_check_range(me, "onset_tolerance", options.onset_tolerance, 0, 1e6);
    oto_check_range(me, "pitch_tolerance", options.pitch_tolerance, 0, 128);
    oto_check_range(me, "offset_ratio", options.offset_ratio, 0, 1e6);
    oto_check_range(me, "offset_tolerance", options.offset_tolerance, 0, 1e6);
    struct comparison comparison = {reference->notes, estimated->notes, options};
    int64_t matched, *partner = oto_match(me, estimated->count, reference->count, may_pair, &comparison, &matched);
    OtoMatchScore score = oto_score_of(matched, reference->count, estimated->count);
    OtoNoteScore result = {score.precision, score.recall, score.f, 0, matched};
    for (int64_t i = 0; i < estimated->count; i++)
        if (partner[i] >= 0)
            result.overlap += overlap(&estimated->notes[i], &reference->notes[partner[i]]) / (double)matched;
    free(partner);
    return result;
}

/* Sums over frames. */
struct frames {
    double hits, chroma_hits, reference, estimated, misses, alarms, larger, smaller;
};

static void count_frame(struct frames *sum, OtoTensor *reference, OtoTensor *estimated, int64_t frame) {
    int64_t in_reference[12] = {0}, in_estimate[12] = {0}, hits = 0, chroma_hits = 0, n = 0, m = 0;
    for (int64_t pitch = 0; pitch < reference->rows; pitch++) {
        bool r = ((float *)reference->data)[pitch * reference->cols + frame] > 0;
        bool e = ((float *)estimated->data)[pitch * reference->cols + frame] > 0;
        in_reference[pitch % 12] += r;
        in_estimate[pitch % 12] += e;
        n += r;
        m += e;
        hits += r && e;
    }
    for (int c = 0; c < 12; c++) chroma_hits += in_reference[c] < in_estimate[c] ? in_reference[c] : in_estimate[c];
    sum->hits += (double)hits;
    sum->chroma_hits += (double)chroma_hits;
    sum->reference += (double)n;
    sum->estimated += (double)m;
    sum->misses += n > m ? (double)(n - m) : 0;
    sum->alarms += m > n ? (double)(m - n) : 0;
    sum->larger += (double)(n > m ? n : m);
    sum->smaller += (double)(n < m ? n : m);
}

static double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

OtoMultipitchScore oto_multipitch_score(OtoTensor *reference, OtoTensor *estimated) {
    const char *me = "oto_multipitch_score";
    oto_need_float(me, "reference", reference);
    oto_need_float(me, "estimated", estimated);
    if (reference->rank != 2 || estimated->rank != 2 || reference->rows != estimated->rows ||
        reference->cols != estimated->cols)
        oto_refuse(me, "reference is %s and estimated %s; both must be piano rolls (pitch, time) of one shape",
                   oto_shape_quoted(reference), oto_shape_quoted(estimated));
    struct frames sum = {0};
    for (int64_t frame = 0; frame < reference->cols; frame++) count_frame(&sum, reference, estimated, frame);
    return (OtoMultipitchScore){
        .precision = ratio(sum.hits, sum.estimated),
        .recall = ratio(sum.hits, sum.reference),
        .accuracy = ratio(sum.hits, sum.reference + sum.estimated - sum.hits),
        .substitution = ratio(sum.smaller - sum.hits, sum.reference),
        .miss = ratio(sum.misses, sum.reference),
        .false_alarm = ratio(sum.alarms, sum.reference),
        .total = ratio(sum.larger - sum.hits, sum.reference),
        .chroma_precision = ratio(sum.chroma_hits, sum.estimated),
        .chroma_recall = ratio(sum.chroma_hits, sum.reference),
        .chroma_accuracy = ratio(sum.chroma_hits, sum.reference + sum.estimated - sum.chroma_hits),
    };
}
