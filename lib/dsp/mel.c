#include "lib/dsp/mel.h"
#include "lib/dsp/convert.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/spectrogram.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The n_mels + 2 corners of the triangles, evenly spaced in mel between fmin and fmax: Hz, allocated. */
static double *corners(double sample_rate, OtoMel options) {
    double fmax = options.fmax > 0 ? options.fmax : sample_rate / 2;
    oto_check_range("oto_mel", "sample_rate", sample_rate, 1, 10e6);
    oto_check_range("oto_mel", "n_mels", options.n_mels, 1, 100000);
    oto_check_range("oto_mel", "n_fft", options.n_fft, 1, 1 << 24);
    oto_check_range("oto_mel", "fmin", options.fmin, 0, sample_rate / 2);
    if (!(fmax > options.fmin && fmax <= sample_rate / 2))
        oto_refuse("oto_mel",
                   "fmax is %g Hz, but must lie above fmin = %g Hz and not above half the sample rate, %g Hz", fmax,
                   options.fmin, sample_rate / 2);
    int count = options.n_mels + 2;
    double low = oto_hz_to_mel(options.fmin), high = oto_hz_to_mel(fmax);
    double *hz = malloc((size_t)count * sizeof *hz);
    if (!hz) oto_refuse("oto_mel", "no memory for %d numbers", count);
    for (int i = 0; i < count; i++) hz[i] = oto_mel_to_hz(low + (high - low) * i / (count - 1));
    return hz;
}

OtoTensor *(oto_mel_filters)(double sample_rate, OtoMel options) {
    double *hz = corners(sample_rate, options);
    int bins = options.n_fft / 2 + 1;
    OtoTensor *filters = oto_zeros(options.n_mels, bins);
    oto_name_axis(filters, 0, "mel", .unit = "Hz");
    oto_axis_place(filters, 0, hz + 1);
    oto_name_axis(filters, 1, "frequency", .unit = "Hz", .step = sample_rate / options.n_fft);
    filters->sample_rate = sample_rate;
    oto_set_origin(filters, "mel filters", NULL);
    for (int m = 0; m < options.n_mels; m++) {
        double left = hz[m], centre = hz[m + 1], right = hz[m + 2], area = 2 / (right - left);
        for (int k = 0; k < bins; k++) {
            double f = k * sample_rate / options.n_fft;
            double height = fmin((f - left) / (centre - left), (right - f) / (right - centre));
            if (height > 0) ((float *)filters->data)[(int64_t)m * bins + k] = (float)(height * area);
        }
    }
    free(hz);
    return filters;
}

/* mel = filters x power for one channel; each filter touches only the few bins under its triangle. */
static void apply_filters(OtoTensor *filters, const float *power, int64_t frames, float *mel) {
    int64_t bins = filters->cols;
    for (int64_t m = 0; m < filters->rows; m++) {
        const float *weights = (float *)filters->data + m * bins;
        float *row = mel + m * frames;
        for (int64_t k = 0; k < bins; k++) {
            if (weights[k] == 0) continue;
            const float *from = power + k * frames;
            for (int64_t t = 0; t < frames; t++) row[t] += weights[k] * from[t];
        }
    }
}

/* The power spectrogram that x is or leads to. */
static OtoTensor *power_of(OtoTensor *x, OtoMel options) {
    if (x->framing.hop_length == 0) {
        oto_need_audio("oto_mel", "x", x);
        return oto_spectrogram(x, .n_fft = options.n_fft, .win_length = options.win_length,
                               .hop_length = options.hop_length, .window = options.window, .center = options.center,
                               .pad_mode = options.pad_mode, .power = 2);
    }
    if (x->type == OTO_COMPLEX64 || x->quantity == OTO_AMPLITUDE) return oto_power(x);
    if (x->quantity == OTO_POWER) return x;
    oto_refuse("oto_mel", "x holds %s; mel bands are sums of power: give it a sound, its STFT or its power spectrogram",
               *oto_quantity_name(x->quantity) ? oto_quantity_name(x->quantity) : "plain numbers");
}

OtoTensor *(oto_mel)(OtoTensor *x, OtoMel options) {
    oto_need("oto_mel", "x", x);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *power = power_of(x, options);
        int rank = power->rank;
        if (rank < 2 || power->shape[rank - 2] != power->framing.n_fft / 2 + 1)
            oto_refuse("oto_mel", "%s is no spectrogram (frequency 1 + n_fft / 2, time)", oto_shape_quoted(power));
        options.n_fft = power->framing.n_fft;
        OtoTensor *filters = (oto_mel_filters)(power->sample_rate, options);
        int64_t channels = rank == 3 ? power->shape[0] : 1, frames = power->cols;
        OtoTensor *mel = oto_zeros_of(OTO_FLOAT32, rank,
                                      rank == 3 ? (long long[]){channels, options.n_mels, frames}
                                                : (long long[]){options.n_mels, frames});
        for (int64_t channel = 0; channel < channels; channel++)
            apply_filters(filters, (float *)power->data + channel * power->shape[rank - 2] * frames, frames,
                          (float *)mel->data + channel * options.n_mels * frames);
        if (rank == 3) oto_axis_copy(mel, 0, power, 0);
        oto_axis_copy(mel, rank - 2, filters, 0);
        oto_axis_copy(mel, rank - 1, power, rank - 1);
        mel->sample_rate = power->sample_rate;
        mel->framing = power->framing;
        mel->quantity = OTO_POWER;
        oto_set_origin(mel, "mel", power);
        result = oto_keep(mel);
    }
    return result;
}
