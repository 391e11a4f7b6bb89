/* features: one number, or a few, about each frame of a sound.
 *
 * x is a sound, its STFT, or a spectrogram of magnitudes or powers (taken as it is), (frequency, time) or (channels,
 * frequency, time); of a sound, the magnitudes of an STFT are taken, with the options of oto_stft and .hop_length 512.
 * A feature with one number a frame is (time), or (channels, time); librosa has another axis of length 1 there.
 * In the formulas S[k] is a frame's magnitude at frequency f[k] in Hz; f is where the axis of x says. */
#ifndef OTO_FEATURES_H
#define OTO_FEATURES_H

#include "stft.h"

#define OTO_FEATURE_DEFAULTS OTO_STFT_DEFAULTS, .hop_length = 512

/* Centre of gravity of the spectrum, Hz: sum f S / sum S; 0 in silence. As librosa.feature.spectral_centroid. */
typedef struct OtoFeature {
    OTO_STFT_FIELDS;
} OtoFeature;
OtoTensor *oto_spectral_centroid(OtoTensor *x, OtoFeature options);
#define oto_spectral_centroid(x, ...)                                                                                  \
    oto_spectral_centroid(x, OTO_OPTIONS(OtoFeature, (OTO_FEATURE_DEFAULTS), __VA_ARGS__))

/* How far the spectrum spreads about its centroid c, Hz: (sum S |f - c|^p / sum S)^(1 / p).
 *     .p 2   .norm true: divided by sum S, as above; false: not
 *     .centroid NULL: the centroid; otherwise a tensor (time) of other centres in Hz
 * As librosa.feature.spectral_bandwidth (Klapuri and Davy 2006). */
typedef struct OtoBandwidth {
    OTO_STFT_FIELDS;
    double p;
    bool norm;
    OtoTensor *centroid;
} OtoBandwidth;
OtoTensor *oto_spectral_bandwidth(OtoTensor *x, OtoBandwidth options);
#define oto_spectral_bandwidth(x, ...)                                                                                 \
    oto_spectral_bandwidth(x, OTO_OPTIONS(OtoBandwidth, (OTO_FEATURE_DEFAULTS, .p = 2, .norm = true), __VA_ARGS__))

/* The lowest frequency in Hz below which roll_percent (0.85) of the magnitude lies. As
 * librosa.feature.spectral_rolloff. */
typedef struct OtoRolloff {
    OTO_STFT_FIELDS;
    double roll_percent;
} OtoRolloff;
OtoTensor *oto_spectral_rolloff(OtoTensor *x, OtoRolloff options);
#define oto_spectral_rolloff(x, ...)                                                                                   \
    oto_spectral_rolloff(x, OTO_OPTIONS(OtoRolloff, (OTO_FEATURE_DEFAULTS, .roll_percent = 0.85), __VA_ARGS__))

/* Geometric over arithmetic mean of S^power (2), each at least amin (1e-10): 1 for noise, near 0 for a tone. As
 * librosa.feature.spectral_flatness (Dubnov 2004). */
typedef struct OtoFlatness {
    OTO_STFT_FIELDS;
    double amin, power;
} OtoFlatness;
OtoTensor *oto_spectral_flatness(OtoTensor *x, OtoFlatness options);
#define oto_spectral_flatness(x, ...)                                                                                  \
    oto_spectral_flatness(x, OTO_OPTIONS(OtoFlatness, (OTO_FEATURE_DEFAULTS, .amin = 1e-10, .power = 2), __VA_ARGS__))

/* Peaks against valleys: in each octave band (below fmin, fmin to 2 fmin, ... and up to the top) the mean of the
 * largest `quantile` of its magnitudes over the mean of the smallest, in dB: (band n_bands + 1, time).
 *     .fmin 200 Hz   .n_bands 6   .quantile 0.02   .linear false; true: the difference instead of dB
 * As librosa.feature.spectral_contrast (Jiang et al. 2002). */
typedef struct OtoContrast {
    OTO_STFT_FIELDS;
    double fmin, quantile;
    int n_bands;
    bool linear;
} OtoContrast;
OtoTensor *oto_spectral_contrast(OtoTensor *x, OtoContrast options);
#define oto_spectral_contrast(x, ...)                                                                                  \
    oto_spectral_contrast(                                                                                             \
        x, OTO_OPTIONS(OtoContrast, (OTO_FEATURE_DEFAULTS, .fmin = 200, .n_bands = 6, .quantile = 0.02), __VA_ARGS__))

/* How much louder frequencies became since the frame before: sum over k of max(0, S[k, t] - S[k, t - lag]); 0 for the
 * first frames. The sum that librosa.onset.onset_strength takes the mean of, without its mel bands and dB. */
typedef struct OtoFlux {
    OTO_STFT_FIELDS;
    int lag;
} OtoFlux;
OtoTensor *oto_spectral_flux(OtoTensor *x, OtoFlux options);
#define oto_spectral_flux(x, ...)                                                                                      \
    oto_spectral_flux(x, OTO_OPTIONS(OtoFlux, (OTO_FEATURE_DEFAULTS, .lag = 1), __VA_ARGS__))

/* The polynomial of that order which fits S over f best (least squares), highest power first: (coefficient order + 1,
 * time). As librosa.feature.poly_features. */
typedef struct OtoPoly {
    OTO_STFT_FIELDS;
    int order;
} OtoPoly;
OtoTensor *oto_poly_features(OtoTensor *x, OtoPoly options);
#define oto_poly_features(x, ...)                                                                                      \
    oto_poly_features(x, OTO_OPTIONS(OtoPoly, (OTO_FEATURE_DEFAULTS, .order = 1), __VA_ARGS__))

#endif
