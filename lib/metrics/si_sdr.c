/* The scale-invariant ratio, and what all measures of separation need of their signals. */
#include "lib/dsp/finite.h"
#include "lib/learn/matrix.h"
#include "lib/metrics/separation.h"
#include "lib/metrics/sources.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>

bool oto_is_silent(const float *x, int64_t count) {
    for (int64_t n = 0; n < count; n++)
        if (x[n] != 0) return false;
    return true;
}

static void need_sound(const char *operation, const char *argument, OtoTensor *x) {
    for (int64_t i = 0; i < x->rows; i++)
        if (oto_is_silent((float *)x->data + i * x->cols, x->cols))
            oto_refuse(operation, "source %" PRId64 " of %s is silent, so that no ratio can be formed; leave it out", i,
                       argument);
}

void oto_need_sources(const char *operation, OtoTensor *reference, OtoTensor *estimated) {
    oto_need_float(operation, "reference", reference);
    oto_need_float(operation, "estimated", estimated);
    if (reference->rank < 1 || reference->rank > 2 || reference->size == 0)
        oto_refuse(operation, "reference is %s; it must be (channels, time), a channel for each source, or (time)",
                   oto_shape_quoted(reference));
    if (estimated->rank != reference->rank || estimated->rows != reference->rows || estimated->cols != reference->cols)
        oto_refuse(operation, "reference is %s, but estimated %s; each source needs an estimate of its length",
                   oto_shape_quoted(reference), oto_shape_quoted(estimated));
    oto_need_finite(operation, "reference", reference);
    oto_need_finite(operation, "estimated", estimated);
    need_sound(operation, "reference", reference);
    need_sound(operation, "estimated", estimated);
}

static double mean_of(const float *x, int64_t count) {
    double sum = 0;
    for (int64_t n = 0; n < count; n++) sum += (double)x[n];
    return sum / (double)count;
}

/* The signals less their means. */
static double scale_invariant_db(const float *source, double source_mean, const float *estimate, double estimate_mean,
                                 int64_t count) {
    double both = 0, energy = 0, off = 0;
    for (int64_t n = 0; n < count; n++) {
        double s = (double)source[n] - source_mean, e = (double)estimate[n] - estimate_mean;
        both += e * s;
        energy += s * s;
    }
    double a = both / energy;
    for (int64_t n = 0; n < count; n++) {
        double away = a * ((double)source[n] - source_mean) - ((double)estimate[n] - estimate_mean);
        off += away * away;
    }
    return 10 * log10(a * a * energy / off);
}

OtoTensor *(oto_si_sdr)(OtoTensor *reference, OtoTensor *estimated, OtoSiSdr options) {
    oto_need_sources("oto_si_sdr", reference, estimated);
    OtoTensor *db = oto_zeros(reference->rows);
    oto_name_axis(db, 0, "source");
    db->quantity = OTO_DECIBEL;
    oto_set_origin(db, "SI-SDR", reference);
    for (int64_t i = 0; i < reference->rows; i++) {
        int64_t count = reference->cols;
        const float *s = (float *)reference->data + i * count, *e = (float *)estimated->data + i * count;
        double s_mean = options.zero_mean ? mean_of(s, count) : 0, e_mean = options.zero_mean ? mean_of(e, count) : 0;
        ((float *)db->data)[i] = (float)scale_invariant_db(s, s_mean, e, e_mean, count);
    }
    return db;
}
