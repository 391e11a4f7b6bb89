#include "lib/nn/generate.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <stdlib.h>

/* ---- one draw ---- */

struct chance {
    double weight;
    int64_t number;
};

/* The likeliest first; of equals, the smaller number. */
static int by_weight(const void *a, const void *b) {
    const struct chance *x = a, *y = b;
    if (x->weight != y->weight) return x->weight < y->weight ? 1 : -1;
    return x->number < y->number ? -1 : 1;
}

/* How many of the sorted chances are drawn from. */
static int64_t considered(const struct chance *chances, int64_t count, const OtoSampleOptions *options) {
    if (options->top_k > 0 && options->top_k < count) count = options->top_k;
    if (options->top_p >= 1) return count;
    double all = 0, sum = 0;
    for (int64_t i = 0; i < count; i++) all += chances[i].weight;
    for (int64_t i = 0; i < count; i++) {
        sum += chances[i].weight;
        if (sum >= options->top_p * all) return i + 1;
    }
    return count;
}

static int64_t drawn(const float *logits, int64_t count, const OtoSampleOptions *options, struct chance *chances) {
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++)
        if (logits[i] > logits[best]) best = i;
    if (options->temperature == 0) return best;
    for (int64_t i = 0; i < count; i++)
        chances[i] = (struct chance){exp(((double)logits[i] - (double)logits[best]) / options->temperature), i};
    if (options->top_k > 0 || options->top_p < 1) {
        qsort(chances, (size_t)count, sizeof *chances, by_weight);
        count = considered(chances, count, options);
    }
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += chances[i].weight;
    double left = oto_uniform() * sum;
    for (int64_t i = 0; i < count; i++)
        if ((left -= chances[i].weight) < 0) return chances[i].number;
    return chances[0].number;
}

static void check_options(const char *name, const OtoSampleOptions *options) {
    oto_check_range(name, "temperature", options->temperature, 0, 1e6);
    oto_check_range(name, "top_k", options->top_k, 0, 1e9);
    oto_check_range(name, "top_p", options->top_p, 1e-9, 1);
}

static void check_logits(const char *name, OtoTensor *logits) {
    for (int64_t i = 0; i < logits->size; i++)
        if (isnan(oto_data(logits)[i]))
            oto_refuse(name, "logits have NaN in row %lld; look at the net's weights with oto_count_nan",
                       (long long)(i / logits->cols));
}

/* One for each row. */
static void draw_rows(const char *name, OtoTensor *logits, const OtoSampleOptions *options, int64_t *to) {
    check_logits(name, logits);
    oto_scope {
        struct chance *chances = oto_hold(malloc((size_t)logits->cols * sizeof *chances), free);
        if (!chances) oto_refuse(name, "no memory for %lld chances", (long long)logits->cols);
        for (int64_t i = 0; i < logits->rows; i++)
            to[i] = drawn(oto_data(logits) + i * logits->cols, logits->cols, options, chances);
    }
}

OtoTensor *(oto_sample)(OtoTensor *logits, OtoSampleOptions options) {
    const char *name = "oto_sample";
    oto_need_float(name, "logits", logits);
    check_options(name, &options);
    if (logits->rank != 2 || logits->size == 0)
        oto_refuse(name, "logits is %s, but must be (batch, classes)", oto_shape_quoted(logits));
    OtoTensor *y = oto_zeros_of(OTO_INT64, 1, (const long long[]){logits->rows});
    draw_rows(name, logits, &options, oto_int_data(y));
    return y;
}

/* ---- sequences ---- */

static void check_prompt(const char *name, OtoTensor *prompt, int64_t count) {
    oto_need(name, "prompt", prompt);
    oto_check_range(name, "count", (double)count, 0, 1e9);
    if (prompt->type != OTO_INT64 || prompt->rank != 2 || prompt->size == 0)
        oto_refuse(name,
                   "prompt is %s %s, but must be int64 (batch, time) with at least one number for each sequence, such "
                   "as the one that begins every song",
                   oto_type_name(prompt->type), oto_shape_quoted(prompt));
}

/* The logits (batch, classes) of the last time step. */
static OtoTensor *last_logits(const char *name, OtoLayer *net, OtoTensor *x, OtoCache *cache) {
    OtoTensor *y = oto_apply_cached_called(net, x, cache, "net");
    if (y->type != OTO_FLOAT32 || y->rank != 3 || y->shape[0] != x->shape[0] || y->shape[1] != x->shape[1])
        oto_refuse(name, "of x %s net makes %s, but it must be (batch, time, classes)", oto_shape_quoted(x),
                   oto_shape_quoted(y));
    return oto_reshape(oto_slice(y, 1, -1, OTO_END), x->shape[0], y->shape[2]);
}

/* Puts `end` behind sequences that are over; whether all are. */
static bool settle_ends(int64_t *next, const int64_t *before, int64_t batch, int64_t end) {
    bool over = end >= 0;
    for (int64_t b = 0; b < batch && end >= 0; b++) {
        if (before[b] == end) next[b] = end;
        over &= next[b] == end;
    }
    return over;
}

OtoTensor *(oto_generate)(OtoLayer *net, OtoTensor *prompt, int64_t count, OtoSampleOptions options) {
    const char *name = "oto_generate";
    oto_need_layer(name, net, NULL);
    check_prompt(name, prompt, count);
    check_options(name, &options);
    int64_t batch = prompt->shape[0], time = prompt->shape[1], step = 0;
    OtoTensor *y = NULL;
    oto_scope {
        OtoCache *cache = oto_cache();
        OtoTensor *steps = oto_zeros_of(OTO_INT64, 2, (const long long[]){count + 1, batch});
        int64_t *numbers = steps->data; /* row 0: the last of the prompt */
        for (int64_t b = 0; b < batch; b++) numbers[b] = oto_int_data(prompt)[b * time + time - 1];
        for (bool over = false; step < count && !over && !oto_interrupt_pending(); step++) {
            int64_t *before = numbers + step * batch, *next = before + batch;
            oto_scope {
                OtoTensor *x = step ? oto_from(before, batch, 1) : prompt;
                draw_rows(name, last_logits(name, net, x, cache), &options, next);
            }
            over = settle_ends(next, before, batch, options.end);
        }
        y = oto_zeros_of(OTO_INT64, 2, (const long long[]){batch, time + step});
        for (int64_t b = 0; b < batch; b++) {
            for (int64_t t = 0; t < time; t++)
                oto_int_data(y)[b * (time + step) + t] = oto_int_data(prompt)[b * time + t];
            for (int64_t t = 0; t < step; t++)
                oto_int_data(y)[b * (time + step) + time + t] = numbers[(t + 1) * batch + b];
        }
        oto_keep(y);
    }
    oto_name_axis(y, 0, "batch");
    return oto_name_axis(y, 1, "time");
}
