#include "lib/dsp/decibel.h"
#include "lib/tensor/error.h"

#include <math.h>

double oto_decibels(double amplitude_ratio) {
    return 20 * log10(fabs(amplitude_ratio));
}
double oto_ratio(double decibels) {
    return pow(10, decibels / 20);
}

OtoTensor *(oto_db)(OtoTensor *x, OtoDb options) {
    oto_need("oto_db", "x", x);
    if (x->quantity == OTO_DECIBEL) oto_refuse("oto_db", "x is in dB already");
    if (x->quantity == OTO_PHASE) oto_refuse("oto_db", "x holds phases in rad; dB are for amplitudes and powers");
    if (x->type == OTO_INT64) oto_need_float("oto_db", "x", x);
    if (options.top_db < 0) oto_refuse("oto_db", "top_db is %g, but must be at least 0", options.top_db);
    if (options.amin < 0) oto_refuse("oto_db", "amin is %g, but must be positive (or 0: chosen)", options.amin);
    bool power = x->quantity == OTO_POWER;
    double amin = options.amin > 0 ? options.amin : power ? 1e-10 : 1e-5;

    OtoTensor *y = oto_like(x, OTO_FLOAT32, NULL);
    float *to = y->data, largest = 0;
    /* Magnitudes of zero-centred sounds and of spectra alike; a power is never negative. */
    for (int64_t i = 0; i < x->size; i++) {
        to[i] = x->type == OTO_COMPLEX64 ? cabsf(((float _Complex *)x->data)[i])
                : power                  ? ((float *)x->data)[i]
                                         : fabsf(((float *)x->data)[i]);
        if (to[i] > largest) largest = to[i];
    }
    double ref = options.ref == OTO_MAX ? (double)largest : options.ref;
    if (options.ref != OTO_MAX && !(ref > 0))
        oto_refuse("oto_db", "ref is %g, but must be positive, or OTO_MAX for the largest value", options.ref);
    float factor = power ? 10 : 20, highest = -INFINITY;
    float shift = factor * (float)log10(fmax(amin, ref)), smallest = (float)amin;
    for (int64_t i = 0; i < y->size; i++) {
        to[i] = factor * log10f(to[i] < smallest ? smallest : to[i]) - shift;
        if (to[i] > highest) highest = to[i];
    }
    if (options.top_db > 0) {
        float floor = highest - (float)options.top_db;
        for (int64_t i = 0; i < y->size; i++)
            if (to[i] < floor) to[i] = floor;
    }
    y->quantity = OTO_DECIBEL;
    return y;
}

static OtoTensor *back(const char *operation, OtoTensor *x, double divisor, OtoQuantity quantity) {
    oto_need_float(operation, "decibels", x);
    if (x->quantity != OTO_DECIBEL && x->quantity != OTO_PLAIN)
        oto_refuse(operation, "decibels holds %s, not dB", oto_quantity_name(x->quantity));
    OtoTensor *y = oto_like(x, OTO_FLOAT32, NULL);
    for (int64_t i = 0; i < x->size; i++)
        ((float *)y->data)[i] = (float)pow(10, (double)((float *)x->data)[i] / divisor);
    y->quantity = quantity;
    return y;
}

OtoTensor *oto_db_to_power(OtoTensor *decibels) {
    return back("oto_db_to_power", decibels, 10, OTO_POWER);
}
OtoTensor *oto_db_to_amplitude(OtoTensor *decibels) {
    return back("oto_db_to_amplitude", decibels, 20, OTO_AMPLITUDE);
}
