/* constant_q_filters: the windowed tones of a constant-Q transform and their spectra. Nothing here is for students. */
#ifndef OTO_CONSTANT_Q_FILTERS_H
#define OTO_CONSTANT_Q_FILTERS_H

#include "constant_q.h"

/* Refuses options that cannot be meant, for sounds of this sample rate. */
void constant_q_check(const char *operation, double sample_rate, const OtoCqt *options);

/* Where bin k lies, in Hz, and the length of its window in samples (not whole). */
double constant_q_hz(int k, const OtoCqt *options);
double constant_q_length(int k, double sample_rate, const OtoCqt *options);
/* The highest frequency that any bin reaches. */
double constant_q_highest(const OtoCqt *options);

/* The spectra of some bins' filters at n_fft points, a power of 2 that the longest fits into; only what is large enough
 * is kept: filter i has the entries offset[i] <= e < offset[i + 1], weight[e] at frequency index[e] <= n_fft / 2. */
struct constant_q_filters {
    int count, n_fft;
    int *offset, *index;
    float _Complex *weight;
};
/* Those of bins from ... from + count - 1 for a sound of this sample rate. */
struct constant_q_filters constant_q_filters(const char *operation, int from, int count, double sample_rate,
                                             const OtoCqt *options);
void constant_q_filters_release(struct constant_q_filters *filters);

#endif
