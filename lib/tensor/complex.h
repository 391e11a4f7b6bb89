/* complex: complex64 tensors and their parts, differentiable, again too.
 *
 * The gradient of a loss L with respect to z = x + i y is dL/dx + i dL/dy, so that z minus a little of it makes L
 * smaller, as with real numbers; as in PyTorch. A product z = u v carries back dL/du = dL/dz conj(v); where u is real,
 * the real part of that.
 */
#ifndef OTO_COMPLEX_H
#define OTO_COMPLEX_H

#include "tensor.h"

/* Real and imaginary parts: float32. */
OtoTensor *oto_real(OtoTensor *X);
OtoTensor *oto_imag(OtoTensor *X);
/* The two put together, of one shape. As torch.complex. */
OtoTensor *oto_complex(OtoTensor *real, OtoTensor *imag);
/* x - i y. */
OtoTensor *oto_conj(OtoTensor *X);

#endif
