#include "lib/dsp/segmentation.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <inttypes.h>
#include <math.h>

enum { FRAMES_A_PIECE = 32 };

OtoTensor *(oto_checkerboard)(OtoNovelty options) {
    oto_check_range("oto_checkerboard", "kernel_size", options.kernel_size, 1, 10000);
    if (!(options.variance > 0))
        oto_refuse("oto_checkerboard", "variance is %g, but must be positive", options.variance);
    int64_t reach = options.kernel_size, side = 2 * reach + 1;
    double taper = sqrt(0.5) / ((double)reach * options.variance), sum = 0;
    OtoTensor *kernel = oto_zeros(side, side);
    float *to = kernel->data;
    for (int64_t i = -reach; i <= reach; i++)
        for (int64_t j = -reach; j <= reach; j++) {
            double sign = (double)((i > 0) - (i < 0)) * (double)((j > 0) - (j < 0));
            double bell = exp(-taper * taper * (double)(i * i + j * j));
            to[(i + reach) * side + j + reach] = (float)(sign * bell);
            sum += fabs(sign) * bell;
        }
    for (int64_t i = 0; i < kernel->size; i++) to[i] = (float)((double)to[i] / sum);
    oto_set_origin(kernel, "checkerboard", NULL);
    return kernel;
}

struct sliding {
    const float *S, *kernel;
    int64_t frames, reach;
    float *novelty;
};

static void slide(int64_t from, int64_t to, void *context) {
    const struct sliding *s = context;
    for (int64_t t = from; t < to; t++) {
        double sum = 0;
        for (int64_t i = -s->reach; i <= s->reach; i++) {
            if (t + i < 0 || t + i >= s->frames) continue;
            const float *row = s->S + (t + i) * s->frames + t;
            const float *weights = s->kernel + (i + s->reach) * (2 * s->reach + 1) + s->reach;
            int64_t first = t < s->reach ? -t : -s->reach;
            int64_t last = s->frames - 1 - t < s->reach ? s->frames - 1 - t : s->reach;
            for (int64_t j = first; j <= last; j++) sum += (double)(weights[j] * row[j]);
        }
        s->novelty[t] = (float)sum;
    }
}

OtoTensor *(oto_novelty)(OtoTensor *S, OtoNovelty options) {
    oto_need_float("oto_novelty", "S", S);
    if (S->rank != 2 || S->rows != S->cols || S->size == 0)
        oto_refuse("oto_novelty", "S is %s, but must be a square matrix (time, time); oto_self_similarity makes one",
                   oto_shape_quoted(S));
    oto_need_no_nan("oto_novelty", "S", S);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *kernel = (oto_checkerboard)(options), *novelty = oto_zeros(S->cols);
        float *to = novelty->data;
        int64_t frames = S->cols, reach = options.kernel_size;
        oto_parallel(
            frames, FRAMES_A_PIECE, slide,
            &(struct sliding){.S = S->data, .kernel = kernel->data, .frames = frames, .reach = reach, .novelty = to});
        for (int64_t t = 0; t < frames && options.exclude; t++)
            if (t < reach || t >= frames - reach) to[t] = 0;
        oto_axis_copy(novelty, 0, S, 1);
        novelty->sample_rate = S->sample_rate;
        novelty->framing = S->framing;
        oto_set_origin(novelty, "novelty", S);
        result = oto_keep(novelty);
    }
    return result;
}
