#include "lib/dsp/recurrence.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The axis along which lags will lie or lie: 0 for rows. The option is that of the reference, which counts the axis
 * that stays time. */
static int lag_axis(const char *operation, int axis) {
    if (axis < -1 || axis > 1) oto_refuse(operation, "axis is %d, but must be -1, 0 or 1", axis);
    return axis == 0 ? 1 : 0;
}

static void need_matrix(const char *operation, const char *argument, OtoTensor *x) {
    oto_need_float(operation, argument, x);
    if (x->rank != 2) oto_refuse(operation, "%s is %s, but must have two axes", argument, oto_shape_quoted(x));
}

/* to[i][j] = from[(i + j) mod lags][j], or the same of the transposes; outside from's shape there is 0. */
static void shear(OtoTensor *to, OtoTensor *from, int axis, int64_t lags, bool back) {
    for (int64_t i = 0; i < to->rows; i++)
        for (int64_t j = 0; j < to->cols; j++) {
            int64_t time = axis == 0 ? j : i, at = axis == 0 ? i : j;
            int64_t source = back ? (at - time % lags + lags) % lags : (at + time) % lags;
            int64_t row = axis == 0 ? source : i, col = axis == 0 ? j : source;
            if (row < from->rows && col < from->cols)
                ((float *)to->data)[i * to->cols + j] = ((float *)from->data)[row * from->cols + col];
        }
}

OtoTensor *(oto_recurrence_to_lag)(OtoTensor *recurrence, OtoLag options) {
    const char *operation = "oto_recurrence_to_lag";
    int axis = lag_axis(operation, options.axis);
    need_matrix(operation, "recurrence", recurrence);
    int64_t t = recurrence->rows, lags = options.pad ? 2 * t : t;
    if (recurrence->cols != t)
        oto_refuse(operation, "recurrence is %s, but must be square (time, time)", oto_shape_quoted(recurrence));
    OtoTensor *lag = axis == 0 ? oto_zeros(lags, t) : oto_zeros(t, lags);
    if (t) shear(lag, recurrence, axis, lags, false);
    const OtoAxis *time = &recurrence->axes[1];
    oto_name_axis(lag, axis, "lag", .unit = time->unit, .step = time->step);
    oto_axis_copy(lag, 1 - axis, recurrence, 1);
    lag->sample_rate = recurrence->sample_rate;
    lag->framing = recurrence->framing;
    oto_set_origin(lag, "lag", recurrence);
    return lag;
}

OtoTensor *(oto_lag_to_recurrence)(OtoTensor *lag, OtoLag options) {
    const char *operation = "oto_lag_to_recurrence";
    int axis = lag_axis(operation, options.axis);
    need_matrix(operation, "lag", lag);
    int64_t t = lag->shape[1 - axis], lags = lag->shape[axis];
    if (lags != t && lags != 2 * t)
        oto_refuse(operation, "lag is %s, but needs as many lags as frames, or twice as many", oto_shape_quoted(lag));
    OtoTensor *recurrence = oto_zeros(t, t);
    if (t) shear(recurrence, lag, axis, lags, true);
    oto_axis_copy(recurrence, 0, lag, 1 - axis);
    oto_axis_copy(recurrence, 1, lag, 1 - axis);
    recurrence->sample_rate = lag->sample_rate;
    recurrence->framing = lag->framing;
    oto_set_origin(recurrence, "recurrence", lag);
    return recurrence;
}

OtoTensor *oto_timelag_filter(OtoTensor *recurrence, OtoTensor *(*filter)(OtoTensor *lag)) {
    if (!filter) oto_refuse("oto_timelag_filter", "filter is NULL; give it a function of one tensor");
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *lag = oto_recurrence_to_lag(recurrence), *filtered = filter(lag);
        need_matrix("oto_timelag_filter", "what filter returned", filtered);
        if (filtered->rows != lag->rows || filtered->cols != lag->cols)
            oto_refuse("oto_timelag_filter", "filter made %s of %s, but must keep the shape",
                       oto_shape_quoted(filtered), oto_shape_quoted(lag));
        result = oto_keep(oto_lag_to_recurrence(filtered));
    }
    return result;
}
