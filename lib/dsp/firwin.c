#include "lib/dsp/filter_design.h"
#include "lib/tensor/error.h"

#include <math.h>

static double sinc(double x) {
    return x == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
}

/* Sample m, counted from the middle, of the ideal low-pass that ends at `edge`, of which 1 is half the sample rate. */
static double ideal(double edge, double m) {
    return edge * sinc(edge * m);
}

/* The band as a sum and difference of low-passes. */
static double band_sample(OtoBand band, double lower, double upper, double m) {
    switch (band) {
    case OTO_LOWPASS:
        return ideal(lower, m);
    case OTO_HIGHPASS:
        return ideal(1, m) - ideal(lower, m);
    case OTO_BANDPASS:
        return ideal(upper, m) - ideal(lower, m);
    default:
        return ideal(lower, m) + ideal(1, m) - ideal(upper, m);
    }
}

OtoTensor *(oto_firwin)(int numtaps, double cutoff, OtoFirwin o) {
    const char *operation = "oto_firwin";
    oto_check_range(operation, "numtaps", numtaps, 1, 1 << 24);
    oto_check_band(operation, "cutoff", o.pass_zero, cutoff, o.upper, o.fs);
    bool highest_passes = o.pass_zero == OTO_HIGHPASS || o.pass_zero == OTO_BANDSTOP;
    if (numtaps % 2 == 0 && highest_passes)
        oto_refuse(operation,
                   "numtaps is %d, but must be odd: a symmetric response of even length is 0 at half the sample rate",
                   numtaps);
    double lower = cutoff / (o.fs / 2), upper = o.upper / (o.fs / 2), middle = (numtaps - 1) / 2.0;
    /* Where the gain shall be 1. */
    double centre = o.pass_zero == OTO_HIGHPASS ? 1 : o.pass_zero == OTO_BANDPASS ? (lower + upper) / 2 : 0;
    OtoTensor *h = oto_zeros(numtaps);
    oto_scope {
        const float *window = oto_window(o.window, numtaps, .symmetric = true, .parameter = o.parameter)->data;
        double gain = 0;
        for (int i = 0; i < numtaps; i++) {
            double m = i - middle;
            gain += (double)window[i] * band_sample(o.pass_zero, lower, upper, m) * cos(M_PI * m * centre);
        }
        for (int i = 0; i < numtaps; i++) {
            double sample = (double)window[i] * band_sample(o.pass_zero, lower, upper, i - middle);
            ((float *)h->data)[i] = (float)(o.scale ? sample / gain : sample);
        }
    }
    if (o.fs != 2) {
        h->sample_rate = o.fs;
        oto_name_axis(h, 0, "time", .unit = "s", .step = 1 / o.fs);
    } else {
        oto_name_axis(h, 0, "time");
    }
    oto_set_origin(h, "firwin", NULL);
    return h;
}
