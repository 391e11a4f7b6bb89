/* fir: a signal weighted with an impulse response, in plain loops or by transforms. For the library's own files. */
#ifndef OTO_FIR_H
#define OTO_FIR_H

#include <stdint.h>

typedef enum OtoFirMethod { OTO_FIR_AUTO, OTO_FIR_DIRECT, OTO_FIR_FFT } OtoFirMethod;

/* y[i] = sum over j < taps of h[j] x[i + taps - 1 - j] for i < n - taps + 1: all places where h lies within the n
 * samples of x. Refuses in the operation's name when memory has run out. */
void oto_fir(const char *operation, const float *x, int64_t n, const float *h, int64_t taps, float *y,
             OtoFirMethod method);

#endif
