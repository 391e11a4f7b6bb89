/* matching: pairing as many as possible of two lists, where some pairs are allowed. Not for students. */
#ifndef OTO_MATCHING_H
#define OTO_MATCHING_H

#include "lib/tensor/tensor.h"

/* Whether element i of the one list and j of the other may be a pair. */
typedef bool OtoMayPair(int64_t i, int64_t j, const void *context);

/* -> partner[i] = the j of i, or -1, allocated; *matched is their number, the largest there can be (Kuhn 1955: one
 * after another, each i looks for a free partner, and may send those before it to look for another). */
int64_t *oto_match(const char *operation, int64_t count, int64_t other_count, OtoMayPair *may_pair, const void *context,
                   int64_t *matched);

/* How many of two ascending lists can be paired that lie within the window, s, of each other. */
int64_t oto_count_within(const double *reference, int64_t n, const double *estimated, int64_t m, double window);
/* The median of at least one number, which are sorted. */
double oto_median(double *numbers, int64_t count);

/* Refuses unless times are (event n) in s, ascending and not negative; a tensor of no elements is an empty list. */
void oto_need_events(const char *operation, const char *argument, OtoTensor *times);
/* Such times as doubles, allocated. */
double *oto_event_times(const char *operation, OtoTensor *times);

#endif
