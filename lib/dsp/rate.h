/* rate: plain arrays at another sample rate, by soxr. For the library's own files; students have oto_resample. */
#ifndef OTO_RATE_H
#define OTO_RATE_H

#include <stdint.h>

/* The n numbers of x at `ratio` times their rate, times gain: the first m of them, zeros where there are fewer. Refuses
 * in the operation's name what soxr does. As librosa.resample "soxr_hq" with fix. */
void oto_change_rate(const char *operation, double ratio, const float *x, int64_t n, float *to, int64_t m, float gain);

#endif
