/* tuning: where the peaks of a spectrum lie between its bins, and how far a recording is off A4 = 440 Hz. */
#ifndef OTO_TUNING_H
#define OTO_TUNING_H

#include "../tensor/tensor.h"
#include "stft.h"

/* In options: work it out from the sound. */
#define OTO_ESTIMATE (__builtin_nan(""))

/* Pitches by the peaks of a spectrum: where S[k] is larger than its neighbours and than threshold times the frame's
 * maximum, a parabola through the three gives the frequency (k + p) sr / n_fft and the height of its top; elsewhere
 * both are 0. x is a sound or a spectrogram (magnitudes, or powers as they are); both results have the spectrogram's
 * shape (frequency, time), or (channels, frequency, time).
 *     .fmin 150  .fmax 4000 Hz  .threshold 0.1; of a sound also the options of oto_stft
 * As librosa.piptrack 0.11 (J. O. Smith, "Spectral Audio Signal Processing", quadratic interpolation of peaks). */
typedef struct OtoPiptrack {
    OTO_STFT_FIELDS;
    double fmin, fmax, threshold;
} OtoPiptrack;
typedef struct OtoPeaks {
    OtoTensor *pitches, *magnitudes; /* Hz, and as the spectrogram */
} OtoPeaks;
OtoPeaks oto_piptrack(OtoTensor *x, OtoPiptrack options);
#define OTO_PIPTRACK(...)                                                                                              \
    OTO_OPTIONS(OtoPiptrack, (OTO_STFT_DEFAULTS, .fmin = 150, .fmax = 4000, .threshold = 0.1), __VA_ARGS__)
#define oto_piptrack(x, ...) oto_piptrack(x, OTO_PIPTRACK(__VA_ARGS__))

/* How far frequencies in Hz lie off the nearest bin, all in all: the most frequent deviation, in bins of an octave,
 * within [-0.5, 0.5), in steps of .resolution 0.01; .bins_per_octave 12. Numbers <= 0 and NaN are left out; 0 when none
 * is left. As librosa.pitch_tuning 0.11. */
typedef struct OtoPitchTuning {
    double resolution;
    int bins_per_octave;
} OtoPitchTuning;
double oto_pitch_tuning(OtoTensor *frequencies, OtoPitchTuning options);
#define oto_pitch_tuning(frequencies, ...)                                                                             \
    oto_pitch_tuning(frequencies, OTO_OPTIONS(OtoPitchTuning, (.resolution = 0.01, .bins_per_octave = 12), __VA_ARGS__))

/* The tuning of a sound or spectrogram: oto_pitch_tuning of the peaks that are at least as high as their median. 0.25
 * means a quarter of a bin sharp: A4 lies at 440 * 2^(0.25 / bins_per_octave) Hz. Options .n_fft, .resolution,
 * .bins_per_octave as above. As librosa.estimate_tuning 0.11. */
typedef struct OtoTuning {
    int n_fft;
    double resolution;
    int bins_per_octave;
} OtoTuning;
double oto_estimate_tuning(OtoTensor *x, OtoTuning options);
#define oto_estimate_tuning(x, ...)                                                                                    \
    oto_estimate_tuning(                                                                                               \
        x, OTO_OPTIONS(OtoTuning, (.n_fft = 2048, .resolution = 0.01, .bins_per_octave = 12), __VA_ARGS__))

#endif
