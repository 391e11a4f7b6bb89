#include "lib/dsp/analysis.h"
#include "lib/dsp/griffin_lim.h"
#include "lib/dsp/mel.h"
#include "lib/dsp/mel_bank.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

/* Steps of the descent at most, and the rest (relative to M) at which a block is done. */
enum { STEPS_MAX = 300 };
static const float ENOUGH = 1e-4f;
/* Of the descent: a filter shares at most half of itself with each neighbour, so the largest eigenvalue is 2. */
static const float STEP = 0.5f;

struct inversion {
    OtoMelBank bank;    /* filters scaled to length 1, so that all bands weigh the same and the descent is even */
    const float *scale; /* what each was multiplied by */
    const float *diagonal,
        *beside; /* of the Cholesky factor of (filters x filters transposed), which has two diagonals */
    bool rooted; /* magnitudes are the roots of what the filters added up */
    OtoTensor *result;
};

/* spectrum = filters transposed x bands */
OTO_VECTORISED static void spread(const OtoMelBank *bank, const OtoLanes *bands, OtoLanes *spectrum) {
    memset(spectrum, 0, (size_t)bank->bins * sizeof *spectrum);
    for (int m = 0; m < bank->n_mels; m++)
        for (int64_t i = 0; i < bank->count[m]; i++)
            spectrum[bank->first[m] + i] += bands[m] * bank->weights[bank->start[m] + i];
}

/* bands = filters x spectrum */
OTO_VECTORISED static void gather(const OtoMelBank *bank, const OtoLanes *spectrum, OtoLanes *bands) {
    for (int m = 0; m < bank->n_mels; m++) {
        OtoLanes sum = {};
        for (int64_t i = 0; i < bank->count[m]; i++)
            sum += spectrum[bank->first[m] + i] * bank->weights[bank->start[m] + i];
        bands[m] = sum;
    }
}

/* Solves (filters x filters transposed) z = bands in place: neighbouring triangles overlap, others do not, so the
 * matrix has three diagonals and its Cholesky factor two. */
OTO_VECTORISED static void solve(const struct inversion *v, OtoLanes *bands) {
    int n = v->bank.n_mels;
    for (int m = 0; m < n; m++) {
        if (m > 0) bands[m] -= bands[m - 1] * v->beside[m];
        bands[m] *= v->diagonal[m];
    }
    for (int m = n - 1; m >= 0; m--) {
        if (m < n - 1) bands[m] -= bands[m + 1] * v->beside[m + 1];
        bands[m] *= v->diagonal[m];
    }
}

OTO_VECTORISED static void cut_at_zero(OtoLanes *x, int count) {
    for (int k = 0; k < count; k++) {
        OtoMask negative = x[k] < 0;
        x[k] = OTO_CHOOSE(negative, (OtoLanes){}, x[k]);
    }
}

/* bands -= target; how large the worst lane's rest is, relative to its target. */
OTO_VECTORISED static float rest_of(OtoLanes *bands, const OtoLanes *target, int count) {
    OtoLanes rest = {}, size = {};
    for (int m = 0; m < count; m++) {
        bands[m] -= target[m];
        rest += bands[m] * bands[m];
        size += target[m] * target[m];
    }
    float worst = 0;
    for (int i = 0; i < OTO_LANES; i++)
        if (size[i] > 0 && rest[i] > worst * size[i]) worst = rest[i] / size[i];
    return sqrtf(worst);
}

/* One step of FISTA (Beck and Teboulle 2009): downhill from `ahead`, cut at 0, and ahead once more. */
OTO_VECTORISED static void descend(OtoLanes *x, OtoLanes *ahead, const OtoLanes *gradient, int bins, float step,
                                   float momentum) {
    for (int k = 0; k < bins; k++) {
        OtoLanes next = ahead[k] - gradient[k] * step;
        OtoMask negative = next < 0;
        next = OTO_CHOOSE(negative, (OtoLanes){}, next);
        ahead[k] = next + (next - x[k]) * momentum;
        x[k] = next;
    }
}

/* The block's "bins" are mel bands here; its results are spectra. */
static void invert_block(const OtoBlock *block, void *context) {
    const struct inversion *v = context;
    int bins = v->bank.bins, n_mels = v->bank.n_mels;
    OtoLanes *room = (OtoLanes *)oto_transform_reals_or_null((3L * bins + 2L * n_mels) * OTO_LANES);
    if (!room) return; /* zeros */
    OtoLanes *x = room, *ahead = x + bins, *gradient = ahead + bins, *bands = gradient + bins, *target = bands + n_mels;
    for (int m = 0; m < n_mels; m++) target[m] = ((const OtoLanes *)block->power)[m] * v->scale[m];
    memcpy(bands, target, (size_t)n_mels * sizeof *bands);
    solve(v, bands);
    spread(&v->bank, bands, x);
    cut_at_zero(x, bins);
    memcpy(ahead, x, (size_t)bins * sizeof *x);
    float pace = 1;
    for (int step = 0; step < STEPS_MAX && !oto_interrupt_pending(); step++) {
        gather(&v->bank, ahead, bands);
        if (rest_of(bands, target, n_mels) < ENOUGH) break;
        spread(&v->bank, bands, gradient);
        float faster = (1 + sqrtf(1 + 4 * pace * pace)) / 2;
        descend(x, ahead, gradient, bins, STEP, (pace - 1) / faster);
        pace = faster;
    }
    for (int k = 0; k < bins; k++) {
        OtoLanes magnitude = x[k];
        if (v->rooted)
            for (int i = 0; i < OTO_LANES; i++) magnitude[i] = sqrtf(magnitude[i]);
        oto_block_write(block, v->result, bins, k, &magnitude);
    }
    oto_transform_release(room);
}

/* Scales every filter to length 1. */
static void normalise(struct inversion *v) {
    OtoMelBank *bank = &v->bank;
    float *scale = oto_zeros(bank->n_mels)->data;
    for (int m = 0; m < bank->n_mels; m++) {
        float *w = bank->weights + bank->start[m];
        double square = 0;
        for (int64_t i = 0; i < bank->count[m]; i++) square += (double)w[i] * (double)w[i];
        scale[m] = square > 0 ? (float)(1 / sqrt(square)) : 0;
        for (int64_t i = 0; i < bank->count[m]; i++) w[i] *= scale[m];
    }
    v->scale = scale;
}

/* Factorises filters x filters transposed. A filter that is empty, or as good as its neighbour, gives nothing. */
static void factorise(struct inversion *v) {
    const OtoMelBank *bank = &v->bank;
    float *diagonal = oto_zeros(bank->n_mels)->data, *beside = oto_zeros(bank->n_mels)->data;
    double previous = 0;
    for (int m = 0; m < bank->n_mels; m++) {
        const float *w = bank->weights + bank->start[m];
        double shared = 0, square = bank->count[m] > 0;
        for (int64_t i = 0; m > 0 && i < bank->count[m]; i++) {
            int64_t before = bank->first[m] + i - bank->first[m - 1];
            if (before >= 0 && before < bank->count[m - 1])
                shared += (double)w[i] * (double)bank->weights[bank->start[m - 1] + before];
        }
        double l = previous > 0 ? shared / previous : 0, rest = square - l * l;
        previous = rest > 1e-6 ? sqrt(rest) : 0;
        beside[m] = (float)l;
        diagonal[m] = previous > 0 ? (float)(1 / previous) : 0;
    }
    v->diagonal = diagonal;
    v->beside = beside;
}

OtoTensor *(oto_mel_to_stft)(OtoTensor *M, OtoMel options) {
    oto_need_float("oto_mel_to_stft", "M", M);
    if (options.power != 1 && options.power != 2)
        oto_refuse("oto_mel_to_stft", "power is %d; 2 where bands add up powers and 1 for magnitudes", options.power);
    if (M->rank < 2 || M->rank > 3 || M->size == 0)
        oto_refuse("oto_mel_to_stft", "M is %s, but must be (mel, time)", oto_shape_quoted(M));
    if (!(M->sample_rate > 0))
        oto_refuse("oto_mel_to_stft", "M, %s, does not know the sample rate of its sound; set M->sample_rate",
                   oto_shape_quoted(M));
    options.n_mels = (int)M->shape[M->rank - 2];
    if (M->framing.n_fft > 0) options.n_fft = M->framing.n_fft;
    OtoTensor *S = NULL;
    oto_scope {
        OtoSource source = oto_source("oto_mel_to_stft", "M", M, OTO_STFT(), 1);
        struct inversion inversion = {.bank = oto_mel_bank("oto_mel_to_stft", M->sample_rate, &options),
                                      .rooted = options.power == 2};
        normalise(&inversion);
        factorise(&inversion);
        S = inversion.result = oto_keep(oto_source_result(&source, inversion.bank.bins, "magnitude"));
        oto_source_visit(&source, invert_block, &inversion);
    }
    oto_name_axis(S, S->rank - 2, "frequency", .unit = "Hz", .step = M->sample_rate / options.n_fft);
    S->quantity = OTO_AMPLITUDE;
    S->framing.n_fft = options.n_fft;
    if (S->framing.win_length == 0) S->framing.win_length = options.n_fft;
    return S;
}

OtoTensor *(oto_mel_to_audio)(OtoTensor *M, OtoMelToAudio options) {
    oto_need_float("oto_mel_to_audio", "M", M);
    if (M->framing.hop_length < 1)
        oto_refuse("oto_mel_to_audio",
                   "M, %s, does not remember how its sound was cut into frames; oto_mel and "
                   "oto_mfcc_to_mel make such bands",
                   oto_shape_quoted(M));
    OtoTensor *sound = NULL;
    oto_scope {
        OtoTensor *S = oto_mel_to_stft(M, .fmin = options.fmin, .fmax = options.fmax, .htk = options.htk,
                                       .norm = options.norm, .power = options.power);
        sound = oto_keep(oto_griffin_lim(S, .n_iter = options.n_iter, .length = options.length));
    }
    return sound;
}
