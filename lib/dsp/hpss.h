/* hpss: what sounds on, and what strikes. */
#ifndef OTO_HPSS_H
#define OTO_HPSS_H

#include "../tensor/tensor.h"
#include "stft.h"

/* Harmonic-percussive separation. A tone is a horizontal line in a spectrogram, a stroke a vertical one: of the
 * magnitudes, medians over time keep the tones, medians over frequency the strokes, and oto_softmask of the two gives
 * each its share. x is an STFT (complex64: shares of it), a spectrogram, (frequency, time) or (channels, frequency,
 * time), or a sound: then both results are sounds, of the same length.
 *     .kernel_size 31, or {17, 31}: frames of the median over time, bins of that over frequency
 *     .power 2: of the masks
 *     .margin 1, or {1, 3}: by how much a share must be larger than the other one, at least 1; with more than 1,
 *                    something is left over that is in neither
 *     .mask false: true gives the masks themselves
 *     of a sound also the options of oto_stft
 * As librosa.decompose.hpss and librosa.effects.hpss 0.11 (Fitzgerald 2010; Driedger, Müller and Disch 2014). */
typedef struct OtoHpss {
    int kernel_size[2];
    double power;
    bool mask;
    double margin[2];
    OTO_STFT_FIELDS;
} OtoHpss;
typedef struct OtoParts {
    OtoTensor *harmonic, *percussive;
} OtoParts;
OtoParts oto_hpss(OtoTensor *x, OtoHpss options);
#define oto_hpss(x, ...)                                                                                               \
    oto_hpss(x, OTO_OPTIONS(OtoHpss, (.kernel_size = {31}, .power = 2, .margin = {1}, OTO_STFT_DEFAULTS), __VA_ARGS__))

#endif
