#include "lib/dsp/filter.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/running_median.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* oto_running_median filters sixteen rows at once, so a signal is cut into as many pieces, each with its neighbours. */
enum { PIECES = 16 };

/* `count` samples of x from number `first` on, zeros beyond its ends. */
static void cut(float *to, const float *x, int64_t n, int64_t first, int64_t count) {
    int64_t from = first > 0 ? first : 0, end = first + count < n ? first + count : n;
    memset(to, 0, (size_t)count * sizeof *to);
    if (from < end) memcpy(to + (from - first), x + from, (size_t)(end - from) * sizeof *to);
}

OtoTensor *oto_medfilt(OtoTensor *x, int kernel_size) {
    const char *operation = "oto_medfilt";
    oto_check_filtered(operation, x, 0);
    if (kernel_size < 1 || kernel_size % 2 == 0)
        oto_refuse(operation, "kernel_size is %d, but must be odd and at least 1, such as 5", kernel_size);
    oto_check_range(operation, "kernel_size", kernel_size, 1, 1 << 20);
    int64_t n = x->cols, side = kernel_size / 2, piece = (n + PIECES - 1) / PIECES, width = piece + 2 * side;
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "median filter");
    oto_scope {
        float *pieces = calloc((size_t)(2 * PIECES * width), sizeof *pieces), *medians = pieces + PIECES * width;
        if (!pieces) oto_refuse(operation, "no memory for %" PRId64 " samples", 2 * PIECES * width);
        oto_hold(pieces, free);
        for (int64_t row = 0; row < x->rows && !oto_interrupt_pending(); row++) {
            const float *from = (float *)x->data + row * n;
            float *to = (float *)y->data + row * n;
            for (int64_t p = 0; p < PIECES; p++) cut(pieces + p * width, from, n, p * piece - side, width);
            if (!oto_running_median(pieces, medians, PIECES, width, kernel_size, true))
                oto_refuse(operation, "no memory for medians of %d samples", kernel_size);
            for (int64_t p = 0; p * piece < n; p++)
                memcpy(to + p * piece, medians + p * width + side,
                       (size_t)(n - p * piece < piece ? n - p * piece : piece) * sizeof *to);
        }
    }
    return y;
}
