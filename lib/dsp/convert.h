/* convert: frequencies and places in a sound, in one unit or another.
 *
 * What takes a number gives a number, and what takes a tensor gives one of its shape: oto_hz_to_mel(440),
 * oto_hz_to_mel(frequencies). Notes and MIDI numbers are in music/pitch.h. */
#ifndef OTO_CONVERT_H
#define OTO_CONVERT_H

#include "../tensor/arithmetic.h"
#include "../tensor/tensor.h"

#define OTO_CONVERSION(x, name, type, defaults, ...)                                                                   \
    OTO_WITH_TENSOR_OR_NUMBER(x, name##_tensor, name##_number)(x, OTO_OPTIONS(type, defaults, __VA_ARGS__))

/* ---- frequencies ---- */

/* The mel scale. Slaney's: linear below 1000 Hz (200/3 Hz a mel), logarithmic above (6.4^(1/27) a mel). With .htk, that
 * of HTK: 2595 log10(1 + hz / 700). As librosa.hz_to_mel and mel_to_hz. */
typedef struct OtoMelScale {
    bool htk;
} OtoMelScale;
#define oto_hz_to_mel(hz, ...) OTO_CONVERSION(hz, oto_hz_to_mel, OtoMelScale, (.htk = false), __VA_ARGS__)
#define oto_mel_to_hz(mel, ...) OTO_CONVERSION(mel, oto_mel_to_hz, OtoMelScale, (.htk = false), __VA_ARGS__)
double oto_hz_to_mel_number(double hz, OtoMelScale options);
double oto_mel_to_hz_number(double mel, OtoMelScale options);
OtoTensor *oto_hz_to_mel_tensor(OtoTensor *hz, OtoMelScale options);
OtoTensor *oto_mel_to_hz_tensor(OtoTensor *mel, OtoMelScale options);

/* Octaves: log2(hz / (A4 / 16)), so that octave 4 holds A4 = 440 * 2^(tuning / bins_per_octave) Hz. As
 * librosa.hz_to_octs and octs_to_hz. */
typedef struct OtoOctaves {
    double tuning, bins_per_octave;
} OtoOctaves;
#define oto_hz_to_octs(hz, ...) OTO_CONVERSION(hz, oto_hz_to_octs, OtoOctaves, (.bins_per_octave = 12), __VA_ARGS__)
#define oto_octs_to_hz(octs, ...) OTO_CONVERSION(octs, oto_octs_to_hz, OtoOctaves, (.bins_per_octave = 12), __VA_ARGS__)
double oto_hz_to_octs_number(double hz, OtoOctaves options);
double oto_octs_to_hz_number(double octs, OtoOctaves options);
OtoTensor *oto_hz_to_octs_tensor(OtoTensor *hz, OtoOctaves options);
OtoTensor *oto_octs_to_hz_tensor(OtoTensor *octs, OtoOctaves options);

/* How far A4 (Hz) lies from 440 Hz, in bins of 12 an octave, and back. As librosa.A4_to_tuning, tuning_to_A4. */
double oto_a4_to_tuning(double a4, double bins_per_octave);
double oto_tuning_to_a4(double tuning, double bins_per_octave);

/* Where the bins of an FFT lie, Hz: k * sample_rate / n_fft, k = 0 ... n_fft / 2. As librosa.fft_frequencies. */
OtoTensor *oto_fft_frequencies(double sample_rate, int n_fft);
/* n_mels frequencies from fmin to fmax Hz, evenly spaced in mel. As librosa.mel_frequencies. */
OtoTensor *oto_mel_frequencies(int n_mels, double fmin, double fmax, OtoMelScale options);
#define oto_mel_frequencies(n_mels, fmin, fmax, ...)                                                                   \
    oto_mel_frequencies(n_mels, fmin, fmax, OTO_OPTIONS(OtoMelScale, (.htk = false), __VA_ARGS__))
/* The tempo in BPM of each lag of an autocorrelation of frames: 60 sample_rate / (hop_length lag), lag 0 infinite. As
 * librosa.tempo_frequencies. */
OtoTensor *oto_tempo_frequencies(int n_bins, double sample_rate, int hop_length);
/* The tempo in BPM of each bin of a Fourier tempogram. As librosa.fourier_tempo_frequencies. */
OtoTensor *oto_fourier_tempo_frequencies(double sample_rate, int win_length, int hop_length);

/* Frequency in Hz of bin k, and the nearest bin of a frequency. */
double oto_bin_to_hz(int64_t k, double sample_rate, int n_fft);
int64_t oto_hz_to_bin(double hz, double sample_rate, int n_fft);

/* ---- places ---- */

/* Options of all of them; frames are counted from 0, and lie at frame * hop_length + n_fft / 2 samples (n_fft 0 where
 * frames are centred, as by default).
 *     .sample_rate  22050 Hz; of a tensor that knows it, its own
 *     .hop_length   512 samples; of a tensor that knows it, its own
 *     .n_fft        0
 *     .block_length of the three with blocks: frames a block
 * To samples, frames: whole numbers (int64), rounded down. To time: seconds. As the functions of librosa of that name.
 */
typedef struct OtoPlace {
    double sample_rate;
    int hop_length, n_fft, block_length;
} OtoPlace;
#define oto_frames_to_samples(frames, ...)                                                                             \
    OTO_CONVERSION(frames, oto_frames_to_samples, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_samples_to_frames(samples, ...)                                                                            \
    OTO_CONVERSION(samples, oto_samples_to_frames, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_frames_to_time(frames, ...)                                                                                \
    OTO_CONVERSION(frames, oto_frames_to_time, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_time_to_frames(times, ...)                                                                                 \
    OTO_CONVERSION(times, oto_time_to_frames, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_samples_to_time(samples, ...)                                                                              \
    OTO_CONVERSION(samples, oto_samples_to_time, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_time_to_samples(times, ...)                                                                                \
    OTO_CONVERSION(times, oto_time_to_samples, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_blocks_to_frames(blocks, ...)                                                                              \
    OTO_CONVERSION(blocks, oto_blocks_to_frames, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_blocks_to_samples(blocks, ...)                                                                             \
    OTO_CONVERSION(blocks, oto_blocks_to_samples, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define oto_blocks_to_time(blocks, ...)                                                                                \
    OTO_CONVERSION(blocks, oto_blocks_to_time, OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__)
#define OTO_DECLARE_PLACE(name, type)                                                                                  \
    type name##_number(double place, OtoPlace options);                                                                \
    OtoTensor *name##_tensor(OtoTensor *places, OtoPlace options)
OTO_DECLARE_PLACE(oto_frames_to_samples, int64_t);
OTO_DECLARE_PLACE(oto_samples_to_frames, int64_t);
OTO_DECLARE_PLACE(oto_frames_to_time, double);
OTO_DECLARE_PLACE(oto_time_to_frames, int64_t);
OTO_DECLARE_PLACE(oto_samples_to_time, double);
OTO_DECLARE_PLACE(oto_time_to_samples, int64_t);
OTO_DECLARE_PLACE(oto_blocks_to_frames, int64_t);
OTO_DECLARE_PLACE(oto_blocks_to_samples, int64_t);
OTO_DECLARE_PLACE(oto_blocks_to_time, double);

/* Sample and time of every frame of x, whose last axis counts frames: (time). As librosa.samples_like, times_like. */
OtoTensor *oto_samples_like(OtoTensor *x, OtoPlace options);
OtoTensor *oto_times_like(OtoTensor *x, OtoPlace options);
#define oto_samples_like(x, ...) oto_samples_like(x, OTO_OPTIONS(OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__))
#define oto_times_like(x, ...) oto_times_like(x, OTO_OPTIONS(OtoPlace, (.hop_length = OTO_DEFAULT), __VA_ARGS__))

/* The same for one frame: its time in s, and the frame that a time falls in. */
double oto_frame_to_time(int64_t t, double sample_rate, int hop_length);
int64_t oto_time_to_frame(double seconds, double sample_rate, int hop_length);

#endif
