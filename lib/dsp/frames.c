#include "lib/dsp/frames.h"
#include "lib/dsp/window.h"
#include "lib/tensor/error.h"

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

OtoTensor *oto_frame(OtoTensor *audio, int frame_length, int hop_length) {
    oto_need_audio("oto_frame", "audio", audio);
    if (audio->rank != 1)
        oto_refuse("oto_frame", "audio is %s; oto_mono or oto_row makes it (time)", oto_shape_quoted(audio));
    if (hop_length < 1) oto_refuse("oto_frame", "hop_length is %d, but must be at least 1 sample", hop_length);
    if (frame_length < 1 || frame_length > audio->size)
        oto_refuse("oto_frame",
                   "frame_length is %d, but must be at least 1 and at most the %" PRId64 " samples of audio",
                   frame_length, audio->size);
    int64_t count = 1 + (audio->size - frame_length) / hop_length;
    OtoTensor *frames = oto_zeros(count, frame_length);
    oto_name_axis(frames, 0, "frame", .unit = "s", .step = hop_length / audio->sample_rate);
    oto_name_axis(frames, 1, "sample", .unit = "s", .step = 1 / audio->sample_rate);
    frames->quantity = audio->quantity;
    frames->sample_rate = audio->sample_rate;
    frames->framing = (OtoFraming){.n_fft = frame_length,
                                   .win_length = frame_length,
                                   .hop_length = hop_length,
                                   .window = OTO_RECTANGULAR,
                                   .samples = audio->size};
    oto_set_origin(frames, "frames", audio);
    for (int64_t i = 0; i < count; i++)
        memcpy((float *)frames->data + i * frame_length, (float *)audio->data + i * hop_length,
               (size_t)frame_length * sizeof(float));
    return frames;
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
