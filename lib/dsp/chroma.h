/* chroma: how much of each pitch class there is, whatever the octave. */
#ifndef OTO_CHROMA_H
#define OTO_CHROMA_H

#include "../tensor/tensor.h"
#include "stft.h"
#include "tuning.h"

/* The share of each frequency of a spectrum in each pitch class c: a Gaussian bump around every c in every octave, one
 * class wide, each frequency's shares normalised, and frequencies weighted by a Gaussian over octaves:
 * (pitch n_chroma, frequency 1 + n_fft / 2).
 *     .tuning 0: bins by which all classes lie above A4 = 440 Hz  .ctroct 5, .octwidth 2: middle and width of the
 *     weights in octaves above 27.5 / 2 Hz (octwidth 0: none)  .norm 2: of a frequency's shares (INFINITY; 0: none)
 *     .base_c true: the first class is C, else A
 * As librosa.filters.chroma 0.11 (D. Ellis 2007). */
typedef struct OtoChromaFilters {
    int n_chroma;
    double tuning, ctroct, octwidth, norm;
    bool base_c;
} OtoChromaFilters;
OtoTensor *oto_chroma_filters(double sample_rate, int n_fft, OtoChromaFilters options);
#define oto_chroma_filters(sample_rate, n_fft, ...)                                                                    \
    oto_chroma_filters(sample_rate, n_fft,                                                                             \
                       OTO_OPTIONS(OtoChromaFilters,                                                                   \
                                   (.n_chroma = 12, .ctroct = 5, .octwidth = 2, .norm = 2, .base_c = true),            \
                                   __VA_ARGS__))

/* Chroma of power spectra: oto_chroma_filters times |STFT|^2, each frame divided by its norm: float32 (pitch n_chroma,
 * time). x is a sound, its STFT or a spectrogram (taken as it is).
 *     .norm INFINITY: the largest class of a frame is 1; 1, 2, 0: none  .tuning OTO_ESTIMATE, or bins  .n_chroma 12
 *     .hop_length 512, and the other options of oto_stft; .ctroct, .octwidth, .base_c as oto_chroma_filters
 * As librosa.feature.chroma_stft 0.11. */
typedef struct OtoChromaStft {
    double norm;
    OTO_STFT_FIELDS;
    double tuning;
    int n_chroma;
    double ctroct, octwidth;
    bool base_c;
} OtoChromaStft;
OtoTensor *oto_chroma_stft(OtoTensor *x, OtoChromaStft options);
#define oto_chroma_stft(x, ...)                                                                                        \
    oto_chroma_stft(x,                                                                                                 \
                    OTO_OPTIONS(OtoChromaStft,                                                                         \
                                (OTO_STFT_DEFAULTS, .norm = __builtin_inf(), .hop_length = 512,                        \
                                 .tuning = OTO_ESTIMATE, .n_chroma = 12, .ctroct = 5, .octwidth = 2, .base_c = true),  \
                                __VA_ARGS__))

/* Chroma of a constant-Q transform: the magnitudes of all bins of a class, of all octaves, added up, each frame divided
 * by its norm: float32 (pitch n_chroma, time), from C on. x is a sound, or what oto_cqt gave of it, whose bins must
 * then be a multiple of n_chroma an octave.
 *     .hop_length 512  .fmin 0: C1  .norm INFINITY  .threshold 0: smaller sums count as 0  .tuning OTO_ESTIMATE
 *     .n_chroma 12  .n_octaves 7  .bins_per_octave 36
 * As librosa.feature.chroma_cqt 0.11. */
typedef struct OtoChromaCqt {
    int hop_length;
    double fmin, norm, threshold, tuning;
    int n_chroma, n_octaves, bins_per_octave;
} OtoChromaCqt;
OtoTensor *oto_chroma_cqt(OtoTensor *x, OtoChromaCqt options);
#define oto_chroma_cqt(x, ...)                                                                                         \
    oto_chroma_cqt(x, OTO_OPTIONS(OtoChromaCqt,                                                                        \
                                  (.hop_length = 512, .norm = __builtin_inf(), .tuning = OTO_ESTIMATE, .n_chroma = 12, \
                                   .n_octaves = 7, .bins_per_octave = 36),                                             \
                                  __VA_ARGS__))

/* Chroma energy normalised statistics, which two performances of a piece share: oto_chroma_cqt divided by its sum,
 * quantised (a quarter for each of the thresholds 0.4, 0.2, 0.1, 0.05 that is passed), smoothed over time, and divided
 * by its norm.
 *     .norm 2  .win_len_smooth 41: frames of the window, 0: no smoothing  .smoothing_window OTO_HANN
 * Other options as oto_chroma_cqt. As librosa.feature.chroma_cens 0.11 (Müller and Ewert 2011). */
typedef struct OtoChromaCens {
    int hop_length;
    double fmin, tuning;
    int n_chroma, n_octaves, bins_per_octave;
    double norm;
    int win_len_smooth;
    OtoWindow smoothing_window;
} OtoChromaCens;
OtoTensor *oto_chroma_cens(OtoTensor *x, OtoChromaCens options);
#define oto_chroma_cens(x, ...)                                                                                        \
    oto_chroma_cens(x, OTO_OPTIONS(OtoChromaCens,                                                                      \
                                   (.hop_length = 512, .tuning = OTO_ESTIMATE, .n_chroma = 12, .n_octaves = 7,         \
                                    .bins_per_octave = 36, .norm = 2, .win_len_smooth = 41),                           \
                                   __VA_ARGS__))

#endif
