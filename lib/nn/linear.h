/* linear: every output is a weighted sum of all inputs. */
#ifndef OTO_NN_LINEAR_H
#define OTO_NN_LINEAR_H

#include "../tensor/tensor.h"

/* y = x w^T + b along the last axis: x (..., in), w (out, in), b (out) or NULL -> (..., out). As
 * torch.nn.functional.linear. */
OtoTensor *oto_linear(OtoTensor *x, OtoTensor *w, OtoTensor *b);

#endif
