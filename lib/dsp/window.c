#include "lib/dsp/window.h"
#include "lib/dsp/optimal_window.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* I0, the modified Bessel function of order zero: sum over m of ((x / 2)^m / m!)^2. */
static double bessel_i0(double x) {
    double sum = 1, term = 1;
    for (int m = 1; term > sum * 1e-17; m++) {
        term *= x / (2 * m) * (x / (2 * m));
        sum += term;
    }
    return sum;
}

/* sum over m of (-1)^m a[m] cos(m phase). */
static double cosines(const double *a, int count, double phase) {
    double sum = 0;
    for (int m = 0; m < count; m++) sum += (m % 2 ? -a[m] : a[m]) * cos(m * phase);
    return sum;
}

static double parzen(double distance, double last) {
    double u = distance / ((last + 1) / 2);
    return distance <= last / 4 ? 1 - 6 * u * u * (1 - u) : 2 * pow(1 - u, 3);
}

static double tukey(double x, double fraction) {
    if (fraction <= 0) return 1;
    double flank = fmin(fraction, 1) / 2, end = fmin(x, 1 - x);
    return end >= flank ? 1 : 0.5 * (1 + cos(M_PI * (end / flank - 1)));
}

/* 1 + 2 sum of F[m] cos(2 pi m x) at x of -1/2 ... 1/2: side lobes at first as low as Chebyshev's, with zeros of the
 * spectrum moved there, and from the NBAR-th on where those of a rectangle are (Taylor 1955). */
static double taylor(double x, double side_lobes) {
    enum { NBAR = 4 };
    double A = acosh(pow(10, side_lobes / 20)) / M_PI, sum = 1, top = 1;
    double widening = NBAR * NBAR / (A * A + (NBAR - 0.5) * (NBAR - 0.5));
    for (int m = 1; m < NBAR; m++) {
        double F = m % 2 ? 0.5 : -0.5;
        for (int other = 1; other < NBAR; other++) {
            F *= 1 - m * m / widening / (A * A + (other - 0.5) * (other - 0.5));
            if (other != m) F /= 1 - (double)(m * m) / (other * other);
        }
        sum += 2 * F * cos(2 * M_PI * m * x);
        top += 2 * F;
    }
    return sum / top;
}

/* Sample k of a window over 0 ... last (last = N of the header). */
static double value(OtoWindow kind, double k, double last, double p) {
    static const double blackman[] = {0.42, 0.5, 0.08}, nuttall[] = {0.3635819, 0.4891775, 0.1365995, 0.0106411},
                        blackman_harris[] = {0.35875, 0.48829, 0.14128, 0.01168},
                        flat_top[] = {0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368};
    double phase = 2 * M_PI * k / last, distance = fabs(k - last / 2), r = 2 * distance / last;
    switch (kind) {
    case OTO_HANN:
        return 0.5 - 0.5 * cos(phase);
    case OTO_HAMMING:
        return 0.54 - 0.46 * cos(phase);
    case OTO_GENERAL_HAMMING:
        return p - (1 - p) * cos(phase);
    case OTO_BLACKMAN:
        return cosines(blackman, 3, phase);
    case OTO_NUTTALL:
        return cosines(nuttall, 4, phase);
    case OTO_BLACKMAN_HARRIS:
        return cosines(blackman_harris, 4, phase);
    case OTO_FLAT_TOP:
        return cosines(flat_top, 5, phase);
    case OTO_RECTANGULAR:
        return 1;
    case OTO_BARTLETT:
        return 1 - r;
    case OTO_TRIANGULAR: /* the slope of an even length meets between two samples */
        return 1 - 2 * distance / (fmod(last, 2) == 0 ? last + 2 : last + 1);
    case OTO_COSINE:
        return sin(M_PI * (k + 0.5) / (last + 1));
    case OTO_BOHMAN:
        return r >= 1 ? 0 : (1 - r) * cos(M_PI * r) + sin(M_PI * r) / M_PI;
    case OTO_PARZEN:
        return parzen(distance, last);
    case OTO_BARTLETT_HANN:
        return 0.62 - 0.48 * r / 2 + 0.38 * cos(M_PI * r);
    case OTO_LANCZOS:
        return r == 0 ? 1 : sin(M_PI * r) / (M_PI * r);
    case OTO_KAISER:
        return bessel_i0(p * sqrt(fmax(0, 1 - r * r))) / bessel_i0(p);
    case OTO_GAUSSIAN:
        return exp(-distance * distance / (2 * p * p));
    case OTO_TUKEY:
        return tukey(k / last, p);
    case OTO_EXPONENTIAL:
        return exp(-distance / p);
    case OTO_TAYLOR:
        return taylor((k - last / 2) / (last + 1), p);
    case OTO_CHEBYSHEV: /* these two are found as a whole */
    case OTO_DPSS:
        break;
    }
    return 0;
}

/* The parameter that a kind goes by, its default where there is one; 0 for kinds that have none. */
static double parameter_of(OtoWindow kind, double given) {
    if ((unsigned)kind > OTO_TAYLOR)
        oto_refuse("oto_window", "%d is not a window; use OTO_HANN or another of window.h", (int)kind);
    if (kind < OTO_KAISER) return 0;
    if (isnan(given)) {
        if (kind == OTO_TUKEY) return 0.5;
        if (kind == OTO_EXPONENTIAL) return 1;
        if (kind == OTO_TAYLOR) return 30;
        static const char *needed[] = {
            [OTO_KAISER] = "OTO_KAISER needs a parameter: its beta, such as 8",
            [OTO_GAUSSIAN] = "OTO_GAUSSIAN needs a parameter: its standard deviation in samples",
            [OTO_GENERAL_HAMMING] = "OTO_GENERAL_HAMMING needs a parameter: its alpha, such as 0.54",
            [OTO_CHEBYSHEV] = "OTO_CHEBYSHEV needs a parameter: dB of its side lobes, such as 100",
            [OTO_DPSS] = "OTO_DPSS needs a parameter: half its main lobe in bins, such as 4"};
        oto_refuse("oto_window", "%s", needed[kind]);
    }
    if (kind == OTO_KAISER) oto_check_range("oto_window", "parameter", given, 0, 700);
    if (kind == OTO_TUKEY || kind == OTO_GENERAL_HAMMING) oto_check_range("oto_window", "parameter", given, 0, 1);
    if (kind == OTO_GAUSSIAN || kind == OTO_EXPONENTIAL) oto_check_range("oto_window", "parameter", given, 1e-6, 1e12);
    if (kind == OTO_CHEBYSHEV || kind == OTO_TAYLOR) oto_check_range("oto_window", "parameter", given, 1, 300);
    return given;
}

/* A window that is found as a whole, with one sample more when it is periodic. */
static void fill_whole(OtoWindow kind, int64_t n, int64_t length, double parameter, float *data) {
    if (kind == OTO_DPSS && !(parameter > 0 && parameter < (double)length / 2))
        oto_refuse("oto_window", "parameter is %g, but must lie between 0 and half the length, %g", parameter,
                   (double)length / 2);
    double *window = malloc((size_t)length * sizeof *window);
    bool done = window && (kind == OTO_DPSS ? oto_dpss_window(window, length, parameter)
                                            : oto_chebyshev_window(window, length, parameter));
    for (int64_t k = 0; done && k < n; k++) data[k] = (float)window[k];
    free(window);
    if (!done) oto_refuse("oto_window", "no memory for a window of %" PRId64 " samples", n);
}

OtoTensor *(oto_window)(OtoWindow kind, int64_t n, OtoWindowOptions options) {
    if (n < 1 || n > INT32_MAX) oto_refuse("oto_window", "n is %" PRId64 ", but must be at least 1", n);
    double parameter = parameter_of(kind, options.parameter);
    double last = (double)(options.symmetric && n > 1 ? n - 1 : n);
    OtoTensor *window = oto_zeros(n);
    float *data = window->data;
    if (n > 1 && (kind == OTO_CHEBYSHEV || kind == OTO_DPSS))
        fill_whole(kind, n, (int64_t)last + 1, parameter, data);
    else
        for (int64_t k = 0; k < n; k++) { /* each of these windows is even about its middle, last / 2 */
            int64_t mirrored = (int64_t)last - k;
            data[k] = n == 1 ? 1 : mirrored < k ? data[mirrored] : (float)value(kind, (double)k, last, parameter);
        }
    oto_set_origin(window, "window", NULL);
    return window;
}
