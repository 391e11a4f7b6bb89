/* spectral_loss: how different two sounds are to a spectrogram. */
#ifndef OTO_NN_SPECTRAL_LOSS_H
#define OTO_NN_SPECTRAL_LOSS_H

#include "../tensor/options.h"
#include "../tensor/tensor.h"

enum { OTO_SPECTRAL_SIZES = 16 };

/* Multi-scale spectral loss: for each n_fft, with the magnitudes S of y's STFT and T of the target's,
 *     mean |S - T| + log_weight mean |ln S - ln T|
 * and the sum of these over all n_fft. It compares how loud each frequency is and leaves phases free; long windows see
 * pitch, short ones onsets, and logarithms what is quiet. y and target: (time), (channels, time) or (batch, channels,
 * time), of one shape. A gradient flows into y (and target); again too.
 *     .n_ffts       {2048, 1024, 512, 256, 128, 64}; up to 16, ended by 0
 *     .overlap 0.75 frames lie n_fft (1 - overlap) samples apart
 *     .log_weight 1
 *     .eps 1e-5     smaller magnitudes count as this much
 * Engel, Hantrakul, Gu and Roberts, "DDSP: Differentiable Digital Signal Processing", 2020, section 4.2.1; with centred
 * frames. */
typedef struct OtoSpectralOptions {
    int n_ffts[OTO_SPECTRAL_SIZES];
    double overlap, log_weight, eps;
} OtoSpectralOptions;
OtoTensor *oto_spectral_loss(OtoTensor *y, OtoTensor *target, OtoSpectralOptions options);
#define oto_spectral_loss(y, target, ...)                                                                              \
    oto_spectral_loss(                                                                                                 \
        y, target,                                                                                                     \
        OTO_OPTIONS(OtoSpectralOptions,                                                                                \
                    (.n_ffts = {2048, 1024, 512, 256, 128, 64}, .overlap = 0.75, .log_weight = 1, .eps = 1e-5),        \
                    __VA_ARGS__))

#endif
