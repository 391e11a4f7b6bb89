#include "lib/dsp/hmm.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { STATES_MAX = 30000 };

void oto_need_probabilities(const char *operation, const char *argument, OtoTensor *x) {
    oto_need_float(operation, argument, x);
    const float *data = x->data;
    for (int64_t i = 0; i < x->size; i++)
        if (!(data[i] >= 0 && data[i] <= 1))
            oto_refuse(operation, "%s %s has the value %g, but probabilities lie within [0, 1]", argument,
                       oto_shape_quoted(x), (double)data[i]);
}

void oto_need_distribution(const char *operation, const char *argument, OtoTensor *x, bool by_column) {
    oto_need_probabilities(operation, argument, x);
    int64_t length = by_column ? x->shape[x->rank - 2] : x->cols, step = by_column ? x->cols : 1;
    int64_t count = x->size && length ? x->size / length : 0;
    for (int64_t i = 0; i < count; i++) {
        const float *from = (float *)x->data + (by_column ? i / step * length * step + i % step : i * length);
        double sum = 0;
        for (int64_t k = 0; k < length; k++) sum += (double)from[k * step];
        if (fabs(sum - 1) > 1e-5)
            oto_refuse(operation, "%s number %" PRId64 " of %s %s sums to %g, not to 1",
                       x->rank == 1 ? "row"
                       : by_column  ? "column"
                                    : "row",
                       i, argument, oto_shape_quoted(x), sum);
    }
}

static OtoTensor *new_transition(const char *operation, int64_t n_states, int64_t fewest) {
    oto_check_range(operation, "n_states", (double)n_states, (double)fewest, STATES_MAX);
    OtoTensor *transition = oto_zeros(n_states, n_states);
    oto_name_axis(transition, 0, "from");
    oto_name_axis(transition, 1, "to");
    oto_set_origin(transition, operation + 4, NULL); /* without "oto_" */
    return transition;
}

OtoTensor *oto_transition_uniform(int64_t n_states) {
    OtoTensor *transition = new_transition("oto_transition_uniform", n_states, 1);
    for (int64_t i = 0; i < transition->size; i++) ((float *)transition->data)[i] = (float)(1.0 / (double)n_states);
    return transition;
}

static void need_each(const char *operation, const char *argument, OtoTensor *x, int64_t n_states) {
    oto_need_float(operation, argument, x);
    if (x->rank != 1 || x->size != n_states)
        oto_refuse(operation, "%s is %s, but must have one number for each of the %" PRId64 " states", argument,
                   oto_shape_quoted(x), n_states);
}

static OtoTensor *all_alike(int64_t n_states, double prob) {
    OtoTensor *each = oto_zeros(n_states > 0 ? n_states : 1);
    for (int64_t i = 0; i < each->size; i++) ((float *)each->data)[i] = (float)prob;
    return each;
}

/* Row i: prob[i] to stay, `others` of the rest for each state that may follow. */
static void fill_loop(OtoTensor *transition, int64_t i, double prob) {
    float *row = (float *)transition->data + i * transition->cols;
    for (int64_t j = 0; j < transition->cols; j++) row[j] = (float)((1 - prob) / (double)(transition->cols - 1));
    row[i] = (float)prob;
}
static void fill_cycle(OtoTensor *transition, int64_t i, double prob) {
    float *row = (float *)transition->data + i * transition->cols;
    row[(i + 1) % transition->cols] = (float)(1 - prob);
    row[i] = (float)prob;
}

static OtoTensor *each_row(const char *operation, int64_t n_states, OtoTensor *prob,
                           void (*fill)(OtoTensor *transition, int64_t i, double prob)) {
    need_each(operation, "prob", prob, n_states);
    oto_need_probabilities(operation, "prob", prob);
    OtoTensor *transition = new_transition(operation, n_states, 2);
    for (int64_t i = 0; i < n_states; i++) fill(transition, i, (double)((float *)prob->data)[i]);
    return transition;
}

/* One number for all states stays a double. */
static OtoTensor *every_row(const char *operation, int64_t n_states, double prob,
                            void (*fill)(OtoTensor *transition, int64_t i, double prob)) {
    oto_check_range(operation, "prob", prob, 0, 1);
    OtoTensor *transition = new_transition(operation, n_states, 2);
    for (int64_t i = 0; i < n_states; i++) fill(transition, i, prob);
    return transition;
}

OtoTensor *oto_transition_loop_all(int64_t n_states, double prob) {
    return every_row("oto_transition_loop", n_states, prob, fill_loop);
}
OtoTensor *oto_transition_loop_each(int64_t n_states, OtoTensor *prob) {
    return each_row("oto_transition_loop", n_states, prob, fill_loop);
}
OtoTensor *oto_transition_cycle_all(int64_t n_states, double prob) {
    return every_row("oto_transition_cycle", n_states, prob, fill_cycle);
}
OtoTensor *oto_transition_cycle_each(int64_t n_states, OtoTensor *prob) {
    return each_row("oto_transition_cycle", n_states, prob, fill_cycle);
}

/* Row i: the middle of the window on state i (of an even width, as the reference rounds it); what sticks out is cut off,
 * or goes on at the other end. */
static void fill_local(float *row, int64_t n, int64_t i, const float *window, int64_t width, bool wrap) {
    double sum = 0;
    for (int64_t k = 0; k < width; k++) {
        int64_t j = (i + k + (n - width) / 2 + n / 2 + 1) % n;
        if (!wrap && (j < i - width / 2 || j > i + width / 2)) continue;
        row[j] = window[k];
        sum += (double)window[k];
    }
    for (int64_t j = 0; j < n; j++) row[j] = (float)((double)row[j] / sum);
}

OtoTensor *(oto_transition_local)(int64_t n_states, int64_t width, OtoTransitionLocal options) {
    const char *operation = "oto_transition_local";
    oto_check_range(operation, "n_states", (double)n_states, 2, STATES_MAX);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *widths = options.widths ? options.widths : all_alike(n_states, (double)width);
        need_each(operation, "widths", widths, n_states);
        OtoTensor *transition = new_transition(operation, n_states, 2);
        for (int64_t i = 0; i < n_states; i++) {
            double wanted = (double)((float *)widths->data)[i];
            oto_check_range(operation, "width", wanted, 1, (double)n_states);
            oto_scope {
                OtoTensor *window = oto_window(options.window, (int64_t)wanted, .symmetric = true);
                fill_local((float *)transition->data + i * n_states, n_states, i, window->data, (int64_t)wanted,
                           options.wrap);
            }
        }
        result = oto_keep(transition);
    }
    return result;
}
