#include "lib/dsp/filter_response.h"
#include "lib/dsp/filter.h"
#include "lib/dsp/recursion.h"
#include "lib/tensor/error.h"

#include <complex.h>
#include <math.h>

/* P(z) = sum c[j] z^-j, and sum j c[j] z^-j, from which its delay follows. */
struct value {
    double _Complex P, weighted;
};
static struct value value_at(const double *c, int64_t memory, double _Complex inverse) {
    struct value value = {};
    for (int64_t j = memory; j >= 0; j--) {
        value.P = value.P * inverse + c[j];
        value.weighted = value.weighted * inverse + (double)j * c[j];
    }
    return value;
}

static double _Complex response(const OtoRecursion *r, double _Complex inverse) {
    double _Complex H = 1;
    for (int64_t s = 0, at = 0; s < r->stages; s++, at += r->memory + 1)
        H *= value_at(r->b + at, r->memory, inverse).P / value_at(r->a + at, r->memory, inverse).P;
    return H;
}

static double delay_of(struct value value, const double *c, int64_t memory) {
    double size = 0;
    for (int64_t j = 0; j <= memory; j++) size += fabs(c[j]);
    return cabs(value.P) <= 1e-12 * size ? NAN : creal(value.weighted / value.P);
}
static double delay(const OtoRecursion *r, double _Complex inverse) {
    double sum = 0;
    for (int64_t s = 0, at = 0; s < r->stages; s++, at += r->memory + 1)
        sum += delay_of(value_at(r->b + at, r->memory, inverse), r->b + at, r->memory) -
               delay_of(value_at(r->a + at, r->memory, inverse), r->a + at, r->memory);
    return sum;
}

/* One number a frequency, of which the axis is made. */
static OtoTensor *frequencies(const char *operation, OtoType type, OtoFreqz o, double fs) {
    oto_check_range(operation, "worN", o.worN, 1, 1 << 26);
    if (!(o.fs >= 0 && isfinite(o.fs)))
        oto_refuse(operation, "fs is %g Hz, but must be the sample rate, above 0", o.fs);
    if (o.fs > 0) fs = o.fs;
    bool hertz = fs > 0;
    if (!hertz) fs = 2 * M_PI;
    double last = o.whole ? fs : fs / 2;
    int steps = o.include_nyquist && !o.whole && o.worN > 1 ? o.worN - 1 : o.worN;
    OtoTensor *y = oto_zeros_of(type, 1, (long long[]){o.worN});
    oto_name_axis(y, 0, "frequency", .unit = hertz ? "Hz" : "rad/sample", .step = last / steps);
    if (hertz) y->sample_rate = fs;
    return y;
}
static double _Complex inverse_at(OtoTensor *y, int64_t k) {
    double fs = y->sample_rate > 0 ? y->sample_rate : 2 * M_PI;
    return cexp(-2i * M_PI * y->axes[0].step * (double)k / fs);
}

static void responses(const OtoRecursion *r, OtoTensor *H) {
    for (int64_t k = 0; k < H->size && !oto_interrupt_pending(); k++)
        ((float _Complex *)H->data)[k] = (float _Complex)response(r, inverse_at(H, k));
    H->quantity = OTO_SPECTRUM;
    oto_set_origin(H, "frequency response", NULL);
}
static void delays(const OtoRecursion *r, OtoTensor *y) {
    for (int64_t k = 0; k < y->size && !oto_interrupt_pending(); k++)
        ((float *)y->data)[k] = (float)delay(r, inverse_at(y, k));
    oto_set_origin(y, "group delay", NULL);
}

/* The sample rate that sections are for, 0 when it is any. */
static double rate_of(const OtoSos *sos) {
    return sos->fs == 2 ? 0 : sos->fs;
}

static OtoTensor *of_polynomials(const char *operation, OtoTensor *b, OtoTensor *a, OtoFreqz options, OtoType type,
                                 void (*find)(const OtoRecursion *r, OtoTensor *y)) {
    oto_check_polynomials(operation, b, a);
    OtoTensor *y = frequencies(operation, type, options, b->sample_rate);
    oto_scope {
        OtoRecursion r = oto_recursion_of_polynomials(operation, b, a);
        find(&r, y);
    }
    return y;
}
static OtoTensor *of_sections(const char *operation, OtoSos sos, OtoFreqz options, OtoType type,
                              void (*find)(const OtoRecursion *r, OtoTensor *y)) {
    oto_check_sections(operation, &sos);
    OtoTensor *y = frequencies(operation, type, options, rate_of(&sos));
    oto_scope {
        OtoRecursion r = oto_recursion_of_sections(operation, &sos);
        find(&r, y);
    }
    return y;
}

OtoTensor *(oto_freqz)(OtoTensor *b, OtoTensor *a, OtoFreqz options) {
    return of_polynomials("oto_freqz", b, a, options, OTO_COMPLEX64, responses);
}
OtoTensor *(oto_freqz_sos)(OtoSos sos, OtoFreqz options) {
    return of_sections("oto_freqz_sos", sos, options, OTO_COMPLEX64, responses);
}
OtoTensor *(oto_group_delay)(OtoTensor *b, OtoTensor *a, OtoFreqz options) {
    return of_polynomials("oto_group_delay", b, a, options, OTO_FLOAT32, delays);
}
OtoTensor *(oto_group_delay_sos)(OtoSos sos, OtoFreqz options) {
    return of_sections("oto_group_delay_sos", sos, options, OTO_FLOAT32, delays);
}
