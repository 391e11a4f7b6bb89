/* magnitude: complex numbers as magnitude and phase. */
#ifndef OTO_MAGNITUDE_H
#define OTO_MAGNITUDE_H

#include "../tensor/complex.h"
#include "../tensor/tensor.h"

/* |X|, |X|^2 and the angle in rad of complex64 (magnitude and power also of float32). Differentiable, again too; at 0,
 * where magnitude and angle have no slope, their gradient is 0, as in PyTorch. oto_real and oto_imag: complex.h. */
OtoTensor *oto_magnitude(OtoTensor *X);
OtoTensor *oto_power(OtoTensor *X);
OtoTensor *oto_phase(OtoTensor *X);
/* Magnitude and phase put together: m exp(i p). Differentiable. */
OtoTensor *oto_polar(OtoTensor *magnitude, OtoTensor *phase);

/* ---- for the library's own files ---- */

/* power[i] = |z[i]|^2, and x[i] = sqrt(x[i]) in place. */
void oto_squares_of(float *power, const float _Complex *z, int64_t count);
void oto_roots_of(float *x, int64_t count);

#endif
