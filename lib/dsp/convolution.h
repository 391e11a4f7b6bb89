/* convolution: signals weighted by one another: echoes, filters, likeness at each delay. */
#ifndef OTO_CONVOLUTION_H
#define OTO_CONVOLUTION_H

#include "../tensor/tensor.h"
#include "fir.h"

/* Which part of the n1 + n2 - 1 results: OTO_FULL all; OTO_SAME the n1 in their middle, in step with in1; OTO_VALID
 * those where the shorter lies wholly within the longer. */
typedef enum OtoConvolveMode { OTO_FULL, OTO_SAME, OTO_VALID } OtoConvolveMode;

/* y[n] = sum over k of in1[k] in2[n - k], along the last axis: in1 (..., time n1), in2 (time n2), for all rows of in1
 * alike, or with as many rows. Sample rate and time axis of in1; FULL and VALID begin where in2 is thought to begin at
 * 0 s.
 *     .mode    OTO_FULL
 *     .method  OTO_FIR_AUTO: OTO_FIR_DIRECT for a short one, else OTO_FIR_FFT, block by block, so that its memory is
 *              that of the result and its time grows as n1 log n2
 * float32; by FFT, each result is off by up to about 1e-7 of the largest. Refuses NaN and empty signals.
 * Gradients flow to both, again too. As scipy.signal.convolve and oaconvolve. */
typedef struct OtoConvolve {
    OtoConvolveMode mode;
    OtoFirMethod method;
} OtoConvolve;
OtoTensor *oto_convolve(OtoTensor *in1, OtoTensor *in2, OtoConvolve options);
#define oto_convolve(in1, in2, ...) oto_convolve(in1, in2, OTO_OPTIONS(OtoConvolve, (.mode = OTO_FULL), __VA_ARGS__))

/* z[lag] = sum over n of in1[n + lag] in2[n], lags from -(n2 - 1) to n1 - 1 (FULL): large where in2 is found `lag`
 * later in in1. The last axis is "lag", in s of a sound. As scipy.signal.correlate, with its correlation_lags as axis.
 */
OtoTensor *oto_correlate(OtoTensor *in1, OtoTensor *in2, OtoConvolve options);
#define oto_correlate(in1, in2, ...) oto_correlate(in1, in2, OTO_OPTIONS(OtoConvolve, (.mode = OTO_FULL), __VA_ARGS__))

#endif
