#include "lib/metrics/intervals.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>

static double to_nanosecond(double seconds) {
    return nearbyint(seconds * 1e9) / 1e9;
}

static double end_of(const OtoLabel *label) {
    return to_nanosecond(label->time + label->duration);
}

void oto_need_intervals(const char *operation, const char *argument, OtoLabels *labels) {
    oto_check_value(operation, argument, labels, OTO_LABELS);
    if (labels->kind != OTO_CHORDS && labels->kind != OTO_SECTIONS && labels->kind != OTO_KEYS)
        oto_refuse(operation, "%s holds %s; what is compared must last, as chords, sections and keys do", argument,
                   oto_label_kind_name(labels->kind));
    for (int64_t i = 1; i < labels->count; i++) {
        const OtoLabel *before = &labels->labels[i - 1], *label = &labels->labels[i];
        if (to_nanosecond(label->time) < end_of(before))
            oto_refuse(operation,
                       "%s has \"%.40s\" until %g s, but \"%.40s\" (label %" PRId64 ") begins at %g s; they must not "
                       "overlap",
                       argument, before->text, end_of(before), label->text, i, label->time);
    }
}

OtoIntervals oto_intervals_of(const char *operation, OtoLabels *labels) {
    OtoIntervals intervals = {.list = oto_room(operation, labels->count, sizeof *intervals.list)};
    for (int64_t i = 0; i < labels->count; i++) {
        const OtoLabel *label = &labels->labels[i];
        OtoInterval interval = {to_nanosecond(label->time), end_of(label), label->text};
        if (interval.end > interval.start) intervals.list[intervals.count++] = interval;
    }
    return intervals;
}

OtoIntervals oto_intervals_within(const char *operation, const OtoIntervals *intervals, double from, double to,
                                  const char *before, const char *after) {
    OtoIntervals within = {.list = oto_room(operation, intervals->count + 2, sizeof *within.list)};
    for (int64_t i = 0; i < intervals->count; i++) {
        OtoInterval interval = intervals->list[i];
        interval.start = fmax(interval.start, from);
        interval.end = fmin(interval.end, to);
        if (interval.end <= interval.start) continue;
        if (within.count == 0 && interval.start > from)
            within.list[within.count++] = (OtoInterval){from, interval.start, before};
        within.list[within.count++] = interval;
    }
    double reached = within.count ? within.list[within.count - 1].end : from;
    if (reached < to) within.list[within.count++] = (OtoInterval){reached, to, within.count ? after : before};
    return within;
}
