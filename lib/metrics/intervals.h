/* intervals: lists of labelled stretches of time, as the scores of chords and sections compare them. Not for students.
 */
#ifndef OTO_INTERVALS_H
#define OTO_INTERVALS_H

#include "lib/labels/labels.h"

typedef struct OtoInterval {
    double start,
        end;          /* s, to the nanosecond: an end is the number that was written, whatever start + duration gives */
    const char *text; /* of the label */
} OtoInterval;

typedef struct OtoIntervals {
    OtoInterval *list; /* allocated; in order, none overlaps the next */
    int64_t count;
} OtoIntervals;

/* Refuses unless labels are of a kind that lasts (chords, sections, keys) and none begins before the one ahead of it
 * ends. */
void oto_need_intervals(const char *operation, const char *argument, OtoLabels *labels);
/* Such labels but for those of no duration. */
OtoIntervals oto_intervals_of(const char *operation, OtoLabels *labels);
/* The same from one time to another: cut off there, and filled up with `before` and `after` where they begin later or
 * end earlier. What lies between intervals stays empty. As mir_eval.util.adjust_intervals. */
OtoIntervals oto_intervals_within(const char *operation, const OtoIntervals *intervals, double from, double to,
                                  const char *before, const char *after);

#endif
