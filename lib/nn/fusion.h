/* fusion: parts of a sequence that are computed together, so that what is between them never goes through memory. For
 * the library's own files.
 *
 *     batch norm, relu or leaky relu                                always: one operation, forward and backward
 *     convolution [, batch norm] [, relu or leaky relu] [, max pool]
 *                                                                   where nothing is written down and batch norm
 *                                                                   goes by its running averages
 *
 * Results are those of one part after the other. Where somebody watches the parts, each goes alone.
 */
#ifndef OTO_NN_FUSION_H
#define OTO_NN_FUSION_H

#include "lib/nn/convolution.h"
#include "lib/nn/convolve.h"
#include "lib/nn/layer.h"

/* x through part number `first` of a sequence and those behind it that go together with it; *count says how many there
 * were. */
OtoTensor *oto_apply_together(OtoLayer *sequence, int first, OtoTensor *x, int *count);

/* What batch norm is in evaluation: scale x + shift for each channel. */
void oto_batch_norm_lines(OtoTensor *mean, OtoTensor *variance, OtoTensor *w, OtoTensor *b, double eps, float *scale,
                          float *shift);

/* The sizes of a convolution of x (rank 3: along time, 4: height and width); refuses what does not fit. */
struct convolution oto_conv_shape(int rank, OtoTensor *x, OtoTensor *w, OtoTensor *b, const OtoConvOptions *options);
/* It, and what comes after it; nothing is written down. */
OtoTensor *oto_conv_finished(const struct convolution *shape, OtoTensor *x, OtoTensor *w,
                             const struct convolution_finish *finish);

#endif
