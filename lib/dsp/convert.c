#include "lib/dsp/convert.h"
#include "lib/tensor/error.h"

#include <math.h>

/* ---- shared ---- */

static double value_of(OtoTensor *x, int64_t i) {
    return x->type == OTO_INT64 ? (double)((int64_t *)x->data)[i] : (double)((float *)x->data)[i];
}

/* x with its numbers in another unit. */
static OtoTensor *converted(const char *operation, OtoTensor *x, OtoType type, OtoQuantity quantity) {
    oto_need(operation, "x", x);
    if (x->type == OTO_COMPLEX64) oto_need_float(operation, "x", x);
    OtoTensor *y = oto_like(x, type, NULL);
    y->quantity = quantity;
    return y;
}

/* The function for tensors: the one for numbers, number by number. */
#define DEFINE_TENSOR(name, options_type, element, type, quantity, prepare)                                            \
    OtoTensor *name##_tensor(OtoTensor *x, options_type options) {                                                     \
        OtoTensor *y = converted(#name, x, type, quantity);                                                            \
        options = prepare(options, x);                                                                                 \
        for (int64_t i = 0; i < x->size; i++)                                                                          \
            ((element *)y->data)[i] = (element)name##_number(value_of(x, i), options);                                 \
        return y;                                                                                                      \
    }
#define AS_THEY_ARE(options, x) (options)
#define DEFINE_FREQUENCY(name, options_type, quantity)                                                                 \
    DEFINE_TENSOR(name, options_type, float, OTO_FLOAT32, quantity, AS_THEY_ARE)

/* ---- frequencies ---- */

static const double LINEAR_HZ_PER_MEL = 200.0 / 3, LOG_FROM_HZ = 1000;
static double log_step(void) {
    return log(6.4) / 27;
}

double oto_hz_to_mel_number(double hz, OtoMelScale options) {
    if (options.htk) return 2595 * log10(1 + hz / 700);
    if (hz < LOG_FROM_HZ) return hz / LINEAR_HZ_PER_MEL;
    return LOG_FROM_HZ / LINEAR_HZ_PER_MEL + log(hz / LOG_FROM_HZ) / log_step();
}

double oto_mel_to_hz_number(double mel, OtoMelScale options) {
    if (options.htk) return 700 * (pow(10, mel / 2595) - 1);
    double log_from_mel = LOG_FROM_HZ / LINEAR_HZ_PER_MEL;
    return mel < log_from_mel ? mel * LINEAR_HZ_PER_MEL : LOG_FROM_HZ * exp(log_step() * (mel - log_from_mel));
}
DEFINE_FREQUENCY(oto_hz_to_mel, OtoMelScale, OTO_PLAIN)
DEFINE_FREQUENCY(oto_mel_to_hz, OtoMelScale, OTO_FREQUENCY)

double oto_a4_to_tuning(double a4, double bins_per_octave) {
    if (!(a4 > 0)) oto_refuse("oto_a4_to_tuning", "a4 is %g Hz, but must be positive", a4);
    return bins_per_octave * log2(a4 / 440);
}
double oto_tuning_to_a4(double tuning, double bins_per_octave) {
    if (!(bins_per_octave > 0))
        oto_refuse("oto_tuning_to_a4", "bins_per_octave is %g, but must be positive", bins_per_octave);
    return 440 * exp2(tuning / bins_per_octave);
}

double oto_hz_to_octs_number(double hz, OtoOctaves options) {
    return log2(hz / (oto_tuning_to_a4(options.tuning, options.bins_per_octave) / 16));
}
double oto_octs_to_hz_number(double octs, OtoOctaves options) {
    return oto_tuning_to_a4(options.tuning, options.bins_per_octave) / 16 * exp2(octs);
}
DEFINE_FREQUENCY(oto_hz_to_octs, OtoOctaves, OTO_PLAIN)
DEFINE_FREQUENCY(oto_octs_to_hz, OtoOctaves, OTO_FREQUENCY)

double oto_bin_to_hz(int64_t k, double sample_rate, int n_fft) {
    oto_check_range("oto_bin_to_hz", "n_fft", n_fft, 1, INT32_MAX);
    return (double)k * sample_rate / n_fft;
}
int64_t oto_hz_to_bin(double hz, double sample_rate, int n_fft) {
    oto_check_range("oto_hz_to_bin", "sample_rate", sample_rate, 1e-9, 1e9);
    return (int64_t)llround(hz * n_fft / sample_rate);
}

static void check_rate(const char *operation, double sample_rate, int hop_length) {
    oto_check_range(operation, "sample_rate", sample_rate, 1e-9, 1e12);
    oto_check_range(operation, "hop_length", hop_length, 1, INT32_MAX);
}

OtoTensor *oto_fft_frequencies(double sample_rate, int n_fft) {
    check_rate("oto_fft_frequencies", sample_rate, 1);
    oto_check_range("oto_fft_frequencies", "n_fft", n_fft, 1, 1 << 30);
    OtoTensor *y = oto_zeros(n_fft / 2 + 1);
    for (int64_t k = 0; k < y->size; k++) ((float *)y->data)[k] = (float)oto_bin_to_hz(k, sample_rate, n_fft);
    y->quantity = OTO_FREQUENCY;
    return oto_name_axis(y, 0, "frequency", .unit = "Hz", .step = sample_rate / n_fft);
}

OtoTensor *(oto_mel_frequencies)(int n_mels, double fmin, double fmax, OtoMelScale options) {
    oto_check_range("oto_mel_frequencies", "n_mels", n_mels, 1, 1e6);
    oto_check_range("oto_mel_frequencies", "fmin", fmin, 0, 1e9);
    oto_check_range("oto_mel_frequencies", "fmax", fmax, fmin, 1e9);
    OtoTensor *y = oto_zeros(n_mels);
    double low = oto_hz_to_mel_number(fmin, options), high = oto_hz_to_mel_number(fmax, options);
    for (int m = 0; m < n_mels; m++)
        ((float *)y->data)[m] =
            (float)oto_mel_to_hz_number(low + (n_mels > 1 ? (high - low) * m / (n_mels - 1) : 0), options);
    y->quantity = OTO_FREQUENCY;
    return oto_name_axis(y, 0, "mel");
}

OtoTensor *oto_tempo_frequencies(int n_bins, double sample_rate, int hop_length) {
    check_rate("oto_tempo_frequencies", sample_rate, hop_length);
    oto_check_range("oto_tempo_frequencies", "n_bins", n_bins, 1, 1e9);
    OtoTensor *y = oto_zeros(n_bins);
    for (int i = 0; i < n_bins; i++) ((float *)y->data)[i] = (float)(60 * sample_rate / ((double)hop_length * i));
    return oto_name_axis(y, 0, "lag", .unit = "s", .step = hop_length / sample_rate);
}

OtoTensor *oto_fourier_tempo_frequencies(double sample_rate, int win_length, int hop_length) {
    check_rate("oto_fourier_tempo_frequencies", sample_rate, hop_length);
    oto_check_range("oto_fourier_tempo_frequencies", "win_length", win_length, 1, 1 << 30);
    OtoTensor *y = oto_fft_frequencies(sample_rate * 60 / hop_length, win_length);
    y->quantity = OTO_PLAIN;
    return oto_name_axis(y, 0, "tempo", .unit = "BPM", .step = sample_rate * 60 / hop_length / win_length);
}

/* ---- places ---- */

/* What is not said: the tensor's own, or librosa's. */
static OtoPlace filled(OtoPlace o, OtoTensor *x) {
    if (o.sample_rate == 0) o.sample_rate = x && x->sample_rate > 0 ? x->sample_rate : 22050;
    if (o.hop_length == OTO_DEFAULT) o.hop_length = x && x->framing.hop_length > 0 ? x->framing.hop_length : 512;
    return o;
}
static OtoPlace checked(const char *operation, OtoPlace options) {
    options = filled(options, NULL);
    check_rate(operation, options.sample_rate, options.hop_length);
    oto_check_range(operation, "n_fft", options.n_fft, 0, INT32_MAX);
    return options;
}
static int64_t block_length(const char *operation, OtoPlace options) {
    oto_check_range(operation, "block_length", options.block_length, 1, INT32_MAX);
    return options.block_length;
}

int64_t oto_frames_to_samples_number(double frame, OtoPlace options) {
    options = checked("oto_frames_to_samples", options);
    return (int64_t)floor(frame * options.hop_length) + options.n_fft / 2;
}
int64_t oto_samples_to_frames_number(double sample, OtoPlace options) {
    options = checked("oto_samples_to_frames", options);
    return (int64_t)floor((sample - options.n_fft / 2) / options.hop_length);
}
double oto_samples_to_time_number(double sample, OtoPlace options) {
    options = checked("oto_samples_to_time", options);
    return sample / options.sample_rate;
}
int64_t oto_time_to_samples_number(double time, OtoPlace options) {
    options = checked("oto_time_to_samples", options);
    double sample = time * options.sample_rate;
    return (int64_t)(sample + 6e-8 * fabs(sample) + 1e-9); /* float32 may have rounded a whole sample down */
}
double oto_frames_to_time_number(double frame, OtoPlace options) {
    options = checked("oto_frames_to_time", options);
    return (double)oto_frames_to_samples_number(frame, options) / options.sample_rate;
}
int64_t oto_time_to_frames_number(double time, OtoPlace options) {
    options = checked("oto_time_to_frames", options);
    return oto_samples_to_frames_number((double)oto_time_to_samples_number(time, options), options);
}
int64_t oto_blocks_to_frames_number(double block, OtoPlace options) {
    return (int64_t)(block * (double)block_length("oto_blocks_to_frames", options));
}
int64_t oto_blocks_to_samples_number(double block, OtoPlace options) {
    options = checked("oto_blocks_to_samples", options);
    return oto_blocks_to_frames_number(block, options) * options.hop_length;
}
double oto_blocks_to_time_number(double block, OtoPlace options) {
    options = checked("oto_blocks_to_time", options);
    return (double)oto_blocks_to_samples_number(block, options) / options.sample_rate;
}
DEFINE_TENSOR(oto_frames_to_samples, OtoPlace, int64_t, OTO_INT64, OTO_SAMPLES, filled)
DEFINE_TENSOR(oto_samples_to_frames, OtoPlace, int64_t, OTO_INT64, OTO_FRAMES, filled)
DEFINE_TENSOR(oto_time_to_samples, OtoPlace, int64_t, OTO_INT64, OTO_SAMPLES, filled)
DEFINE_TENSOR(oto_time_to_frames, OtoPlace, int64_t, OTO_INT64, OTO_FRAMES, filled)
DEFINE_TENSOR(oto_frames_to_time, OtoPlace, float, OTO_FLOAT32, OTO_TIME, filled)
DEFINE_TENSOR(oto_samples_to_time, OtoPlace, float, OTO_FLOAT32, OTO_TIME, filled)
DEFINE_TENSOR(oto_blocks_to_frames, OtoPlace, int64_t, OTO_INT64, OTO_FRAMES, filled)
DEFINE_TENSOR(oto_blocks_to_samples, OtoPlace, int64_t, OTO_INT64, OTO_SAMPLES, filled)
DEFINE_TENSOR(oto_blocks_to_time, OtoPlace, float, OTO_FLOAT32, OTO_TIME, filled)

OtoTensor *(oto_samples_like)(OtoTensor *x, OtoPlace options) {
    oto_need("oto_samples_like", "x", x);
    options = filled(options, x);
    OtoTensor *y = oto_zeros_of(OTO_INT64, 1, (long long[]){x->cols});
    for (int64_t i = 0; i < x->cols; i++) ((int64_t *)y->data)[i] = oto_frames_to_samples_number((double)i, options);
    y->sample_rate = options.sample_rate;
    y->quantity = OTO_SAMPLES;
    return oto_name_axis(y, 0, "time", .unit = "s", .step = options.hop_length / options.sample_rate);
}
OtoTensor *(oto_times_like)(OtoTensor *x, OtoPlace options) {
    oto_need("oto_times_like", "x", x);
    options = filled(options, x);
    OtoTensor *times = NULL;
    oto_scope {
        times = oto_keep(oto_samples_to_time_tensor((oto_samples_like)(x, options), options));
    }
    return times;
}

double oto_frame_to_time(int64_t t, double sample_rate, int hop_length) {
    oto_check_range("oto_frame_to_time", "sample_rate", sample_rate, 1e-9, 1e9);
    return (double)t * hop_length / sample_rate;
}
int64_t oto_time_to_frame(double seconds, double sample_rate, int hop_length) {
    oto_check_range("oto_time_to_frame", "hop_length", hop_length, 1, INT32_MAX);
    return (int64_t)floor(seconds * sample_rate / hop_length);
}
