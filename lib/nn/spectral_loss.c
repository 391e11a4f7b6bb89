#include "lib/nn/spectral_loss.h"
#include "lib/dsp/spectrogram.h"
#include "lib/nn/loss.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/place.h"

static void check(OtoTensor *y, OtoTensor *target, const OtoSpectralOptions *options) {
    const char *name = "oto_spectral_loss";
    oto_loss_need_pair(name, "y", y, "target", target);
    if (y->size == 0) oto_refuse(name, "y is empty: %s", oto_shape_quoted(y));
    if (y->sample_rate > 0 && target->sample_rate > 0 && y->sample_rate != target->sample_rate)
        oto_refuse(name, "y has %.10g samples a second and target %.10g; oto_resample one of them", y->sample_rate,
                   target->sample_rate);
    if (options->n_ffts[0] == 0) oto_refuse(name, "n_ffts is empty; give at least one size, as .n_ffts = {1024}");
    oto_check_range(name, "log_weight", options->log_weight, 0, 1e6);
    if (!(options->overlap >= 0 && options->overlap < 1))
        oto_refuse(name, "overlap is %g, but must lie within 0 and below 1", options->overlap);
    if (!(options->eps > 0))
        oto_refuse(name, "eps is %g, but must be above 0: the logarithm of 0 is infinite", options->eps);
}

/* (channels, time) of any rate: bins are compared with bins, whatever their Hz. */
static OtoTensor *as_sound(OtoTensor *x) {
    return oto_as_audio(oto_shaped(x, 2, (const long long[]){x->rows, x->cols}), 1);
}

static OtoTensor *mean_distance(OtoTensor *a, OtoTensor *b) {
    return oto_mean_all(oto_abs(oto_sub(a, b)));
}

OtoTensor *(oto_spectral_loss)(OtoTensor *y, OtoTensor *target, OtoSpectralOptions options) {
    check(y, target, &options);
    OtoTensor *loss = NULL;
    oto_scope {
        OtoTensor *heard = as_sound(y), *wanted = as_sound(target);
        for (int i = 0; i < OTO_SPECTRAL_SIZES && options.n_ffts[i]; i++) {
            int n_fft = options.n_ffts[i], hop = (int)((1 - options.overlap) * n_fft);
            if (hop < 1) hop = 1;
            OtoTensor *S = oto_spectrogram(heard, .n_fft = n_fft, .hop_length = hop);
            OtoTensor *T = oto_spectrogram(wanted, .n_fft = n_fft, .hop_length = hop);
            OtoTensor *here = mean_distance(S, T);
            if (options.log_weight > 0) {
                OtoTensor *louder = oto_log(oto_larger(S, options.eps)), *than = oto_log(oto_larger(T, options.eps));
                here = oto_add(here, oto_mul(mean_distance(louder, than), options.log_weight));
            }
            loss = loss ? oto_add(loss, here) : here;
        }
        loss->quantity = OTO_PLAIN;
        loss->sample_rate = 0;
        oto_keep(loss);
    }
    return loss;
}
