#include "lib/dsp/convert.h"
#include "lib/tensor/error.h"

#include <math.h>

static const double LINEAR_HZ_PER_MEL = 200.0 / 3, LOG_FROM_HZ = 1000;
static double log_step(void) {
    return log(6.4) / 27;
}

double oto_hz_to_mel(double hz) {
    if (hz < LOG_FROM_HZ) return hz / LINEAR_HZ_PER_MEL;
    return LOG_FROM_HZ / LINEAR_HZ_PER_MEL + log(hz / LOG_FROM_HZ) / log_step();
}

double oto_mel_to_hz(double mel) {
    double log_from_mel = LOG_FROM_HZ / LINEAR_HZ_PER_MEL;
    return mel < log_from_mel ? mel * LINEAR_HZ_PER_MEL : LOG_FROM_HZ * exp(log_step() * (mel - log_from_mel));
}

double oto_bin_to_hz(int64_t k, double sample_rate, int n_fft) {
    oto_check_range("oto_bin_to_hz", "n_fft", n_fft, 1, INT32_MAX);
    return (double)k * sample_rate / n_fft;
}
double oto_frame_to_time(int64_t t, double sample_rate, int hop_length) {
    oto_check_range("oto_frame_to_time", "sample_rate", sample_rate, 1e-9, 1e9);
    return (double)t * hop_length / sample_rate;
}
int64_t oto_hz_to_bin(double hz, double sample_rate, int n_fft) {
    oto_check_range("oto_hz_to_bin", "sample_rate", sample_rate, 1e-9, 1e9);
    return (int64_t)llround(hz * n_fft / sample_rate);
}
int64_t oto_time_to_frame(double seconds, double sample_rate, int hop_length) {
    oto_check_range("oto_time_to_frame", "hop_length", hop_length, 1, INT32_MAX);
    return (int64_t)floor(seconds * sample_rate / hop_length);
}
