/* periods: the difference function of YIN, frame by frame, and its troughs. What oto_yin and oto_pyin have in common;
 * nothing here is for students. */
#ifndef OTO_PERIODS_H
#define OTO_PERIODS_H

#include "frames.h"
#include "transform.h"

/* Which frames and periods are looked at. */
struct periods {
    int frame_length, hop_length;
    int shortest, longest; /* periods in samples; index i stands for shortest + i */
    int count;             /* longest - shortest + 1 */
    int64_t frames, margin;
    OtoPad pad_mode;
    double sample_rate;
    int n_fft;
    const OtoPlan *forward, *backward;
};
/* Refuses what cannot be. */
struct periods periods_of(const char *operation, OtoTensor *audio, double fmin, double fmax, int frame_length,
                          int hop_length, bool center, OtoPad pad_mode);

/* Room for one frame on one thread; NULL when memory has run out. */
struct difference {
    float *frame;             /* n_fft */
    float *head;              /* longest: the frame's first samples */
    float _Complex *spectrum; /* n_fft / 2 + 1 */
    double *normalised;       /* count: d' at each period */
    double *shift;            /* count: where the parabola through three neighbours has its bottom, within (-1, 1) */
};
struct difference *difference_new(const struct periods *periods);
void difference_free(struct difference *difference);
/* Fills it in for frame t of a channel of n samples. */
void difference_of_frame(const struct periods *periods, const float *x, int64_t n, int64_t t,
                         struct difference *difference);
/* Whether there is a trough at index i: smaller than what is before, no larger than what is after. */
bool is_trough(const struct difference *difference, int count, int i);

/* A result with a number for each frame, (time) or (channels, time). */
OtoTensor *periods_result(const struct periods *periods, OtoTensor *audio, OtoType type, const char *origin);

#endif
