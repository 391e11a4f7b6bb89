#include "lib/dsp/spec_augment.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>

/* A stripe of at most `width` out of `length`. */
struct stripe {
    int64_t from, to;
};
static struct stripe draw(int64_t width, int64_t length) {
    if (width > length) width = length;
    int64_t chosen = oto_random_below(width + 1), from = oto_random_below(length - chosen + 1);
    return (struct stripe){from, from + chosen};
}

OtoTensor *(oto_spec_augment)(OtoTensor *x, OtoSpecAugment options) {
    oto_need_float("oto_spec_augment", "x", x);
    if (x->rank < 2 || x->size == 0)
        oto_refuse("oto_spec_augment", "x is %s, but must be a spectrogram (band, time)", oto_shape_quoted(x));
    oto_check_range("oto_spec_augment", "freq_masks", options.freq_masks, 0, 1000);
    oto_check_range("oto_spec_augment", "time_masks", options.time_masks, 0, 1000);
    oto_check_range("oto_spec_augment", "freq_width", options.freq_width, 0, INT32_MAX);
    oto_check_range("oto_spec_augment", "time_width", options.time_width, 0, INT32_MAX);
    oto_check_range("oto_spec_augment", "max_time", options.max_time, 0, 1);
    int64_t bands = x->shape[x->rank - 2], time = x->cols, time_width = options.time_width;
    if ((double)time_width > options.max_time * (double)time) time_width = (int64_t)(options.max_time * (double)time);
    float value = (float)(isnan(options.value) ? oto_mean(x) : options.value);
    OtoTensor *y = oto_copy(x);
    oto_set_origin(y, "masked", x);
    float *to = y->data;
    for (int mask = 0; mask < options.freq_masks; mask++) {
        struct stripe stripe = draw(options.freq_width, bands);
        for (int64_t row = 0; row < x->rows; row++)
            for (int64_t t = 0; t < time && row % bands >= stripe.from && row % bands < stripe.to; t++)
                to[row * time + t] = value;
    }
    for (int mask = 0; mask < options.time_masks; mask++) {
        struct stripe stripe = draw(time_width, time);
        for (int64_t row = 0; row < x->rows; row++)
            for (int64_t t = stripe.from; t < stripe.to; t++) to[row * time + t] = value;
    }
    return y;
}
