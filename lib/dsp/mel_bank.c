#include "lib/dsp/mel_bank.h"
#include "lib/dsp/convert.h"
#include "lib/tensor/error.h"

#include <math.h>

static void check_options(const char *operation, double sample_rate, const OtoMel *o) {
    double nyquist = sample_rate / 2, fmax = o->fmax == 0 ? nyquist : o->fmax;
    oto_check_range(operation, "sample_rate", sample_rate, 1, 10e6);
    oto_check_range(operation, "n_mels", o->n_mels, 1, 100000);
    oto_check_range(operation, "n_fft", o->n_fft, 1, 1 << 24);
    oto_check_range(operation, "fmin", o->fmin, 0, nyquist);
    if (!(fmax > o->fmin && fmax <= nyquist))
        oto_refuse(operation,
                   "fmax is %g Hz, but must lie above fmin = %g Hz and not above half the sample rate, %g Hz", fmax,
                   o->fmin, nyquist);
    if ((unsigned)o->norm > OTO_MEL_NORM_MAX)
        oto_refuse(operation, "norm is %d; use OTO_MEL_NORM_SLANEY, _NONE, _L1, _L2 or _MAX", (int)o->norm);
}

/* What a filter's weights are to be multiplied by. */
static double scale_of(OtoMelNorm norm, double width, const float *weights, int64_t count) {
    double sum = 0, squares = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double w = (double)weights[i];
        sum += w;
        squares += w * w;
        largest = fmax(largest, w);
    }
    double size = norm == OTO_MEL_NORM_SLANEY ? width / 2
                  : norm == OTO_MEL_NORM_L1   ? sum
                  : norm == OTO_MEL_NORM_L2   ? sqrt(squares)
                  : norm == OTO_MEL_NORM_MAX  ? largest
                                              : 1;
    return size > 0 ? 1 / size : 1;
}

static int64_t *indices(int64_t count) {
    return oto_zeros_of(OTO_INT64, 1, (long long[]){count})->data;
}

OtoMelBank oto_mel_bank(const char *operation, double sample_rate, const OtoMel *o) {
    check_options(operation, sample_rate, o);
    int bins = o->n_fft / 2 + 1, n_mels = o->n_mels;
    double low = oto_hz_to_mel(o->fmin, .htk = o->htk), step;
    step = (oto_hz_to_mel(o->fmax > 0 ? o->fmax : sample_rate / 2, .htk = o->htk) - low) / (n_mels + 1);
    OtoMelBank bank = {.n_mels = n_mels,
                       .bins = bins,
                       .centre = (double *)indices(n_mels),
                       .first = indices(n_mels),
                       .count = indices(n_mels),
                       .start = indices(n_mels + 1)};
    double per_bin = sample_rate / o->n_fft;
    /* A bin lies under two triangles at most. */
    bank.weights = oto_zeros(2 * (int64_t)bins + 2)->data;
    for (int m = 0; m < n_mels; m++) {
        double left = oto_mel_to_hz(low + m * step, .htk = o->htk),
               right = oto_mel_to_hz(low + (m + 2) * step, .htk = o->htk);
        double centre = bank.centre[m] = oto_mel_to_hz(low + (m + 1) * step, .htk = o->htk);
        float *weights = bank.weights + bank.start[m];
        int64_t k = (int64_t)floor(left / per_bin) + 1, count = 0;
        bank.first[m] = k;
        for (; k < bins && (double)k * per_bin < right; k++) {
            double f = (double)k * per_bin;
            weights[count++] = (float)fmin((f - left) / (centre - left), (right - f) / (right - centre));
        }
        bank.count[m] = count;
        bank.start[m + 1] = bank.start[m] + count;
        double scale = scale_of(o->norm, right - left, weights, count);
        for (int64_t i = 0; i < count; i++) weights[i] = (float)((double)weights[i] * scale);
    }
    return bank;
}
