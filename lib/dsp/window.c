#include "lib/dsp/window.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>

static double value(OtoWindow kind, double phase) {
    switch (kind) {
    case OTO_HANN:
        return 0.5 - 0.5 * cos(phase);
    case OTO_HAMMING:
        return 0.54 - 0.46 * cos(phase);
    case OTO_BLACKMAN:
        return 0.42 - 0.5 * cos(phase) + 0.08 * cos(2 * phase);
    case OTO_RECTANGULAR:
        return 1;
    }
    oto_refuse("oto_window", "%d is not a window; use OTO_HANN, OTO_HAMMING, OTO_BLACKMAN or OTO_RECTANGULAR",
               (int)kind);
}

OtoTensor *(oto_window)(OtoWindow kind, int64_t n, OtoWindowOptions options) {
    if (n < 1 || n > INT32_MAX) oto_refuse("oto_window", "n is %" PRId64 ", but must be at least 1", n);
    double period = (double)(options.symmetric && n > 1 ? n - 1 : n);
    OtoTensor *window = oto_zeros(n);
    float *data = window->data;
    for (int64_t k = 0; k < n; k++) data[k] = n == 1 ? 1 : (float)value(kind, 2 * M_PI * (double)k / period);
    oto_set_origin(window, "window", NULL);
    return window;
}
