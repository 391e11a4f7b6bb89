/* scan: running sums and products along an axis, which is given by its name or number. */
#ifndef OTO_SCAN_H
#define OTO_SCAN_H

#include "axis.h"

/* y[i] = x[0] + ... + x[i]; added in double. Differentiable, again too. As torch.cumsum. */
#define oto_cumsum(x, axis) oto_cumsum_axis(x, OTO_WHICH_AXIS(axis))
OtoTensor *oto_cumsum_axis(OtoTensor *x, OtoWhichAxis axis);
/* y[i] = x[0] ... x[i]; multiplied in double. Its gradient is right at zeros, too. Once differentiable. As
 * torch.cumprod. */
#define oto_cumprod(x, axis) oto_cumprod_axis(x, OTO_WHICH_AXIS(axis))
OtoTensor *oto_cumprod_axis(OtoTensor *x, OtoWhichAxis axis);

#endif
