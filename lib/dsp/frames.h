/* frames: a sound cut into overlapping pieces. */
#ifndef OTO_FRAMES_H
#define OTO_FRAMES_H

#include "../tensor/pad.h"
#include "../tensor/tensor.h"

/* Cut or continued with zeros to that length, at the end (oto_fix_length) or on both sides (oto_pad_center, only
 * longer). As librosa.util.fix_length and pad_center. */
OtoTensor *oto_fix_length(OtoTensor *x, int64_t size);
OtoTensor *oto_pad_center(OtoTensor *x, int64_t size);

/* Overlapping pieces of a sound as rows: (time) gives (frame, sample frame_length); the tail that fills no frame is
 * left out. Refuses a sound shorter than a frame. Differentiable, again too. As librosa.util.frame with axis=0. */
OtoTensor *oto_frame(OtoTensor *audio, int frame_length, int hop_length);
/* The other way: frames (..., frame, sample) added up where they overlap, frame t beginning at t * hop_length:
 * (..., time (frames - 1) * hop_length + samples). Differentiable, again too. The transpose of oto_frame; as
 * torch.nn.functional.fold of one axis. */
OtoTensor *oto_overlap_add(OtoTensor *frames, int hop_length);

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

#endif
