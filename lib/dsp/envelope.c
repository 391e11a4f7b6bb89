#include "lib/dsp/envelope.h"
#include "lib/dsp/onset.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool oto_is_sound(OtoTensor *x) {
    const OtoAxis *last = &x->axes[x->rank - 1];
    return x->rank <= 2 && x->sample_rate > 0 && !strcmp(last->name, "time") &&
           fabs(last->step * x->sample_rate - 1) < 1e-6;
}

void oto_need_no_nan(const char *operation, const char *argument, OtoTensor *x) {
    const float *data = x->data;
    for (int64_t i = 0; i < x->size; i++)
        if (isnan(data[i]))
            oto_refuse(operation,
                       "element %" PRId64 " of %s is NaN; find out where it comes from (oto_count_nan counts "
                       "them)",
                       i, argument);
}

struct oto_envelope oto_envelope_of(const char *operation, OtoTensor *x, double sample_rate, int hop_length,
                                    OtoAggregate aggregate) {
    oto_need_float(operation, "x", x);
    bool hop_is_said = hop_length != OTO_DEFAULT;
    if (hop_is_said) oto_check_range(operation, "hop_length", hop_length, 1, INT32_MAX);
    oto_check_range(operation, "sample_rate", sample_rate, 0, 10e6);
    if (x->size == 0) oto_refuse(operation, "x is empty: %s", oto_shape_quoted(x));
    struct oto_envelope e = {.tensor = x, .sample_rate = x->sample_rate > 0 ? x->sample_rate : sample_rate};
    if (oto_is_sound(x)) {
        e.hop_length = hop_is_said ? hop_length : 512;
        e.tensor = oto_onset_strength(x, .hop_length = e.hop_length, .aggregate = aggregate);
    } else {
        if (x->rank > 2)
            oto_refuse(operation, "x is %s, neither a sound nor an onset envelope (time); oto_onset_strength makes one",
                       oto_shape_quoted(x));
        if (!(e.sample_rate > 0)) e.sample_rate = 22050;
        e.hop_length = hop_is_said ? hop_length : x->framing.hop_length ? x->framing.hop_length : 512;
    }
    oto_need_finite(operation, "x", e.tensor);
    e.frame_rate = e.sample_rate / e.hop_length;
    return e;
}

void oto_need_mono_envelope(const char *operation, const struct oto_envelope *envelope) {
    if (envelope->tensor->rank > 1)
        oto_refuse(operation, "x is %s, but must have one channel; oto_mono or oto_row makes it (time)",
                   oto_shape_quoted(envelope->tensor));
}

void oto_envelope_time_axis(OtoTensor *result, int axis, const struct oto_envelope *envelope) {
    oto_name_axis(result, axis, "time", .unit = "s", .start = envelope->tensor->axes[envelope->tensor->rank - 1].start,
                  .step = 1 / envelope->frame_rate);
    result->sample_rate = envelope->sample_rate;
    result->framing = envelope->tensor->framing;
    result->framing.hop_length = envelope->hop_length;
}

void oto_check_units(const char *operation, OtoUnits units) {
    if ((unsigned)units > OTO_UNITS_TIME)
        oto_refuse(operation, "units is %d; use OTO_UNITS_FRAMES, OTO_UNITS_SAMPLES or OTO_UNITS_TIME", (int)units);
}

OtoTensor *oto_events_of(const char *name, const int64_t *frames, int64_t count, const struct oto_envelope *envelope,
                         OtoUnits units) {
    OtoTensor *events = oto_zeros_of(units == OTO_UNITS_TIME ? OTO_FLOAT32 : OTO_INT64, 1, (long long[]){count});
    for (int64_t i = 0; i < count; i++) {
        int64_t sample = frames[i] * envelope->hop_length;
        if (units == OTO_UNITS_TIME)
            ((float *)events->data)[i] = (float)((double)sample / envelope->sample_rate);
        else
            ((int64_t *)events->data)[i] = units == OTO_UNITS_SAMPLES ? sample : frames[i];
    }
    oto_name_axis(events, 0, name);
    events->quantity = units == OTO_UNITS_TIME ? OTO_TIME : units == OTO_UNITS_SAMPLES ? OTO_SAMPLES : OTO_FRAMES;
    events->sample_rate = envelope->sample_rate;
    events->framing = envelope->tensor->framing;
    events->framing.hop_length = envelope->hop_length;
    oto_set_origin(events, name, envelope->tensor);
    return events;
}

int64_t *oto_indices_of(const char *operation, const char *argument, OtoTensor *x, int64_t *count) {
    oto_need(operation, argument, x);
    if (x->type == OTO_COMPLEX64 || x->rank != 1)
        oto_refuse(operation, "%s is %s %s, but must be a list (n) of frame numbers", argument, oto_type_name(x->type),
                   oto_shape_quoted(x));
    int64_t *indices = malloc((size_t)(x->size + 2) * sizeof *indices); /* two more: ends may be added */
    if (!indices) oto_refuse(operation, "no memory for %" PRId64 " frame numbers", x->size);
    *count = x->size;
    for (int64_t i = 0; i < x->size; i++) {
        double value = x->type == OTO_INT64 ? (double)((int64_t *)x->data)[i] : (double)((float *)x->data)[i];
        if (!(value >= 0 && value < 9e15 && value == floor(value))) {
            free(indices);
            oto_refuse(operation, "%s has %g at index %" PRId64 ", but frame numbers are whole and at least 0%s",
                       argument, value, i, value > 0 ? " (seconds? .units = OTO_UNITS_FRAMES gives frames)" : "");
        }
        indices[i] = x->type == OTO_INT64 ? ((int64_t *)x->data)[i] : (int64_t)value;
    }
    return indices;
}
