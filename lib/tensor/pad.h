/* pad: tensors made longer at the ends of an axis. */
#ifndef OTO_PAD_H
#define OTO_PAD_H

#include "axis.h"
#include "options.h"

/* What a row x of n numbers is taken to be beyond its ends:
 *     ZEROS     0 0 | a b c d | 0 0      numpy.pad and torch "constant"
 *     EDGE      a a | a b c d | d d      torch "replicate"
 *     REFLECT   c b | a b c d | c b      the end is not repeated; torch "reflect"
 *     SYMMETRIC b a | a b c d | d c      it is
 *     WRAP      c d | a b c d | a b      torch "circular"
 *     LINEAR_RAMP   straight from the end to 0 at the end of the padding (of sounds; not by oto_pad) */
typedef enum OtoPad {
    OTO_PAD_ZEROS,
    OTO_PAD_REFLECT,
    OTO_PAD_EDGE,
    OTO_PAD_SYMMETRIC,
    OTO_PAD_WRAP,
    OTO_PAD_LINEAR_RAMP
} OtoPad;

/* x with `before` more indices in front of an axis (name or number) and `after` more behind: oto_pad(x, "time", 3, 3).
 *     .mode OTO_PAD_ZEROS     with .value 0, or another number
 * An axis in seconds begins earlier. Differentiable, again too. As torch.nn.functional.pad; several axes one after
 * another. */
typedef struct OtoPadOptions {
    OtoPad mode;
    double value;
} OtoPadOptions;
OtoTensor *oto_pad_axis(OtoTensor *x, OtoWhichAxis axis, int64_t before, int64_t after, OtoPadOptions options);
#define oto_pad(x, axis, before, after, ...)                                                                           \
    oto_pad_axis(x, OTO_WHICH_AXIS(axis), before, after,                                                               \
                 OTO_OPTIONS(OtoPadOptions, (.mode = OTO_PAD_ZEROS, .value = 0), __VA_ARGS__))

/* ---- for the library's own files ---- */

/* Which of the n >= 1 numbers of a row stands at place i, also beyond its ends; -1: none, but a constant. */
int64_t oto_padded_place(int64_t i, int64_t n, OtoPad mode);
/* Refuses a mode that is none. */
void oto_check_pad(const char *operation, const char *argument, OtoPad mode);

#endif
