/* frames: a sound cut into overlapping pieces. */
#ifndef OTO_FRAMES_H
#define OTO_FRAMES_H

#include "../tensor/tensor.h"

/* What a sound x of n samples is taken to be beyond its ends, where frames reach over them:
 *     ZEROS     0 0 | a b c d | 0 0      numpy.pad "constant"
 *     EDGE      a a | a b c d | d d
 *     REFLECT   c b | a b c d | c b      the end sample is not repeated
 *     SYMMETRIC b a | a b c d | d c      it is
 *     WRAP      c d | a b c d | a b
 *     LINEAR_RAMP   straight from the end sample to 0 at the end of the padding */
typedef enum OtoPad {
    OTO_PAD_ZEROS,
    OTO_PAD_REFLECT,
    OTO_PAD_EDGE,
    OTO_PAD_SYMMETRIC,
    OTO_PAD_WRAP,
    OTO_PAD_LINEAR_RAMP
} OtoPad;

/* Cut or continued with zeros to that length, at the end (oto_fix_length) or on both sides (oto_pad_center, only
 * longer). As librosa.util.fix_length and pad_center. */
OtoTensor *oto_fix_length(OtoTensor *x, int64_t size);
OtoTensor *oto_pad_center(OtoTensor *x, int64_t size);

/* Overlapping pieces of a sound as rows: (time) gives (frame, sample frame_length); the tail that fills no frame is
 * left out. Refuses a sound shorter than a frame. As librosa.util.frame with axis=0. */
OtoTensor *oto_frame(OtoTensor *audio, int frame_length, int hop_length);

/* Time-delay embedding of (..., feature d, time): n_steps copies on top of each other, copy k delayed by k * delay
 * frames (negative: towards the future), zeros (or another mode) where there is nothing: (..., d * n_steps, time).
 * As librosa.feature.stack_memory. */
typedef struct OtoStackMemory {
    int n_steps, delay;
    OtoPad mode;
} OtoStackMemory;
OtoTensor *oto_stack_memory(OtoTensor *x, OtoStackMemory options);
#define oto_stack_memory(x, ...)                                                                                       \
    oto_stack_memory(x, OTO_OPTIONS(OtoStackMemory, (.n_steps = 2, .delay = 1), __VA_ARGS__))

/* ---- for the library's own files ---- */

/* Sample i of x, which is continued beyond its n >= 1 samples over a padding of that width. */
float oto_sample_at(const float *x, int64_t n, int64_t i, OtoPad mode, int64_t width);
/* Samples first ... first + count - 1. */
void oto_samples_at(float *to, const float *x, int64_t n, int64_t first, int64_t count, OtoPad mode, int64_t width);
/* Refuses a mode that is none. */
void oto_check_pad(const char *operation, const char *argument, OtoPad mode);

#endif
