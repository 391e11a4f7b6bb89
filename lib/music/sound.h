/* sound: making sounds and putting them together. Durations are seconds; a sound is (time) or (channels, time) with
 * amplitude 1 as full scale; sample rate 22050 Hz unless given. No function here clips: what is larger than 1 stays
 * so until it is saved or played. Arguments are never changed. */
#ifndef OTO_SOUND_H
#define OTO_SOUND_H

#include "../tensor/tensor.h"

/* One period over phase p = 0 ... 1: sine sin(2 pi p); square +1, then -1; saw 2p - 1; triangle 4 |p - 1/2| - 1,
 * shifted so that each starts as the sine does (saw and square: from the jump). */
typedef enum OtoWave { OTO_SINE, OTO_SQUARE, OTO_SAW, OTO_TRIANGLE } OtoWave;

/* A tone of a frequency in Hz.
 *     .amplitude     1
 *     .phase         where in the period it starts, in rad
 *     .band_limited  true: the sum of its harmonics below half the sample rate, so that nothing aliases;
 *                    false: the plain shape, sample by sample
 *     .sample_rate   22050 */
typedef struct OtoTone {
    double sample_rate, amplitude, phase;
    bool band_limited;
} OtoTone;
OtoTensor *oto_tone(OtoWave wave, double frequency, double seconds, OtoTone options);
#define OTO_TONE(...) OTO_OPTIONS(OtoTone, (.sample_rate = 22050, .amplitude = 1), __VA_ARGS__)
#define oto_tone(wave, frequency, seconds, ...) oto_tone(wave, frequency, seconds, OTO_TONE(__VA_ARGS__))
#define oto_sine(frequency, seconds, ...) oto_tone(OTO_SINE, frequency, seconds __VA_OPT__(, ) __VA_ARGS__)
#define oto_square(frequency, seconds, ...) oto_tone(OTO_SQUARE, frequency, seconds __VA_OPT__(, ) __VA_ARGS__)
#define oto_saw(frequency, seconds, ...) oto_tone(OTO_SAW, frequency, seconds __VA_OPT__(, ) __VA_ARGS__)
#define oto_triangle(frequency, seconds, ...) oto_tone(OTO_TRIANGLE, frequency, seconds __VA_OPT__(, ) __VA_ARGS__)

/* A tone whose frequency changes: one value in Hz a sample, (time). The phase is the running sum of frequency /
 * sample_rate, so it never jumps. */
OtoTensor *oto_oscillator(OtoWave wave, OtoTensor *frequency, OtoTone options);
#define oto_oscillator(wave, frequency, ...) oto_oscillator(wave, frequency, OTO_TONE(__VA_ARGS__))
/* A sine from one frequency to another in a straight line, sin(2 pi (from t + (to - from) t^2 / (2 T))), or
 * .exponential, with equal times for equal intervals: sin(2 pi from T (k^(t / T) - 1) / ln k), k = to / from. As
 * librosa.chirp, linear and not. */
typedef struct OtoSweep {
    double sample_rate, amplitude;
    bool exponential;
} OtoSweep;
OtoTensor *oto_sweep(double from, double to, double seconds, OtoSweep options);
#define oto_sweep(from, to, seconds, ...)                                                                              \
    oto_sweep(from, to, seconds, OTO_OPTIONS(OtoSweep, (.sample_rate = 22050, .amplitude = 1), __VA_ARGS__))

OtoTensor *oto_silence(double seconds, OtoTone options);
#define oto_silence(seconds, ...) oto_silence(seconds, OTO_TONE(__VA_ARGS__))

/* Noise from oto_seed's generator: white (uniform in +-amplitude) or pink (power falls by 3 dB an octave;
 * Voss-McCartney, scaled to stay within +-amplitude). */
typedef enum OtoNoiseColor { OTO_WHITE, OTO_PINK } OtoNoiseColor;
typedef struct OtoNoise {
    OtoNoiseColor color;
    double sample_rate, amplitude;
} OtoNoise;
OtoTensor *oto_noise(double seconds, OtoNoise options);
#define oto_noise(seconds, ...)                                                                                        \
    oto_noise(seconds, OTO_OPTIONS(OtoNoise, (.sample_rate = 22050, .amplitude = 1), __VA_ARGS__))

/* A short decaying tone at each of the times (seconds, a tensor): to hear beats and onsets.
 *     .frequency 1000   .click_seconds 0.1   .seconds 0: up to the last click   .amplitude 1
 * as librosa.clicks. */
typedef struct OtoClicks {
    double sample_rate, amplitude, frequency, click_seconds, seconds;
} OtoClicks;
OtoTensor *oto_clicks(OtoTensor *times, OtoClicks options);
#define oto_clicks(times, ...)                                                                                         \
    oto_clicks(times,                                                                                                  \
               OTO_OPTIONS(OtoClicks, (.sample_rate = 22050, .amplitude = 1, .frequency = 1000, .click_seconds = 0.1), \
                           __VA_ARGS__))

/* An envelope (time) of this many seconds: 0 to 1 in attack, down to sustain in decay, held, and to 0 in the last
 * release seconds; straight lines. Stages that do not fit are shortened in proportion.
 *     1      /\
 *     s     /  \________
 *     0 ___/            \___
 *          a  d   hold   r     */
typedef struct OtoAdsr {
    double attack, decay, sustain, release, sample_rate;
} OtoAdsr;
OtoTensor *oto_adsr(double seconds, OtoAdsr options);
#define OTO_ADSR(...)                                                                                                  \
    OTO_OPTIONS(OtoAdsr, (.attack = 0.01, .decay = 0.1, .sustain = 0.7, .release = 0.2, .sample_rate = 22050),         \
                __VA_ARGS__)
#define oto_adsr(seconds, ...) oto_adsr(seconds, OTO_ADSR(__VA_ARGS__))
/* The sound shaped by such an envelope of its own length. */
OtoTensor *oto_shape(OtoTensor *audio, OtoAdsr options);
#define oto_shape(audio, ...) oto_shape(audio, OTO_ADSR(__VA_ARGS__))

/* Sounds at the same time: their sum, as long as the longest. It neither clips nor scales: two full-scale sounds may
 * reach 2, so lower them before (oto_gain) or afterwards (oto_normalise). Mono joins every channel of a stereo sound.
 */
#define oto_mix(...) oto_mix_all(OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_mix_all(int count, OtoTensor *sounds[]);

/* Louder or softer by so many dB: times 10^(dB / 20). */
OtoTensor *oto_gain(OtoTensor *audio, double decibels);
/* Scaled to a peak (default 1, full scale); to a root mean square, when .rms is given; or to a loudness, when .lufs is
 * (below 0, as in -23; see oto_loudness). Silence stays silence. */
typedef struct OtoNormalise {
    double peak, rms, lufs;
} OtoNormalise;
OtoTensor *oto_normalise(OtoTensor *audio, OtoNormalise options);
#define oto_normalise(audio, ...) oto_normalise(audio, OTO_OPTIONS(OtoNormalise, (.peak = 1), __VA_ARGS__))
/* Straight ramps at both ends: .in and .out seconds (0.01 each). */
typedef struct OtoFade {
    double in, out;
} OtoFade;
OtoTensor *oto_fade(OtoTensor *audio, OtoFade options);
#define oto_fade(audio, ...) oto_fade(audio, OTO_OPTIONS(OtoFade, (.in = 0.01, .out = 0.01), __VA_ARGS__))
/* So many seconds of silence in front. */
OtoTensor *oto_delay(OtoTensor *audio, double seconds);
/* From one time to another, in seconds; beyond the end is silence. */
OtoTensor *oto_cut(OtoTensor *audio, double from, double to);
/* A mono sound placed between left (-1) and right (+1) with equal power: (channels 2, time). */
OtoTensor *oto_pan(OtoTensor *mono, double position);
OtoTensor *oto_stereo(OtoTensor *left, OtoTensor *right);
/* The mean of the channels. */
OtoTensor *oto_mono(OtoTensor *audio);

/* Largest |sample|; root mean square sqrt(mean(x^2)); length in seconds; number of channels. */
double oto_peak(OtoTensor *audio);
double oto_rms(OtoTensor *audio);
double oto_seconds(OtoTensor *audio);
int64_t oto_channels(OtoTensor *audio);

#endif
