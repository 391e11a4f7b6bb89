/* Checks of what is right in more than one way: rows in any order, directions of any sign, paths, random numbers,
 * spectra.
 */
#include <math.h>
#include <stdlib.h>

#include "lib/check/observe.h"
#include "lib/tensor/error.h"

#undef oto_check_permutation
#undef oto_check_direction
#undef oto_check_spectrum
#undef oto_check_path

/* Ends with the tensor, or with the problem that it is no such thing. */
static void end_with(struct oto_observed *observed, OtoTensor *x, bool suits, const char *problem) {
    if (oto_kind(x) != OTO_TENSOR || suits) {
        oto_observe_tensor(observed, x, true);
        return;
    }
    observed->problem = problem;
    oto_observe_end(observed);
}

void oto_check_permutation(const char *name, OtoTensor *x, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_permutation", OTO_CHECK_PERMUTATION, name, oto_tensor_type(x), &options);
    bool suits = oto_kind(x) == OTO_TENSOR &&
                 ((x->type == OTO_FLOAT32 && x->rank == 2) || (x->type == OTO_INT64 && x->rank == 1));
    end_with(&observed, x, suits, "these are neither rows, float32 (component, ...), nor labels, int64 (example)");
}

void oto_check_direction(const char *name, OtoTensor *x, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_direction", OTO_CHECK_DIRECTION, name, oto_tensor_type(x), &options);
    bool suits = oto_kind(x) == OTO_TENSOR && x->type == OTO_FLOAT32 && (x->rank == 1 || x->rank == 2);
    end_with(&observed, x, suits, "these are no directions: float32 (component, ...), or one");
}

void oto_check_spectrum(const char *name, OtoTensor *x, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_spectrum", OTO_CHECK_SPECTRUM, name, oto_tensor_type(x), &options);
    end_with(&observed, x, oto_kind(x) == OTO_TENSOR && x->type != OTO_INT64 && x->rank >= 1,
             "this is no spectrum: float32 or complex64 with at least one axis");
}

void oto_check_samples(const char *name, const void *samples, int64_t count, OtoElement element, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_distribution", OTO_CHECK_DISTRIBUTION, name, oto_element_type(element), &options);
    if (element == OTO_ELEMENT_COMPLEX) oto_refuse("oto_check_distribution", "complex numbers have no order");
    oto_observe_elements(&observed, samples, count, element);
}

/* ---- paths ---- */

/* The costs of the exercise, malloc'd: what is wrong with them is the author's mistake. */
static double *costs_of(OtoTensor *cost) {
    oto_check_value("oto_check_path", "cost", cost, OTO_TENSOR);
    if (cost->type != OTO_FLOAT32 || cost->rank != 2)
        oto_refuse("oto_check_path", "cost must be float32 with two axes");
    double *costs = malloc((size_t)cost->size * sizeof *costs + 1);
    if (!costs) oto_refuse("oto_check_path", "no memory is left for the costs");
    for (int64_t i = 0; i < cost->size; i++) costs[i] = (double)((float *)cost->data)[i];
    return costs;
}

/* The path as int64, malloc'd; NULL with *problem. */
static int64_t *steps_of(OtoTensor *path, const char **problem) {
    if (path->type == OTO_COMPLEX64 || path->rank < 1 || path->rank > 2 || (path->rank == 2 && path->cols != 2)) {
        *problem = "this is no path: whole numbers, (step) or (step, 2)";
        return NULL;
    }
    int64_t *steps = malloc((size_t)path->size * sizeof *steps + 1);
    if (!steps) *problem = "no memory is left to look at it";
    for (int64_t i = 0; steps && i < path->size; i++) {
        double place = path->type == OTO_INT64 ? 0 : (double)((float *)path->data)[i];
        if (place == nearbyint(place) && fabs(place) < 0x1p53) {
            steps[i] = path->type == OTO_INT64 ? ((int64_t *)path->data)[i] : (int64_t)place;
            continue;
        }
        *problem = "it has a step that is no whole number";
        free(steps);
        return NULL;
    }
    return steps;
}

void oto_check_path(const char *name, OtoTensor *path, OtoTensor *cost, OtoCheck options) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_path", OTO_CHECK_PATH, name, OTO_OBSERVED_INT64, &options);
    if (oto_kind(path) != OTO_TENSOR) {
        oto_observe_tensor(&observed, path, true);
        return;
    }
    double *costs = costs_of(cost);
    int64_t *steps = steps_of(path, &observed.problem);
    if (steps) observed.rank = (size_t)path->rank;
    observed.shape = path->shape;
    observed.data = steps;
    observed.cost = costs;
    observed.cost_shape[0] = cost->rows;
    observed.cost_shape[1] = cost->cols;
    oto_observe_end(&observed);
    free(steps);
    free(costs);
}
