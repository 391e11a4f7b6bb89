#include "lib/dsp/stft.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Frames are transformed in blocks of this many: a block's spectra stay in the cache while they are turned from frame
 * by frame into frequency by frequency. */
enum { BLOCK = 16, FFT_MAX = 1 << 24 };

/* The framing that options mean; refuses what cannot be. */
static OtoFraming framing_of(OtoStft options, int64_t samples) {
    int n_fft = options.n_fft, win_length = options.win_length ? options.win_length : n_fft;
    if (n_fft < 1 || n_fft > FFT_MAX)
        oto_refuse("oto_stft", "n_fft is %d, but must lie within [1, %d]; 2048 is usual", n_fft, FFT_MAX);
    if (win_length < 1 || win_length > n_fft)
        oto_refuse("oto_stft", "win_length is %d, but must lie within [1, n_fft = %d]", win_length, n_fft);
    int hop_length = options.hop_length ? options.hop_length : win_length >= 4 ? win_length / 4 : 1;
    if (hop_length < 1) oto_refuse("oto_stft", "hop_length is %d, but must be at least 1 sample", hop_length);
    return (OtoFraming){.n_fft = n_fft,
                        .win_length = win_length,
                        .hop_length = hop_length,
                        .center = options.center,
                        .window = (int)options.window,
                        .samples = samples};
}

/* The window of a framing, with zeros on both sides up to n_fft; release it with oto_transform_release. */
static float *padded_window(const char *operation, const OtoFraming *f) {
    float *window = oto_transform_reals(operation, f->n_fft);
    memset(window, 0, (size_t)f->n_fft * sizeof *window);
    oto_scope {
        OtoTensor *inner = oto_window((OtoWindow)f->window, f->win_length);
        memcpy(window + (f->n_fft - f->win_length) / 2, inner->data, (size_t)f->win_length * sizeof *window);
    }
    return window;
}

/* Sample i of a sound that is continued beyond its ends. */
static float sample_at(const float *x, int64_t n, int64_t i, OtoPad pad) {
    if (i >= 0 && i < n) return x[i];
    if (pad == OTO_PAD_ZEROS) return 0;
    int64_t period = 2 * (n - 1);
    if (period == 0) return x[0];
    i = (i % period + period) % period;
    return x[i < n ? i : period - i];
}

/* Frame number t of a channel, windowed. */
static void cut_frame(float *frame, const float *x, const OtoFraming *f, OtoPad pad, const float *window, int64_t t) {
    int64_t first = t * f->hop_length - (f->center ? f->n_fft / 2 : 0);
    if (first >= 0 && first + f->n_fft <= f->samples) {
        for (int j = 0; j < f->n_fft; j++) frame[j] = x[first + j] * window[j];
        return;
    }
    for (int j = 0; j < f->n_fft; j++) frame[j] = sample_at(x, f->samples, first + j, pad) * window[j];
}

/* The spectra of one channel, into S (frequency, time). */
static void analyse(const float *x, float _Complex *S, int64_t frames, const OtoFraming *f, OtoPad pad,
                    const float *window) {
    int bins = f->n_fft / 2 + 1;
    long stride = (bins + 3) / 4 * 4; /* every spectrum of a block starts aligned, as the plan expects */
    float *frame = oto_transform_reals("oto_stft", f->n_fft);
    float _Complex *block = oto_transform_complexes("oto_stft", stride * BLOCK);
    for (int64_t t = 0; t < frames && !oto_interrupt_pending(); t += BLOCK) {
        int count = frames - t < BLOCK ? (int)(frames - t) : BLOCK;
        for (int b = 0; b < count; b++) {
            cut_frame(frame, x, f, pad, window, t + b);
            oto_transform_run("oto_stft", OTO_REAL_FORWARD, f->n_fft, frame, block + b * stride);
        }
        for (int k = 0; k < bins; k++)
            for (int b = 0; b < count; b++) S[k * frames + t + b] = block[b * stride + k];
    }
    oto_transform_release(frame);
    oto_transform_release(block);
}

OtoTensor *(oto_stft)(OtoTensor *audio, OtoStft options) {
    oto_need_audio("oto_stft", "audio", audio);
    if (options.pad_mode != OTO_PAD_ZEROS && options.pad_mode != OTO_PAD_REFLECT)
        oto_refuse("oto_stft", "pad is %d; use OTO_PAD_ZEROS or OTO_PAD_REFLECT", (int)options.pad_mode);
    OtoFraming f = framing_of(options, audio->cols);
    int64_t reach = audio->cols + (f.center ? 2 * (int64_t)(f.n_fft / 2) : 0);
    if (reach < f.n_fft)
        oto_refuse("oto_stft", "audio has %" PRId64 " samples, fewer than one frame of n_fft = %d; use a smaller n_fft",
                   audio->cols, f.n_fft);
    int64_t frames = 1 + (reach - f.n_fft) / f.hop_length, bins = f.n_fft / 2 + 1;
    int channel_axes = audio->rank - 1;
    OtoTensor *S = oto_zeros_of(OTO_COMPLEX64, channel_axes + 2,
                                channel_axes ? (long long[]){audio->rows, bins, frames} : (long long[]){bins, frames});
    if (channel_axes) oto_axis_copy(S, 0, audio, 0);
    oto_name_axis(S, channel_axes, "frequency", .unit = "Hz", .step = audio->sample_rate / f.n_fft);
    oto_name_axis(S, channel_axes + 1, "time", .unit = "s",
                  .start = audio->axes[channel_axes].start + (f.center ? 0 : f.n_fft / 2 / audio->sample_rate),
                  .step = f.hop_length / audio->sample_rate);
    S->sample_rate = audio->sample_rate;
    S->framing = f;
    S->quantity = OTO_SPECTRUM;
    oto_set_origin(S, "stft", audio);

    float *window = padded_window("oto_stft", &f);
    for (int64_t channel = 0; channel < audio->rows; channel++)
        analyse((float *)audio->data + channel * audio->cols, (float _Complex *)S->data + channel * bins * frames,
                frames, &f, options.pad_mode, window);
    oto_transform_release(window);
    return S;
}

/* Overlap-add of one channel: the windowed frames into y and the squared windows into weight, from sample -n_fft/2 on
 * when frames were centred. */
static void synthesise(const float _Complex *S, int64_t frames, const OtoFraming *f, const float *window, float *y,
                       float *weight, int64_t reach) {
    int bins = f->n_fft / 2 + 1;
    long stride = (bins + 3) / 4 * 4;
    float scale = 1.0f / (float)f->n_fft;
    float _Complex *block = oto_transform_complexes("oto_istft", stride * BLOCK);
    float *frame = oto_transform_reals("oto_istft", f->n_fft);
    memset(y, 0, (size_t)reach * sizeof *y);
    memset(weight, 0, (size_t)reach * sizeof *weight);
    for (int64_t t = 0; t < frames && !oto_interrupt_pending(); t += BLOCK) {
        int count = frames - t < BLOCK ? (int)(frames - t) : BLOCK;
        for (int k = 0; k < bins; k++)
            for (int b = 0; b < count; b++) block[b * stride + k] = S[k * frames + t + b];
        for (int b = 0; b < count; b++) {
            int64_t first = (t + b) * f->hop_length;
            oto_transform_run("oto_istft", OTO_REAL_BACKWARD, f->n_fft, block + b * stride, frame);
            for (int j = 0; j < f->n_fft; j++) {
                y[first + j] += frame[j] * scale * window[j];
                weight[first + j] += window[j] * window[j];
            }
        }
    }
    oto_transform_release(block);
    oto_transform_release(frame);
}

OtoTensor *(oto_istft)(OtoTensor *S, OtoInverse options) {
    oto_need("oto_istft", "S", S);
    if (S->type != OTO_COMPLEX64)
        oto_refuse("oto_istft", "S is %s without phases; it takes the complex64 of oto_stft (see oto_polar)",
                   oto_type_name(S->type));
    OtoFraming f = S->framing;
    if (S->rank < 2 || S->rank > 3 || f.hop_length < 1 || S->shape[S->rank - 2] != f.n_fft / 2 + 1)
        oto_refuse("oto_istft", "%s does not come from oto_stft: it needs (frequency 1 + n_fft / 2, time)",
                   oto_shape_quoted(S));
    if (options.length < 0) oto_refuse("oto_istft", "length is %" PRId64 ", but must be at least 0", options.length);
    int64_t frames = S->cols, bins = f.n_fft / 2 + 1, channels = S->rank == 3 ? S->shape[0] : 1;
    if (frames < 1) oto_refuse("oto_istft", "S has no frames: %s", oto_shape_quoted(S));
    int64_t reach = (frames - 1) * f.hop_length + f.n_fft, skip = f.center ? f.n_fft / 2 : 0;
    int64_t length = options.length ? options.length : f.samples;
    OtoTensor *x =
        oto_zeros_of(OTO_FLOAT32, S->rank - 1, S->rank == 3 ? (long long[]){channels, length} : (long long[]){length});
    if (S->rank == 3) oto_axis_copy(x, 0, S, 0);
    x->sample_rate = S->sample_rate;
    x->quantity = OTO_AMPLITUDE;
    oto_name_axis(x, x->rank - 1, "time", .unit = "s", .step = S->sample_rate > 0 ? 1 / S->sample_rate : 1);
    oto_set_origin(x, "istft", S);

    float *window = padded_window("oto_istft", &f);
    float *y = oto_transform_reals("oto_istft", reach), *weight = oto_transform_reals("oto_istft", reach);
    for (int64_t channel = 0; channel < channels; channel++) {
        synthesise((float _Complex *)S->data + channel * bins * frames, frames, &f, window, y, weight, reach);
        float *to = (float *)x->data + channel * length;
        for (int64_t i = 0; i < length && i + skip < reach; i++) {
            float w = weight[i + skip];
            to[i] = w > FLT_MIN ? y[i + skip] / w : y[i + skip];
        }
    }
    oto_transform_release(window);
    oto_transform_release(y);
    oto_transform_release(weight);
    return x;
}
