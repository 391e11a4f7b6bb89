/* spectrum: decibels, spectrograms, mel bands, and where bins and frames lie. */
#ifndef OTO_SPECTRUM_H
#define OTO_SPECTRUM_H

#include "../tensor/tensor.h"
#include "fourier.h"

/* To dB: 10 log10(power / ref) or 20 log10(amplitude / ref), whichever the tensor holds (complex64: its magnitude).
 *     .ref 1; OTO_MAX: the largest value, which becomes 0 dB
 *     .amin 0: 1e-10 for power, 1e-5 for amplitude, the smallest value told apart
 *     .top_db 80: nothing lies further below the maximum; 0: no such floor
 * As librosa.power_to_db and amplitude_to_db 0.11. */
#define OTO_MAX (-1.0)
typedef struct OtoDb {
    double ref, amin, top_db;
} OtoDb;
OtoTensor *oto_db(OtoTensor *x, OtoDb options);
#define oto_db(x, ...) oto_db(x, OTO_OPTIONS(OtoDb, (.ref = 1, .top_db = 80), __VA_ARGS__))
/* And back, with reference 1: 10^(dB / 10) and 10^(dB / 20). */
OtoTensor *oto_db_to_power(OtoTensor *decibels);
OtoTensor *oto_db_to_amplitude(OtoTensor *decibels);
/* For single numbers: 20 log10(ratio) and 10^(dB / 20). */
double oto_decibels(double amplitude_ratio);
double oto_ratio(double decibels);

/* |STFT| or, with .power = 2, |STFT|^2: float32 (frequency, time). Other options as oto_stft. */
typedef struct OtoSpectrogram {
    int n_fft, win_length, hop_length;
    OtoWindow window;
    bool center;
    OtoPad pad;
    int power;
} OtoSpectrogram;
OtoTensor *oto_spectrogram(OtoTensor *audio, OtoSpectrogram options);
#define oto_spectrogram(audio, ...)                                                                                    \
    oto_spectrogram(audio, OTO_OPTIONS(OtoSpectrogram, (.n_fft = 2048, .center = true, .power = 1), __VA_ARGS__))
/* The same in dB below its maximum: [-80, 0]. */
OtoTensor *oto_log_spectrogram(OtoTensor *audio, OtoStft options);
#define oto_log_spectrogram(audio, ...) oto_log_spectrogram(audio, OTO_STFT(__VA_ARGS__))

/* Triangular filters evenly spaced on the mel scale (Slaney's, area-normalised): (mel n_mels, frequency 1 + n_fft / 2).
 * .fmax 0: half the sample rate. As librosa.filters.mel 0.11. */
typedef struct OtoMel {
    int n_mels;
    double fmin, fmax;
    int n_fft, win_length, hop_length;
    OtoWindow window;
    bool center;
    OtoPad pad;
} OtoMel;
#define OTO_MEL(...) OTO_OPTIONS(OtoMel, (.n_mels = 128, .n_fft = 2048, .hop_length = 512, .center = true), __VA_ARGS__)
OtoTensor *oto_mel_filters(double sample_rate, OtoMel options);
#define oto_mel_filters(sample_rate, ...) oto_mel_filters(sample_rate, OTO_MEL(__VA_ARGS__))
/* Power in mel bands, (mel, time): of a sound, of its STFT, or of a power spectrogram. As
 * librosa.feature.melspectrogram 0.11. */
OtoTensor *oto_mel(OtoTensor *x, OtoMel options);
#define oto_mel(x, ...) oto_mel(x, OTO_MEL(__VA_ARGS__))

/* Slaney's mel scale: linear below 1000 Hz (200/3 Hz a mel), logarithmic above (6.4^(1/27) a mel). */
double oto_hz_to_mel(double hz);
double oto_mel_to_hz(double mel);
/* Frequency in Hz of bin k, and time in s of frame t (as centred by oto_stft). */
double oto_bin_to_hz(int64_t k, double sample_rate, int n_fft);
double oto_frame_to_time(int64_t t, double sample_rate, int hop_length);
/* The nearest bin, and the frame that a time falls in. */
int64_t oto_hz_to_bin(double hz, double sample_rate, int n_fft);
int64_t oto_time_to_frame(double seconds, double sample_rate, int hop_length);

#endif
