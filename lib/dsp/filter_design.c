#include "lib/dsp/filter_design.h"
#include "lib/tensor/error.h"

#include <complex.h>
#include <math.h>

/* In the analogue plane of the bilinear transform s = (z - 1) / (z + 1), frequency f lies at i tan(pi f / fs). */
static double warped(double frequency, double fs) {
    return tan(M_PI * frequency / fs);
}
static double _Complex digital(double _Complex s) {
    return (1 + s) / (1 - s);
}

void oto_check_band(const char *operation, const char *argument, OtoBand band, double lower, double upper, double fs) {
    if (!(fs > 0) || !isfinite(fs)) oto_refuse(operation, "fs is %g Hz, but must be the sample rate, above 0", fs);
    if ((unsigned)band > OTO_BANDSTOP)
        oto_refuse(operation, "%d is no kind of filter; use OTO_LOWPASS, OTO_HIGHPASS, OTO_BANDPASS or OTO_BANDSTOP",
                   (int)band);
    const char *advice = fs == 2 ? "; for a frequency in Hz, give .fs, the sample rate" : "";
    if (!(lower > 0 && lower < fs / 2))
        oto_refuse(operation, "%s is %g, but must lie between 0 and %g, half the sample rate%s", argument, lower,
                   fs / 2, advice);
    bool one_edge = band == OTO_LOWPASS || band == OTO_HIGHPASS;
    if (one_edge && upper != 0)
        oto_refuse(operation, "upper is %g, but a low-pass or high-pass has one edge; ask for OTO_BANDPASS", upper);
    if (!one_edge && !(upper > lower && upper < fs / 2))
        oto_refuse(operation, "upper is %g, but must lie between %s = %g and %g, half the sample rate%s", upper,
                   argument, lower, fs / 2, advice);
}

void oto_check_sections(const char *operation, const OtoSos *sos) {
    oto_check_range(operation, "the number of sections", sos->sections, 1, OTO_SECTIONS_MAX);
    for (int i = 0; i < sos->sections; i++) {
        OtoSection s = sos->section[i];
        if (!isfinite(s.b0 + s.b1 + s.b2 + s.a1 + s.a2))
            oto_refuse(operation, "section %d has a coefficient that is not finite", i);
        /* Both roots of z^2 + a1 z + a2 lie inside the unit circle just in this triangle; on it, nothing fades. */
        if (fabs(s.a2) > 1 || fabs(s.a1) > 1 + s.a2)
            oto_refuse(operation,
                       "section %d is unstable: with a1 = %g and a2 = %g it has a pole outside the unit circle, and "
                       "grows without end; needed are |a2| <= 1 and |a1| <= 1 + a2",
                       i, s.a1, s.a2);
    }
}

/* ---- from the poles of an analogue low-pass with its edge at 1 ---- */

struct design {
    OtoSos *sos;
    OtoBand band;
    double lower, upper;       /* edges, warped */
    double _Complex reference; /* where it lets through: the point z of the unit circle with gain 1 */
};

static double gain_at(OtoSection s, double _Complex z) {
    return cabs((s.b0 * z * z + s.b1 * z + s.b2) / (z * z + s.a1 * z + s.a2));
}

/* Adds the section with these two poles (both real, or each other's conjugate), or with the first alone. */
static void add_section(struct design *d, double _Complex p, double _Complex q, bool alone) {
    OtoSection s = {.b0 = 1, .a1 = -creal(alone ? p : p + q), .a2 = alone ? 0 : creal(p * q)};
    double zero = d->band == OTO_LOWPASS ? -1 : 1;
    if (d->band == OTO_BANDPASS) {
        s.b2 = -1;
    } else if (d->band == OTO_BANDSTOP) {
        double _Complex stopped = digital(1i * sqrt(d->lower * d->upper));
        s.b1 = -2 * creal(stopped);
        s.b2 = 1;
    } else {
        s.b1 = alone ? -zero : -2 * zero;
        s.b2 = alone ? 0 : 1;
    }
    double gain = gain_at(s, d->reference);
    s.b0 /= gain;
    s.b1 /= gain;
    s.b2 /= gain;
    d->sos->section[d->sos->sections++] = s;
}

/* What a pole of the prototype and its conjugate (real: it alone) become: s -> s / edge, edge / s, (s^2 + center^2) /
 * (width s), or the inverse of the last. */
static void add_pole(struct design *d, double _Complex pole, bool real) {
    if (d->band == OTO_LOWPASS || d->band == OTO_HIGHPASS) {
        double _Complex z = digital(d->band == OTO_LOWPASS ? pole * d->lower : d->lower / pole);
        add_section(d, z, conj(z), real);
        return;
    }
    double width = d->upper - d->lower, center = sqrt(d->lower * d->upper);
    double _Complex half = (d->band == OTO_BANDPASS ? pole * width : width / pole) / 2;
    double _Complex root = csqrt(half * half - center * center);
    double _Complex p = digital(half + root), q = digital(half - root);
    if (real) {
        add_section(d, p, q, false);
    } else {
        add_section(d, p, conj(p), false);
        add_section(d, q, conj(q), false);
    }
}

static void check_order(const char *operation, int N, OtoBand band) {
    bool one_edge = band == OTO_LOWPASS || band == OTO_HIGHPASS;
    oto_check_range(operation, "N", N, 1, one_edge ? 2 * OTO_SECTIONS_MAX : OTO_SECTIONS_MAX);
}

static struct design begin(OtoSos *sos, double Wn, OtoIir o) {
    sos->fs = o.fs;
    struct design d = {.sos = sos, .band = o.btype, .lower = warped(Wn, o.fs), .upper = warped(o.upper, o.fs)};
    d.reference = o.btype == OTO_HIGHPASS ? -1 : o.btype == OTO_BANDPASS ? digital(1i * sqrt(d.lower * d.upper)) : 1;
    return d;
}

OtoSos(oto_butter)(int N, double Wn, OtoIir options) {
    oto_check_band("oto_butter", "Wn", options.btype, Wn, options.upper, options.fs);
    check_order("oto_butter", N, options.btype);
    OtoSos sos = {};
    struct design d = begin(&sos, Wn, options);
    /* On the left half of the unit circle, pi / N apart; the most damped first. */
    for (int m = (N - 1) % 2; m < N; m += 2) add_pole(&d, -cexp(1i * M_PI * m / (2 * N)), m == 0);
    return sos;
}

OtoSos(oto_cheby1)(int N, double rp, double Wn, OtoIir options) {
    oto_check_band("oto_cheby1", "Wn", options.btype, Wn, options.upper, options.fs);
    check_order("oto_cheby1", N, options.btype);
    oto_check_range("oto_cheby1", "rp", rp, 1e-6, 200);
    OtoSos sos = {};
    struct design d = begin(&sos, Wn, options);
    double ripple = sqrt(pow(10, rp / 10) - 1), mu = asinh(1 / ripple) / N;
    for (int m = (N - 1) % 2; m < N; m += 2) add_pole(&d, -csinh(mu + 1i * M_PI * m / (2 * N)), m == 0);
    if (N % 2) return sos;
    /* An even one is at the bottom of a ripple there. */
    double bottom = pow(10, -rp / 20);
    sos.section[0].b0 *= bottom;
    sos.section[0].b1 *= bottom;
    sos.section[0].b2 *= bottom;
    return sos;
}

OtoSos oto_cascade(OtoSos first, OtoSos second) {
    oto_check_sections("oto_cascade", &first);
    oto_check_sections("oto_cascade", &second);
    oto_check_range("oto_cascade", "the number of sections of both", first.sections + second.sections, 1,
                    OTO_SECTIONS_MAX);
    bool any = first.fs == 0 || first.fs == 2 || second.fs == 0 || second.fs == 2;
    if (!any && first.fs != second.fs)
        oto_refuse("oto_cascade", "the filters are for %g and %g Hz; design both for one sample rate", first.fs,
                   second.fs);
    if (first.fs == 0 || first.fs == 2) first.fs = second.fs;
    for (int i = 0; i < second.sections; i++) first.section[first.sections++] = second.section[i];
    return first;
}
