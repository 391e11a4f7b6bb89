/* arrange: the elements of a tensor in another order, repeated, or parted. An axis is given by its name or number.
 * Differentiable, again too. */
#ifndef OTO_ARRANGE_H
#define OTO_ARRANGE_H

#include "axis.h"
#include "options.h"

/* The other way round along an axis. As torch.flip. */
#define oto_flip(x, axis) oto_flip_axis(x, OTO_WHICH_AXIS(axis))
OtoTensor *oto_flip_axis(OtoTensor *x, OtoWhichAxis axis);
/* Moved on by `shift` indices (negative: back); what leaves at one end comes in at the other. As torch.roll. */
#define oto_roll(x, axis, shift) oto_roll_axis(x, OTO_WHICH_AXIS(axis), shift)
OtoTensor *oto_roll_axis(OtoTensor *x, OtoWhichAxis axis, int64_t shift);
/* As a whole, `count` times one after another: a b a b. As torch.tile. */
#define oto_tile(x, axis, count) oto_tile_axis(x, OTO_WHICH_AXIS(axis), count)
OtoTensor *oto_tile_axis(OtoTensor *x, OtoWhichAxis axis, int64_t count);
/* Each index `count` times: a a b b. As torch.repeat_interleave. */
#define oto_repeat(x, axis, count) oto_repeat_axis(x, OTO_WHICH_AXIS(axis), count)
OtoTensor *oto_repeat_axis(OtoTensor *x, OtoWhichAxis axis, int64_t count);

/* Of the last two axes (row i, column j), what lies on the diagonal j = i + .diagonal (0) and left of it (oto_tril) or
 * right of it (oto_triu); the rest is 0. As torch.tril and torch.triu. */
typedef struct OtoTriangleOptions {
    int64_t diagonal;
} OtoTriangleOptions;
#define OTO_TRIANGLE(...) OTO_OPTIONS(OtoTriangleOptions, (.diagonal = 0), __VA_ARGS__)
OtoTensor *oto_tril(OtoTensor *x, OtoTriangleOptions options);
OtoTensor *oto_triu(OtoTensor *x, OtoTriangleOptions options);
#define oto_tril(x, ...) oto_tril(x, OTO_TRIANGLE(__VA_ARGS__))
#define oto_triu(x, ...) oto_triu(x, OTO_TRIANGLE(__VA_ARGS__))

/* x cut along an axis into `count` parts as equal as can be, the longer ones first:
 *     OtoTensor *half[2];
 *     oto_chunk(x, "features", 2, half);
 * parts belong to the caller and live by the rule of lifetime.h. As torch.tensor_split. oto_chunks_of cuts parts of the
 * given lengths, whose sum must be that of the axis; as torch.split. */
#define oto_chunk(x, axis, count, parts) oto_chunk_axis(x, OTO_WHICH_AXIS(axis), count, parts)
void oto_chunk_axis(OtoTensor *x, OtoWhichAxis axis, int count, OtoTensor *parts[]);
#define oto_chunks_of(x, axis, count, lengths, parts) oto_chunks_of_axis(x, OTO_WHICH_AXIS(axis), count, lengths, parts)
void oto_chunks_of_axis(OtoTensor *x, OtoWhichAxis axis, int count, const int64_t lengths[], OtoTensor *parts[]);

#endif
