/* delta: how features change from frame to frame. */
#ifndef OTO_DELTA_H
#define OTO_DELTA_H

#include "../tensor/tensor.h"

/* The .order-th derivative along the last axis, a number a frame: of the polynomial of degree .order that fits `.width`
 * frames around each best (Savitzky and Golay). .mode says what lies beyond the ends:
 *     OTO_DELTA_INTERP    the polynomials of the first and last width frames go on to the ends
 *     OTO_DELTA_NEAREST   the end frame, repeated          OTO_DELTA_MIRROR   the frames, mirrored at the end one
 *     OTO_DELTA_CONSTANT  zeros                            OTO_DELTA_WRAP     the other end
 *     .width 9 (odd, at least 3; with INTERP at most the number of frames)   .order 1
 * As librosa.feature.delta 0.11 (scipy.signal.savgol_filter). */
typedef enum OtoDeltaMode {
    OTO_DELTA_INTERP,
    OTO_DELTA_NEAREST,
    OTO_DELTA_MIRROR,
    OTO_DELTA_CONSTANT,
    OTO_DELTA_WRAP
} OtoDeltaMode;
typedef struct OtoDelta {
    int width, order;
    OtoDeltaMode mode;
} OtoDelta;
OtoTensor *oto_delta(OtoTensor *x, OtoDelta options);
#define oto_delta(x, ...) oto_delta(x, OTO_OPTIONS(OtoDelta, (.width = 9, .order = 1), __VA_ARGS__))

#endif
