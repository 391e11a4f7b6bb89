#include "lib/dsp/optimal_window.h"
#include "lib/dsp/transform.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ---- Dolph and Chebyshev ---- */

/* T_n(x), the polynomial that stays within +-1 as long as x does, and rises as fast as any can beyond. */
static double chebyshev(int64_t n, double x) {
    if (fabs(x) <= 1) return cos((double)n * acos(x));
    return (x < 0 && n % 2 ? -1 : 1) * cosh((double)n * acosh(fabs(x)));
}

/* Its spectrum is T_(length - 1)(beta cos(pi k / length)); of an even length, half a sample away from the middle. */
bool oto_chebyshev_window(double *window, int64_t length, double attenuation) {
    double top = pow(10, attenuation / 20), beta = cosh(acosh(top) / (double)(length - 1));
    float _Complex *spectrum = (float _Complex *)oto_transform_reals_or_null(2 * length);
    float _Complex *samples = (float _Complex *)oto_transform_reals_or_null(2 * length);
    if (spectrum && samples) {
        for (int64_t k = 0; k < length; k++) {
            double height = chebyshev(length - 1, beta * cos(M_PI * (double)k / (double)length)) / top;
            double turn = length % 2 ? 0 : M_PI * (double)k / (double)length;
            spectrum[k] = (float _Complex)(height * cexp(1i * turn));
        }
        oto_transform_run("oto_window", OTO_FORWARD, (int)length, spectrum, samples);
        /* The second half, from the middle on, and the first as its mirror image. */
        int64_t half = length / 2, first = length % 2 ? 0 : 1;
        double largest = 0;
        for (int64_t i = 0; i < length - half; i++) {
            double sample = (double)crealf(samples[i + first]);
            window[half + i] = window[length - 1 - half - i] = sample;
            largest = fmax(largest, sample);
        }
        for (int64_t i = 0; i < length; i++) window[i] /= largest;
    }
    oto_transform_release(spectrum);
    oto_transform_release(samples);
    return spectrum && samples;
}

/* ---- Slepian ---- */

/* A symmetric matrix with numbers on its diagonal, and beside[i] between i - 1 and i. */
struct tridiagonal {
    int64_t n;
    double *diagonal, *beside;
};

/* Whether all eigenvalues lie below x: elimination then leaves negative numbers only. */
static bool all_below(const struct tridiagonal *t, double x) {
    double left = t->diagonal[0] - x;
    for (int64_t i = 1; left < 0 && i < t->n; i++) left = t->diagonal[i] - x - t->beside[i] * t->beside[i] / left;
    return left < 0;
}

/* Hardly above the largest eigenvalue, by halving. */
static double largest_eigenvalue(const struct tridiagonal *t) {
    double low = -INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < t->n; i++) {
        double around = (i > 0 ? t->beside[i] : 0) + (i + 1 < t->n ? t->beside[i + 1] : 0);
        low = fmax(low, t->diagonal[i]);
        high = fmax(high, t->diagonal[i] + around);
    }
    high += fabs(high) * 1e-12 + DBL_MIN;
    for (int i = 0; i < 200 && high - low > 4 * DBL_EPSILON * fabs(high); i++) {
        double middle = low + (high - low) / 2;
        if (all_below(t, middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* Solves (t - shift) x = x in place; `left` holds n numbers. */
static void solve(const struct tridiagonal *t, double shift, double *x, double *left) {
    left[0] = t->diagonal[0] - shift;
    for (int64_t i = 1; i < t->n; i++) {
        double factor = t->beside[i] / left[i - 1];
        left[i] = t->diagonal[i] - shift - factor * t->beside[i];
        x[i] -= factor * x[i - 1];
    }
    x[t->n - 1] /= left[t->n - 1];
    for (int64_t i = t->n - 2; i >= 0; i--) x[i] = (x[i] - t->beside[i + 1] * x[i + 1]) / left[i];
}

/* The eigenvector of the largest eigenvalue of a matrix that has the same ones as "energy within the band" (Percival
 * and Walden 1993, section 8.3). Its largest sample is 1; of an even length, where the top lies between two samples,
 * nearly. */
bool oto_dpss_window(double *window, int64_t length, double half_bandwidth) {
    double *numbers = calloc(3 * (size_t)length, sizeof *numbers);
    if (!numbers) return false;
    struct tridiagonal t = {.n = length, .diagonal = numbers, .beside = numbers + length};
    double c = cos(2 * M_PI * half_bandwidth / (double)length), n = (double)length;
    for (int64_t i = 0; i < length; i++) {
        double from_middle = (n - 1 - 2 * (double)i) / 2;
        t.diagonal[i] = from_middle * from_middle * c;
        t.beside[i] = (double)i * (n - (double)i) / 2;
        window[i] = 1;
    }
    double shift = largest_eigenvalue(&t);
    for (int round = 0; round < 4; round++) {
        solve(&t, shift, window, numbers + 2 * length);
        double largest = 0;
        for (int64_t i = 0; i < length; i++)
            if (fabs(window[i]) > fabs(largest)) largest = window[i];
        for (int64_t i = 0; i < length; i++) window[i] /= largest;
    }
    for (int64_t i = 0; i < length && length % 2 == 0; i++) window[i] *= n * n / (n * n + half_bandwidth);
    free(numbers);
    return true;
}
