#include "lib/dsp/frames.h"
#include "lib/dsp/window.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/place.h"

#include <inttypes.h>
#include <string.h>

float oto_sample_at(const float *x, int64_t n, int64_t i, OtoPad mode, int64_t width) {
    if (mode == OTO_PAD_LINEAR_RAMP && (i < 0 || i >= n)) {
        int64_t beyond = i < 0 ? -i : i - (n - 1);
        float end = i < 0 ? x[0] : x[n - 1];
        return beyond < width ? end * (float)(width - beyond) / (float)width : 0;
    }
    int64_t place = oto_padded_place(i, n, mode);
    return place < 0 ? 0 : x[place];
}

void oto_samples_at(float *to, const float *x, int64_t n, int64_t first, int64_t count, OtoPad mode, int64_t width) {
    int64_t begin = first < 0 ? -first : 0, end = n - first;
    if (begin > count) begin = count;
    if (end > count) end = count;
    if (end < begin) end = begin;
    for (int64_t j = 0; j < begin; j++) to[j] = oto_sample_at(x, n, first + j, mode, width);
    if (end > begin) memcpy(to + begin, x + first + begin, (size_t)(end - begin) * sizeof *to);
    for (int64_t j = end; j < count; j++) to[j] = oto_sample_at(x, n, first + j, mode, width);
}

/* x with another length of its last axis, which begins `left` samples earlier; zeros where x has nothing. */
static OtoTensor *with_length(OtoTensor *x, int64_t left, int64_t length) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    shape[x->rank - 1] = length;
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, x->rank, shape);
    for (int i = 0; i < x->rank; i++) oto_axis_copy(y, i, x, i);
    OtoAxis *axis = &y->axes[y->rank - 1];
    axis->start -= (double)left * axis->step;
    y->quantity = x->quantity;
    y->sample_rate = x->sample_rate;
    oto_set_origin(y, NULL, x);
    for (int64_t row = 0; row < x->rows; row++)
        oto_samples_at((float *)y->data + row * length, (float *)x->data + row * x->cols, x->cols, -left, length,
                       OTO_PAD_ZEROS, left);
    return y;
}

OtoTensor *oto_fix_length(OtoTensor *x, int64_t size) {
    oto_need_float("oto_fix_length", "x", x);
    if (size < 0) oto_refuse("oto_fix_length", "size is %" PRId64 ", but must be at least 0", size);
    return with_length(x, 0, size);
}

OtoTensor *oto_pad_center(OtoTensor *x, int64_t size) {
    oto_need_float("oto_pad_center", "x", x);
    if (size < x->cols)
        oto_refuse("oto_pad_center", "size is %" PRId64 ", but x has %" PRId64 " already", size, x->cols);
    return with_length(x, (size - x->cols) / 2, size);
}

/* ---- frames and back: each is the other's transpose, so each is what carries the other's gradient ---- */

struct hops {
    int64_t hop_length, samples; /* samples: of the sound */
};

/* Zeros of so many samples, and frames (..., frame, sample) added to them. */
static OtoTensor *added_up(OtoTensor *frames, struct hops hops);

static void frame_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, added_up(gradient, *(const struct hops *)oto_node_settings(node)));
}
static OtoTensor *framed(OtoTensor *x, int64_t frame_length, int64_t hop_length) {
    static const OtoOperation frame = {.name = "oto_frame", .backward = frame_backward};
    struct hops hops = {hop_length, x->cols};
    int64_t count = 1 + (x->cols - frame_length) / hop_length;
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank - 1; i++) shape[i] = x->shape[i];
    shape[x->rank - 1] = count;
    shape[x->rank] = frame_length;
    OtoTensor *frames = oto_tensor_new(OTO_FLOAT32, x->rank + 1, shape);
    for (int64_t i = 0; i < x->rows * count; i++)
        memcpy((float *)frames->data + i * frame_length,
               (float *)x->data + i / count * x->cols + i % count * hop_length, (size_t)frame_length * sizeof(float));
    return oto_record(&frame, frames, &hops, sizeof hops, x);
}

static void overlap_add_backward(OtoNode *node, OtoTensor *gradient) {
    const struct hops *hops = oto_node_settings(node);
    OtoTensor *frames = oto_node_input(node, 0);
    int64_t reach = (frames->shape[frames->rank - 2] - 1) * hops->hop_length + frames->cols;
    oto_give(node, 0, framed(oto_part(gradient, gradient->rank - 1, 0, reach), frames->cols, hops->hop_length));
}
static OtoTensor *added_up(OtoTensor *frames, struct hops hops) {
    static const OtoOperation overlap_add = {.name = "oto_overlap_add", .backward = overlap_add_backward};
    int64_t count = frames->shape[frames->rank - 2], length = frames->cols;
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < frames->rank - 2; i++) shape[i] = frames->shape[i];
    shape[frames->rank - 2] = hops.samples;
    OtoTensor *x = oto_zeros_of(OTO_FLOAT32, frames->rank - 1, shape);
    for (int64_t i = 0; i < frames->rows; i++) {
        float *to = (float *)x->data + i / count * hops.samples + i % count * hops.hop_length;
        const float *from = (float *)frames->data + i * length;
        for (int64_t n = 0; n < length; n++) to[n] += from[n];
    }
    return oto_record(&overlap_add, x, &hops, sizeof hops, frames);
}

OtoTensor *oto_frame(OtoTensor *audio, int frame_length, int hop_length) {
    oto_need_audio("oto_frame", "audio", audio);
    if (audio->rank != 1)
        oto_refuse("oto_frame", "audio is %s; oto_mono or oto_row makes it (time)", oto_shape_quoted(audio));
    if (hop_length < 1) oto_refuse("oto_frame", "hop_length is %d, but must be at least 1 sample", hop_length);
    if (frame_length < 1 || frame_length > audio->size)
        oto_refuse("oto_frame",
                   "frame_length is %d, but must be at least 1 and at most the %" PRId64 " samples of audio",
                   frame_length, audio->size);
    OtoTensor *frames = framed(audio, frame_length, hop_length);
    oto_name_axis(frames, 0, "frame", .unit = "s", .step = hop_length / audio->sample_rate);
    oto_name_axis(frames, 1, "sample", .unit = "s", .step = 1 / audio->sample_rate);
    frames->quantity = audio->quantity;
    frames->sample_rate = audio->sample_rate;
    frames->framing = (OtoFraming){.n_fft = frame_length,
                                   .win_length = frame_length,
                                   .hop_length = hop_length,
                                   .window = OTO_RECTANGULAR,
                                   .samples = audio->size};
    if (!frames->node) oto_set_origin(frames, "frames", audio);
    return frames;
}

OtoTensor *oto_overlap_add(OtoTensor *frames, int hop_length) {
    oto_need_float("oto_overlap_add", "frames", frames);
    if (frames->rank < 2 || frames->size == 0)
        oto_refuse("oto_overlap_add", "frames is %s, but must be (..., frame, sample) with something in it",
                   oto_shape_quoted(frames));
    if (hop_length < 1) oto_refuse("oto_overlap_add", "hop_length is %d, but must be at least 1 sample", hop_length);
    int64_t count = frames->shape[frames->rank - 2];
    OtoTensor *x = added_up(frames, (struct hops){hop_length, (count - 1) * hop_length + frames->cols});
    for (int i = 0; i < frames->rank - 2; i++) oto_axis_copy(x, i, frames, i);
    x->sample_rate = frames->sample_rate;
    x->quantity = frames->quantity;
    oto_name_axis(x, x->rank - 1, "time", .unit = x->sample_rate > 0 ? "s" : "",
                  .step = x->sample_rate > 0 ? 1 / x->sample_rate : 1);
    return x;
}

OtoTensor *(oto_stack_memory)(OtoTensor *x, OtoStackMemory options) {
    oto_need_float("oto_stack_memory", "x", x);
    oto_check_pad("oto_stack_memory", "mode", options.mode);
    if (options.n_steps < 1) oto_refuse("oto_stack_memory", "n_steps is %d, but must be at least 1", options.n_steps);
    if (options.delay == 0) oto_refuse("oto_stack_memory", "delay is 0 frames; every copy would be the same");
    if (x->size == 0) oto_refuse("oto_stack_memory", "x is empty: %s", oto_shape_quoted(x));
    int64_t d = x->rank > 1 ? x->shape[x->rank - 2] : 1, frames = x->cols, channels = x->rows / d;
    int rank = x->rank > 1 ? x->rank : 2;
    long long shape[OTO_RANK_MAX] = {};
    for (int i = 0; i < x->rank - 2; i++) shape[i] = x->shape[i];
    shape[rank - 2] = d * options.n_steps;
    shape[rank - 1] = frames;
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, rank, shape);
    for (int i = 0; i < x->rank - 2; i++) oto_axis_copy(y, i, x, i);
    oto_name_axis(y, rank - 2, "feature");
    oto_axis_copy(y, rank - 1, x, x->rank - 1);
    y->quantity = x->quantity;
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    oto_set_origin(y, "stacked", x);
    int64_t width = (int64_t)(options.n_steps - 1) * (options.delay > 0 ? options.delay : -(int64_t)options.delay);
    for (int64_t channel = 0; channel < channels; channel++)
        for (int step = 0; step < options.n_steps; step++)
            for (int64_t row = 0; row < d; row++)
                oto_samples_at((float *)y->data + ((channel * options.n_steps + step) * d + row) * frames,
                               (float *)x->data + (channel * d + row) * frames, frames, -(int64_t)step * options.delay,
                               frames, options.mode, width);
    return y;
}
