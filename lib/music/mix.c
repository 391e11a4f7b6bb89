#include "lib/music/loudness.h"
#include "lib/music/new_sound.h"
#include "lib/music/sound.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <string.h>

/* A silent sound with the rate, channels and quantity of another, but so many samples. */
static OtoTensor *resized(OtoTensor *audio, int64_t length) {
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, audio->rank,
                                audio->rank == 2 ? (long long[]){audio->rows, length} : (long long[]){length});
    if (audio->rank == 2) oto_axis_copy(y, 0, audio, 0);
    oto_name_axis(y, y->rank - 1, "time", .unit = "s", .step = 1 / audio->sample_rate);
    y->sample_rate = audio->sample_rate;
    y->quantity = audio->quantity;
    oto_set_origin(y, NULL, audio);
    return y;
}

OtoTensor *oto_mix_all(int count, OtoTensor *sounds[]) {
    if (count < 1) oto_refuse("oto_mix", "there is nothing to mix");
    OtoTensor *widest = NULL;
    int64_t length = 0;
    for (int s = 0; s < count; s++) {
        OtoTensor *x = sounds[s];
        oto_need_audio("oto_mix", "a sound", x);
        if (x->sample_rate != sounds[0]->sample_rate)
            oto_refuse("oto_mix", "sound 0 has %.10g samples a second and sound %d %.10g; oto_resample one of them",
                       sounds[0]->sample_rate, s, x->sample_rate);
        if (widest && x->rank == 2 && widest->rank == 2 && x->rows != widest->rows)
            oto_refuse("oto_mix", "%s and %s have different channels; oto_mono makes one of them",
                       oto_shape_quoted(widest), oto_shape_quoted(x));
        if (!widest || x->rank > widest->rank) widest = x;
        if (x->cols > length) length = x->cols;
    }
    OtoTensor *y = resized(widest, length);
    for (int s = 0; s < count; s++) {
        OtoTensor *x = sounds[s];
        for (int64_t c = 0; c < y->rows; c++) {
            const float *from = (float *)x->data + (x->rank == 2 ? c * x->cols : 0);
            float *to = (float *)y->data + c * length;
            for (int64_t i = 0; i < x->cols; i++) to[i] += from[i];
        }
    }
    oto_set_origin(y, "mix", NULL);
    return y;
}

OtoTensor *oto_gain(OtoTensor *audio, double decibels) {
    oto_need_float("oto_gain", "audio", audio);
    oto_check_range("oto_gain", "decibels", decibels, -1000, 700);
    return oto_mul(audio, pow(10, decibels / 20));
}

/* The factor that brings a sound to the level that the options name; NaN when it holds NaN. */
static double factor_to(OtoTensor *audio, const OtoNormalise *options) {
    if (options->lufs < 0) {
        double loudness = oto_loudness(audio);
        return loudness > -INFINITY ? pow(10, (options->lufs - loudness) / 20) : 1;
    }
    double level = options->rms > 0 ? oto_rms(audio) : oto_peak(audio);
    return level == 0 ? 1 : (options->rms > 0 ? options->rms : options->peak) / level;
}

OtoTensor *(oto_normalise)(OtoTensor *audio, OtoNormalise options) {
    oto_need_float("oto_normalise", "audio", audio);
    oto_check_range("oto_normalise", "peak", options.peak, 0, 1e9);
    oto_check_range("oto_normalise", "rms", options.rms, 0, 1e9);
    oto_check_range("oto_normalise", "lufs", options.lufs, -200, 0);
    if (audio->size == 0) return oto_copy(audio);
    double factor = factor_to(audio, &options);
    if (isnan(factor)) oto_refuse("oto_normalise", "audio holds NaN: %lld samples", (long long)oto_count_nan(audio));
    return oto_mul(audio, factor);
}

void oto_scale_to_peak(OtoTensor *x, double peak) {
    double before = oto_peak(x);
    float scale = before > 0 ? (float)(peak / before) : 1;
    for (int64_t i = 0; i < x->size; i++) ((float *)x->data)[i] *= scale;
}

OtoTensor *oto_delay(OtoTensor *audio, double seconds) {
    oto_need_audio("oto_delay", "audio", audio);
    oto_check_range("oto_delay", "seconds", seconds, 0, 1e5);
    int64_t shift = (int64_t)llround(seconds * audio->sample_rate);
    OtoTensor *y = resized(audio, audio->cols + shift);
    for (int64_t c = 0; c < audio->rows; c++)
        memcpy((float *)y->data + c * y->cols + shift, (float *)audio->data + c * audio->cols,
               (size_t)audio->cols * sizeof(float));
    return y;
}

OtoTensor *oto_cut(OtoTensor *audio, double from, double to) {
    oto_need_audio("oto_cut", "audio", audio);
    oto_check_range("oto_cut", "from", from, 0, 1e6);
    oto_check_range("oto_cut", "to", to, from, 1e6);
    int64_t first = (int64_t)llround(from * audio->sample_rate), end = (int64_t)llround(to * audio->sample_rate);
    int64_t there = end < audio->cols ? end : audio->cols;
    OtoTensor *y = resized(audio, end - first);
    y->axes[y->rank - 1].start = (double)first / audio->sample_rate;
    for (int64_t c = 0; c < audio->rows && there > first; c++)
        memcpy((float *)y->data + c * y->cols, (float *)audio->data + c * audio->cols + first,
               (size_t)(there - first) * sizeof(float));
    return y;
}

static void need_mono(const char *operation, const char *argument, OtoTensor *x) {
    oto_need_audio(operation, argument, x);
    if (x->rank != 1)
        oto_refuse(operation, "%s is %s, but must be (time); oto_mono makes it so", argument, oto_shape_quoted(x));
}

OtoTensor *oto_stereo(OtoTensor *left, OtoTensor *right) {
    need_mono("oto_stereo", "left", left);
    need_mono("oto_stereo", "right", right);
    if (left->sample_rate != right->sample_rate)
        oto_refuse("oto_stereo", "left has %.10g samples a second and right %.10g; oto_resample one of them",
                   left->sample_rate, right->sample_rate);
    int64_t length = left->cols > right->cols ? left->cols : right->cols;
    OtoTensor *y = oto_zeros(2, length);
    oto_name_axis(y, 0, "channels");
    oto_axis_copy(y, 1, left, 0);
    y->sample_rate = left->sample_rate;
    y->quantity = OTO_AMPLITUDE;
    oto_set_origin(y, "stereo", left);
    memcpy(y->data, left->data, (size_t)left->cols * sizeof(float));
    memcpy((float *)y->data + length, right->data, (size_t)right->cols * sizeof(float));
    return y;
}

OtoTensor *oto_pan(OtoTensor *mono, double position) {
    need_mono("oto_pan", "mono", mono);
    oto_check_range("oto_pan", "position", position, -1, 1);
    double angle = (position + 1) * M_PI / 4;
    OtoTensor *result = NULL;
    oto_scope result = oto_keep(oto_stereo(oto_mul(mono, cos(angle)), oto_mul(mono, sin(angle))));
    return result;
}

OtoTensor *oto_mono(OtoTensor *audio) {
    oto_need_audio("oto_mono", "audio", audio);
    return audio->rank == 1 ? oto_copy(audio) : oto_mean_over(audio, "channels");
}

double oto_peak(OtoTensor *audio) {
    oto_need_float("oto_peak", "audio", audio);
    float peak = 0;
    for (int64_t i = 0; i < audio->size; i++) {
        float size = fabsf(((float *)audio->data)[i]);
        if (isnan(size)) return NAN;
        if (size > peak) peak = size;
    }
    return (double)peak;
}

double oto_rms(OtoTensor *audio) {
    oto_need_float("oto_rms", "audio", audio);
    if (audio->size == 0) oto_refuse("oto_rms", "audio is empty: %s", oto_shape_quoted(audio));
    double sum = 0;
    for (int64_t i = 0; i < audio->size; i++) {
        double sample = (double)((float *)audio->data)[i];
        sum += sample * sample;
    }
    return sqrt(sum / (double)audio->size);
}

double oto_seconds(OtoTensor *audio) {
    oto_need_audio("oto_seconds", "audio", audio);
    return (double)audio->cols / audio->sample_rate;
}

int64_t oto_channels(OtoTensor *audio) {
    oto_need_audio("oto_channels", "audio", audio);
    return audio->rows;
}
