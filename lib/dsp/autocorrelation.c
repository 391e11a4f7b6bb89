#include "lib/dsp/autocorrelation.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <string.h>

enum { LENGTH_MAX = 1 << 26, SHORT = 16384, POWER_MAX = 8192 };

static bool is_smooth(int64_t length) {
    for (int factor = 2; factor <= 5; factor++)
        while (length % factor == 0) length /= factor;
    return length == 1;
}

/* Short transforms are fastest with many factors of 2: 3, 4, 5 or so times a power of two. Long ones would meet the
 * same few places of the cache again and again then. */
int oto_fast_length(int64_t n) {
    if (n <= 16) return n < 1 ? 1 : (int)n;
    int64_t step = 16;
    while (step * 8 < n && n <= SHORT) step *= 2;
    int64_t length = (n + step - 1) / step * step;
    while (!is_smooth(length) || (n > SHORT && length % POWER_MAX == 0)) length += step;
    return (int)length;
}

/* The transform of r is |Y|^2; with zeros behind y, nothing wraps around. */
OtoTensor *(oto_autocorrelate)(OtoTensor *y, OtoAutocorrelate options) {
    oto_need_float("oto_autocorrelate", "y", y);
    if (y->cols < 1) oto_refuse("oto_autocorrelate", "y is empty: %s", oto_shape_quoted(y));
    oto_check_range("oto_autocorrelate", "the length of y", (double)y->cols, 1, LENGTH_MAX);
    oto_check_range("oto_autocorrelate", "max_size", (double)options.max_size, 0, 1e15);
    oto_need_finite("oto_autocorrelate", "y", y);
    int64_t lags = options.max_size && options.max_size < y->cols ? options.max_size : y->cols;
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < y->rank; i++) shape[i] = i < y->rank - 1 ? y->shape[i] : lags;
    OtoTensor *r = oto_zeros_of(OTO_FLOAT32, y->rank, shape);
    for (int i = 0; i < y->rank - 1; i++) oto_axis_copy(r, i, y, i);
    const OtoAxis *last = &y->axes[y->rank - 1];
    oto_name_axis(r, y->rank - 1, "lag", .unit = last->unit, .step = last->step);
    r->sample_rate = y->sample_rate;
    oto_set_origin(r, "autocorrelation", y);

    int n = oto_fast_length(2 * y->cols - 1), bins = n / 2 + 1;
    float *x = oto_transform_reals("oto_autocorrelate", n);
    float _Complex *Y = oto_transform_complexes("oto_autocorrelate", bins);
    for (int64_t row = 0; row < y->rows && !oto_interrupt_pending(); row++) {
        memcpy(x, (float *)y->data + row * y->cols, (size_t)y->cols * sizeof *x);
        memset(x + y->cols, 0, (size_t)(n - y->cols) * sizeof *x);
        oto_transform_run("oto_autocorrelate", OTO_REAL_FORWARD, n, x, Y);
        for (int k = 0; k < bins; k++) {
            float re = crealf(Y[k]), im = cimagf(Y[k]);
            Y[k] = (re * re + im * im) / (float)n;
        }
        oto_transform_run("oto_autocorrelate", OTO_REAL_BACKWARD, n, Y, x);
        memcpy((float *)r->data + row * lags, x, (size_t)lags * sizeof *x);
    }
    oto_transform_release(x);
    oto_transform_release(Y);
    return r;
}
