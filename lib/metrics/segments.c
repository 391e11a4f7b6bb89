#include "lib/metrics/segments.h"
#include "lib/learn/matrix.h"
#include "lib/metrics/intervals.h"
#include "lib/metrics/matching.h"
#include "lib/metrics/partition.h"
#include "lib/metrics/match_score.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

/* What is missing before the first and after the last section is a section too; what is missing between is not one, but
 * its frames have a label. */
static const char *const before_first = "__T_MIN", *const after_last = "__T_MAX", *const between = "none";

static double end_of(const OtoIntervals *intervals) {
    return intervals->list[intervals->count - 1].end;
}

/* Both lists from 0 s to the end of the reference, allocated; false, and nothing is, when that is empty. */
static bool prepare(const char *operation, OtoLabels *reference, OtoLabels *estimated, OtoIntervals *r,
                    OtoIntervals *e) {
    oto_need_intervals(operation, "reference", reference);
    oto_need_intervals(operation, "estimated", estimated);
    OtoIntervals raw_r = oto_intervals_of(operation, reference), raw_e = oto_intervals_of(operation, estimated);
    bool some = raw_r.count > 0;
    if (some) {
        *r = oto_intervals_within(operation, &raw_r, 0, end_of(&raw_r), before_first, after_last);
        *e = oto_intervals_within(operation, &raw_e, 0, end_of(&raw_r), before_first, after_last);
    }
    free(raw_r.list);
    free(raw_e.list);
    return some;
}

static double f_measure(double precision, double recall, double beta) {
    double below = beta * beta * precision + recall;
    return below > 0 ? (1 + beta * beta) * precision * recall / below : 0;
}

/* ---- boundaries ---- */

struct boundaries {
    double *times, *room; /* times lie in the room */
    int64_t count;
};

/* All different starts and ends. */
static struct boundaries boundaries_of(const char *operation, const OtoIntervals *intervals, bool trim) {
    struct boundaries b = {.room = oto_room(operation, 2 * intervals->count, sizeof(double))};
    for (int64_t i = 0; i < 2 * intervals->count; i++) {
        const OtoInterval *interval = &intervals->list[i / 2];
        double time = nearbyint((i % 2 ? interval->end : interval->start) * 1e5) / 1e5;
        if (b.count == 0 || time != b.room[b.count - 1]) b.room[b.count++] = time;
    }
    b.times = b.room;
    if (trim) {
        b.times++;
        b.count = b.count > 2 ? b.count - 2 : 0;
    }
    return b;
}

/* The median over one list of the distance to the nearest of the other, both ascending. */
static double median_distance(const char *operation, const struct boundaries *from, const struct boundaries *to) {
    if (from->count == 0 || to->count == 0) return (double)NAN;
    double *distances = oto_room(operation, from->count, sizeof *distances);
    for (int64_t i = 0, j = 0; i < from->count; i++) {
        while (j + 1 < to->count && fabs(to->times[j + 1] - from->times[i]) <= fabs(to->times[j] - from->times[i])) j++;
        distances[i] = fabs(to->times[j] - from->times[i]);
    }
    double median = oto_median(distances, from->count);
    free(distances);
    return median;
}

OtoBoundaryScore(oto_boundary_score)(OtoLabels *reference, OtoLabels *estimated, OtoBoundaryScoring options) {
    const char *me = "oto_boundary_score";
    oto_check_range(me, "window", options.window, 0, 1e6);
    oto_check_range(me, "beta", options.beta, 1e-6, 1e6);
    OtoIntervals r, e;
    OtoBoundaryScore score = {.reference_to_estimated = (double)NAN, .estimated_to_reference = (double)NAN};
    if (!prepare(me, reference, estimated, &r, &e)) return score;
    struct boundaries rb = boundaries_of(me, &r, options.trim), eb = boundaries_of(me, &e, options.trim);
    OtoMatchScore found =
        oto_score_of(oto_count_within(rb.times, rb.count, eb.times, eb.count, options.window), rb.count, eb.count);
    score = (OtoBoundaryScore){.precision = found.precision,
                               .recall = found.recall,
                               .f = f_measure(found.precision, found.recall, options.beta),
                               .matched = found.matched,
                               .reference_to_estimated = median_distance(me, &rb, &eb),
                               .estimated_to_reference = median_distance(me, &eb, &rb)};
    free(rb.room);
    free(eb.room);
    free(r.list);
    free(e.list);
    return score;
}

/* ---- frames ---- */

/* The class of each interval, those of one label alike, and that of frames in none: the last. */
struct classes {
    int64_t *of, none, count;
};

static int by_text(const void *a, const void *b) {
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static struct classes classes_of(const char *operation, const OtoIntervals *intervals) {
    int64_t n = intervals->count;
    const char **texts = oto_room(operation, n + 1, sizeof *texts);
    for (int64_t i = 0; i < n; i++) texts[i] = intervals->list[i].text;
    texts[n] = between;
    qsort(texts, (size_t)n + 1, sizeof *texts, by_text);
    struct classes classes = {.of = oto_room(operation, n + 1, sizeof *classes.of)};
    for (int64_t i = 0; i <= n; i++)
        if (i == 0 || by_text(&texts[classes.count - 1], &texts[i]) != 0) texts[classes.count++] = texts[i];
    for (int64_t i = 0; i <= n; i++) {
        const char *text = i < n ? intervals->list[i].text : between, **place;
        place = bsearch(&text, texts, (size_t)classes.count, sizeof *texts, by_text);
        classes.of[i] = place - texts;
    }
    classes.none = classes.of[n];
    free(texts);
    return classes;
}

/* The class at a time; *at only moves forward. */
static int64_t class_at(const struct classes *classes, const OtoIntervals *intervals, double time, int64_t *at) {
    while (*at + 1 < intervals->count && intervals->list[*at + 1].start <= time) ++*at;
    return time <= intervals->list[*at].end ? classes->of[*at] : classes->none;
}

/* The times of frames are those of mir_eval, in single precision: at a boundary it matters which side they fall on. */
static OtoPartition partition_of(const char *operation, const OtoIntervals *r, const OtoIntervals *e, int64_t frames,
                                 double frame_size) {
    struct classes rows = classes_of(operation, r), columns = classes_of(operation, e);
    OtoPartition partition = oto_partition_new(operation, rows.count, columns.count);
    for (int64_t frame = 0, i = 0, j = 0; frame < frames; frame++) {
        double time = (double)((float)frame * (float)frame_size);
        int64_t row = class_at(&rows, r, time, &i);
        oto_partition_count(&partition, row, class_at(&columns, e, time, &j));
    }
    free(rows.of);
    free(columns.of);
    return partition;
}

static double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

/* 1 - part / whole, but 0 where there is no whole. */
static double without(double part, double whole) {
    return whole > 0 ? 1 - part / whole : 0;
}

static OtoSegmentScore score_of(const char *operation, const OtoPartition *p, double beta) {
    int64_t rows = oto_classes_used(p->row_sums, p->rows), columns = oto_classes_used(p->column_sums, p->columns);
    OtoPairs pairs = oto_partition_pairs(p);
    OtoEntropies h = oto_partition_entropies(p);
    double over = h.columns - h.mutual, under = h.rows - h.mutual; /* H(E | R), H(R | E) */
    OtoSegmentScore s = {
        .pairwise_precision = ratio(pairs.both, pairs.columns),
        .pairwise_recall = ratio(pairs.both, pairs.rows),
        .rand_index = ratio(pairs.all - pairs.rows - pairs.columns + 2 * pairs.both, pairs.all),
        .adjusted_rand_index = oto_adjusted_rand(p),
        .mutual_information = h.mutual,
        .adjusted_mutual_information = oto_adjusted_mutual_information(operation, p),
        .normalised_mutual_information =
            rows == 1 && columns == 1 ? 1 : h.mutual / fmax(sqrt(h.rows * h.columns), 1e-10),
        .nce_over = without(over, log((double)columns)),
        .nce_under = without(under, log((double)rows)),
        .v_precision = without(over, h.columns),
        .v_recall = without(under, h.rows),
    };
    s.pairwise_f = f_measure(s.pairwise_precision, s.pairwise_recall, beta);
    s.nce_f = f_measure(s.nce_over, s.nce_under, beta);
    s.v_f = f_measure(s.v_precision, s.v_recall, beta);
    return s;
}

OtoSegmentScore(oto_segment_score)(OtoLabels *reference, OtoLabels *estimated, OtoSegmentScoring options) {
    const double frames_max = 1 << 24; /* whole numbers that single precision has */
    const char *me = "oto_segment_score";
    oto_check_range(me, "frame_size", options.frame_size, 1e-4, 1e6);
    oto_check_range(me, "beta", options.beta, 1e-6, 1e6);
    OtoIntervals r, e;
    OtoSegmentScore score = {0};
    if (!prepare(me, reference, estimated, &r, &e)) return score;
    double end = end_of(&r), frames = floor(end / options.frame_size);
    if (frames >= 1 && frames <= frames_max) {
        OtoPartition partition = partition_of(me, &r, &e, (int64_t)frames, options.frame_size);
        score = score_of(me, &partition, options.beta);
        oto_partition_free(&partition);
    }
    free(r.list);
    free(e.list);
    if (frames < 1 || frames > frames_max)
        oto_refuse(me, "frame_size is %g s, but the reference ends at %g s, which is %g frames; it must be 1 to %g",
                   options.frame_size, end, frames, frames_max);
    return score;
}
