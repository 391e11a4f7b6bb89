#include "lib/dsp/filter_design.h"
#include "lib/tensor/error.h"

#include <math.h>

static OtoSos one_section(double b0, double b1, double b2, double a0, double a1, double a2, double fs) {
    return (OtoSos){.sections = 1, .fs = fs, .section = {{b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0}}};
}

/* The low shelf; turned around, with c = -cos w0, the high one. */
static OtoSos shelf(double A, double c, double alpha, bool high, double fs) {
    double root = 2 * sqrt(A) * alpha, sign = high ? -1 : 1;
    return one_section(A * (A + 1 - (A - 1) * c + root), sign * 2 * A * (A - 1 - (A + 1) * c),
                       A * (A + 1 - (A - 1) * c - root), A + 1 + (A - 1) * c + root, sign * -2 * (A - 1 + (A + 1) * c),
                       A + 1 + (A - 1) * c - root, fs);
}

OtoSos(oto_biquad)(OtoBiquadKind kind, double w0, OtoBiquad options) {
    const char *operation = "oto_biquad";
    oto_check_band(operation, "w0", OTO_LOWPASS, w0, 0, options.fs);
    oto_check_range(operation, "Q", options.Q, 1e-6, 1e6);
    oto_check_range(operation, "gain", options.gain, -200, 200);
    double w = 2 * M_PI * w0 / options.fs, c = cos(w), alpha = sin(w) / (2 * options.Q), fs = options.fs;
    double A = pow(10, options.gain / 40); /* the root of the gain */
    switch (kind) {
    case OTO_BIQUAD_LOWPASS:
        return one_section((1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha, fs);
    case OTO_BIQUAD_HIGHPASS:
        return one_section((1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha, fs);
    case OTO_BIQUAD_BANDPASS:
        return one_section(alpha, 0, -alpha, 1 + alpha, -2 * c, 1 - alpha, fs);
    case OTO_BIQUAD_NOTCH:
        return one_section(1, -2 * c, 1, 1 + alpha, -2 * c, 1 - alpha, fs);
    case OTO_BIQUAD_PEAK:
        return one_section(1 + alpha * A, -2 * c, 1 - alpha * A, 1 + alpha / A, -2 * c, 1 - alpha / A, fs);
    case OTO_BIQUAD_LOW_SHELF:
        return shelf(A, c, alpha, false, fs);
    case OTO_BIQUAD_HIGH_SHELF:
        return shelf(A, -c, alpha, true, fs);
    case OTO_BIQUAD_ALLPASS:
        return one_section(1 - alpha, -2 * c, 1 + alpha, 1 + alpha, -2 * c, 1 - alpha, fs);
    }
    oto_refuse(operation, "%d is no kind of biquad; use OTO_BIQUAD_LOWPASS or another of filter_design.h", (int)kind);
}
