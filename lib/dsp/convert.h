/* convert: where bins, frames, and bands lie in Hz and s. */
#ifndef OTO_CONVERT_H
#define OTO_CONVERT_H

#include "../tensor/tensor.h"

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
