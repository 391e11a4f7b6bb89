/* Checks of properties: both sides of an equation that the answer must keep. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/observe.h"
#include "lib/tensor/error.h"

#undef oto_check_causal
#undef oto_check_linear
#undef oto_check_time_invariant
#undef oto_check_reconstruction

/* One side as double; false when it cannot be read. */
static bool take_side(double *to, const void *from, OtoElement element, int64_t count) {
    size_t bytes = (size_t)count * (element == OTO_ELEMENT_FLOAT ? sizeof(float) : sizeof(double));
    if (count && (!from || oto_readable(from, bytes) < bytes)) return false;
    for (int64_t i = 0; i < count; i++)
        to[i] = element == OTO_ELEMENT_FLOAT ? (double)((const float *)from)[i] : ((const double *)from)[i];
    return true;
}

static void check_sides(const char *operation, const char *name, const void *left, OtoElement left_element,
                        const void *right, OtoElement right_element, int64_t count, const OtoCheck *options) {
    struct oto_observed observed =
        oto_observe_begin(operation, OTO_CHECK_PROPERTY, name, OTO_OBSERVED_FLOAT64, options);
    const int64_t shape[] = {2, count};
    double *sides = NULL;
    if (count < 0 || count > OTO_OBSERVATION_BYTES_MAX / 16)
        observed.problem = "the number of elements cannot be";
    else if (!(sides = malloc((size_t)count * 2 * sizeof *sides + 1)))
        observed.problem = "no memory is left to look at it";
    else if (!take_side(sides, left, left_element, count) || !take_side(sides + count, right, right_element, count))
        observed.problem = "one side is NULL or shorter than it must be";
    else {
        observed.rank = 2;
        observed.shape = shape;
        observed.data = sides;
    }
    oto_observe_end(&observed);
    free(sides);
}

void oto_check_sides(const char *name, const void *left, OtoElement left_element, const void *right,
                     OtoElement right_element, int64_t count, OtoCheck options) {
    const char *me = "oto_check_property";
    bool floats = left_element == OTO_ELEMENT_FLOAT || left_element == OTO_ELEMENT_DOUBLE;
    floats &= right_element == OTO_ELEMENT_FLOAT || right_element == OTO_ELEMENT_DOUBLE;
    if (!floats) oto_refuse(me, "both sides must be float or double");
    check_sides(me, name, left, left_element, right, right_element, count, &options);
}

/* ---- of a function from sound to sound ---- */

static void need_input(const char *operation, OtoTensor *x) {
    oto_check_value(operation, "x", x, OTO_TENSOR);
    if (x->type != OTO_FLOAT32 || x->rank != 1 || x->size < 4)
        oto_refuse(operation, "x must be a sound of one channel, float32 (time), of at least 4 samples");
}

/* The samples of what the answer returned, `needed` of them; NULL where there are not as many. */
static const float *output(OtoTensor *y, int64_t needed) {
    return oto_kind(y) == OTO_TENSOR && y->type == OTO_FLOAT32 && y->rank == 1 && y->size >= needed ? y->data : NULL;
}

static void check_outputs(const char *operation, const char *name, const float *left, const float *right, int64_t count,
                          const OtoCheck *options) {
    check_sides(operation, name, left, OTO_ELEMENT_FLOAT, right, OTO_ELEMENT_FLOAT, count, options);
}

/* a x[n] + b x[n reversed], as a sound like x. */
static OtoTensor *mixed(OtoTensor *x, float a, float b) {
    OtoTensor *y = oto_copy(x);
    const float *from = x->data;
    for (int64_t n = 0; n < x->size; n++) ((float *)y->data)[n] = a * from[n] + b * from[x->size - 1 - n];
    return y;
}

void oto_check_causal(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options) {
    const char *me = "oto_check_causal";
    need_input(me, x);
    int64_t half = x->size / 2;
    oto_scope {
        OtoTensor *changed = oto_copy(x);
        for (int64_t n = half; n < x->size; n++) ((float *)changed->data)[n] = 0.5f - ((float *)x->data)[n];
        const float *left = output(f(x), half), *right = output(f(changed), half);
        check_outputs(me, name, left, right, half, &options);
    }
}

void oto_check_linear(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options) {
    const char *me = "oto_check_linear";
    need_input(me, x);
    oto_scope {
        OtoTensor *together = f(mixed(x, 2, -3));
        int64_t count = oto_kind(together) == OTO_TENSOR ? together->size : x->size;
        const float *left = output(together, count), *one = output(f(x), count),
                    *two = output(f(mixed(x, 0, 1)), count);
        OtoTensor *sum = oto_zeros(count);
        for (int64_t n = 0; one && two && n < count; n++) ((float *)sum->data)[n] = 2 * one[n] - 3 * two[n];
        check_outputs(me, name, left, one && two ? sum->data : NULL, count, &options);
    }
}

void oto_check_time_invariant(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options) {
    const char *me = "oto_check_time_invariant";
    need_input(me, x);
    int64_t delay = x->size / 4, count = x->size - delay;
    oto_scope {
        OtoTensor *late = oto_copy(x);
        memset(late->data, 0, (size_t)delay * sizeof(float));
        memcpy((float *)late->data + delay, x->data, (size_t)count * sizeof(float));
        const float *left = output(f(late), x->size), *right = output(f(x), count);
        check_outputs(me, name, left ? left + delay : NULL, right, count, &options);
    }
}

void oto_check_reconstruction(const char *name, OtoProcess *f, OtoTensor *x, OtoCheck options) {
    const char *me = "oto_check_reconstruction";
    need_input(me, x);
    options.metric = "reconstruction";
    oto_scope check_outputs(me, name, output(f(x), x->size), x->data, x->size, &options);
}
