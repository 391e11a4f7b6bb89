/* tempogram: which tempi an onset envelope repeats with, and the one that fits best. */
#ifndef OTO_TEMPOGRAM_H
#define OTO_TEMPOGRAM_H

#include "../tensor/tensor.h"
#include "sync.h"
#include "window.h"

/* Everywhere below x is a sound or an onset envelope, (time) or (channels, time). .hop_length, left out, is the
 * envelope's, or 512; .sample_rate 0 is x's, or 22050 for numbers of one's own. Envelopes with NaN are refused. */

/* Autocorrelation of the windowed envelope around each frame, lags 0 ... win_length - 1: (..., lag win_length, time).
 *     .win_length 384  .window OTO_HANN  .center true (over ends that fall linearly to 0)
 *     .norm INFINITY   each column is divided by its largest magnitude; 1, 2: by its sum, its length; 0: by nothing
 * As librosa.feature.tempogram 0.11 (Grosche, Mueller and Kurth, ICASSP 2010). */
typedef struct OtoTempogram {
    int hop_length, win_length;
    bool center;
    OtoWindow window;
    double norm, sample_rate;
} OtoTempogram;
OtoTensor *oto_tempogram(OtoTensor *x, OtoTempogram options);
#define oto_tempogram(x, ...)                                                                                          \
    oto_tempogram(x,                                                                                                   \
                  OTO_OPTIONS(OtoTempogram,                                                                            \
                              (.hop_length = OTO_DEFAULT, .win_length = 384, .center = true, .norm = __builtin_inf()), \
                              __VA_ARGS__))

/* The short-time Fourier transform of the envelope with hop 1: complex64 (..., tempo 1 + win_length / 2, time), in BPM.
 * Options as oto_tempogram (no norm). As librosa.feature.fourier_tempogram 0.11. */
OtoTensor *oto_fourier_tempogram(OtoTensor *x, OtoTempogram options);
#define oto_fourier_tempogram(x, ...)                                                                                  \
    oto_fourier_tempogram(                                                                                             \
        x, OTO_OPTIONS(OtoTempogram, (.hop_length = OTO_DEFAULT, .win_length = 384, .center = true), __VA_ARGS__))

/* The tempo in BPM whose period has the largest mean autocorrelation over time, weighted by a prior:
 *     argmax over lags of log(1 + 10^6 mean) - 0.5 ((log2 bpm - log2 start_bpm) / std_bpm)^2, bpm = 60 rate / lag
 *     .start_bpm 120  .std_bpm 1 (octaves)  .max_tempo 320 (0: none)
 *     .prior NULL     or a function: the logarithm of how likely a tempo in BPM is, instead of that curve
 *     .ac_size 8      seconds that the autocorrelation sees
 *     .aggregate OTO_AGGREGATE_MEAN of the tempogram over time
 * x has one channel; it may be a tempogram (lag, time) too. As librosa.feature.tempo 0.11. */
typedef struct OtoTempoEstimate {
    int hop_length;
    double start_bpm, std_bpm, ac_size, max_tempo;
    OtoAggregate aggregate;
    double (*prior)(double bpm);
    double sample_rate;
} OtoTempoEstimate;
#define OTO_TEMPO_ESTIMATE(...)                                                                                        \
    OTO_OPTIONS(OtoTempoEstimate,                                                                                      \
                (.hop_length = OTO_DEFAULT, .start_bpm = 120, .std_bpm = 1, .ac_size = 8, .max_tempo = 320),           \
                __VA_ARGS__)
double oto_tempo(OtoTensor *x, OtoTempoEstimate options);
#define oto_tempo(x, ...) oto_tempo(x, OTO_TEMPO_ESTIMATE(__VA_ARGS__))
/* The same for each frame: (time), BPM. As librosa.feature.tempo(aggregate=None). */
OtoTensor *oto_tempo_over_time(OtoTensor *x, OtoTempoEstimate options);
#define oto_tempo_over_time(x, ...) oto_tempo_over_time(x, OTO_TEMPO_ESTIMATE(__VA_ARGS__))

/* How strong a tempogram (lag, time) of oto_tempogram is at multiples of the tempo: (factor, time), by linear
 * interpolation over tempi, 0 outside them.
 *     .bpm NULL      or the tempo: one number, or one a frame; NULL: oto_tempo_over_time
 *     .factors NULL  or the multiples; NULL: 4, 8/3, 3, 2, 4/3, 3/2, 1, 2/3, 3/4, 1/2, 1/3, 3/8, 1/4
 * As librosa.feature.tempogram_ratio 0.11 (Prockup et al., ISMIR 2015). */
typedef struct OtoTempogramRatio {
    OtoTensor *bpm, *factors;
    double start_bpm, std_bpm, max_tempo;
} OtoTempogramRatio;
OtoTensor *oto_tempogram_ratio(OtoTensor *tempogram, OtoTempogramRatio options);
#define oto_tempogram_ratio(tempogram, ...)                                                                            \
    oto_tempogram_ratio(                                                                                               \
        tempogram, OTO_OPTIONS(OtoTempogramRatio, (.start_bpm = 120, .std_bpm = 1, .max_tempo = 320), __VA_ARGS__))

/* Predominant local pulse: in each frame the strongest tempo between the limits becomes a sinusoid with its phase;
 * their windowed sum, its positive half, largest value 1: (time) or (channels, time). Peaks are beats.
 *     .win_length 384  .tempo_min 30  .tempo_max 300 (BPM)  .prior as oto_tempo
 *     .equal false     true: all sinusoids have the same amplitude, as the paper says. librosa divides by the magnitude
 *                      only where the real part is positive, so that frames in which it is negative decide alone; that
 *                      is kept as default, to agree
 * As librosa.beat.plp 0.11 (Grosche and Mueller, IEEE TASLP 2011). */
typedef struct OtoPlp {
    int hop_length, win_length;
    double tempo_min, tempo_max;
    double (*prior)(double bpm);
    bool equal;
    double sample_rate;
} OtoPlp;
OtoTensor *oto_plp(OtoTensor *x, OtoPlp options);
#define oto_plp(x, ...)                                                                                                \
    oto_plp(x, OTO_OPTIONS(OtoPlp, (.hop_length = OTO_DEFAULT, .win_length = 384, .tempo_min = 30, .tempo_max = 300),  \
                           __VA_ARGS__))

/* ---- for the library's own files ---- */

struct oto_envelope;
/* oto_tempo of an envelope. */
double oto_tempo_of_envelope(const char *operation, const struct oto_envelope *envelope, OtoTempoEstimate options);

#endif
