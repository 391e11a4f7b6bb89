/* emphasis: high frequencies raised before analysis, and lowered again. */
#ifndef OTO_EMPHASIS_H
#define OTO_EMPHASIS_H

#include "../tensor/tensor.h"

/* y[n] = x[n] - coef x[n - 1], along the last axis; before the sound, x goes on straight: y[0] = x[0] + zi with
 * zi = 2 x[0] - x[1], or the .zi given (the state that a block before ended in: -coef times its last sample).
 *     .coef 0.97
 * As librosa.effects.preemphasis 0.11. */
typedef struct OtoEmphasis {
    double coef, zi;
} OtoEmphasis;
#define OTO_EMPHASIS(...) OTO_OPTIONS(OtoEmphasis, (.coef = 0.97, .zi = __builtin_nan("")), __VA_ARGS__)
OtoTensor *oto_preemphasis(OtoTensor *x, OtoEmphasis options);
#define oto_preemphasis(x, ...) oto_preemphasis(x, OTO_EMPHASIS(__VA_ARGS__))
/* Its inverse, y[n] = x[n] + coef y[n - 1]. As librosa.effects.deemphasis 0.11. */
OtoTensor *oto_deemphasis(OtoTensor *x, OtoEmphasis options);
#define oto_deemphasis(x, ...) oto_deemphasis(x, OTO_EMPHASIS(__VA_ARGS__))

#endif
