#include "lib/tensor/gradcheck.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { INPUTS_MAX = 3 };
static const double RELATIVE = 1e-2; /* of the gradient */

OtoCheckedFunction oto_checked_one(OtoTensor *(*f)(OtoTensor *)) {
    return (OtoCheckedFunction){.inputs = 1, .of_one = f};
}
OtoCheckedFunction oto_checked_two(OtoTensor *(*f)(OtoTensor *, OtoTensor *)) {
    return (OtoCheckedFunction){.inputs = 2, .of_two = f};
}
OtoCheckedFunction oto_checked_three(OtoTensor *(*f)(OtoTensor *, OtoTensor *, OtoTensor *)) {
    return (OtoCheckedFunction){.inputs = 3, .of_three = f};
}

struct checking {
    const char *operation;
    OtoCheckedFunction f;
    bool again;
    OtoTensor *inputs[INPUTS_MAX]; /* parameters, and what is no float32 */
};

struct search {
    OtoNode *wanted;
    bool found;
};
static void compare_node(OtoNode *node, void *context) {
    struct search *search = context;
    search->found |= node == search->wanted;
}
static bool comes_from(OtoTensor *y, OtoTensor *x) {
    struct search search = {.wanted = oto_node_of(x)};
    if (search.wanted) oto_visit(y, compare_node, &search);
    return search.found;
}

/* What is differentiated: f's result, or with `again` the gradients of a weighted sum of it. */
struct results {
    int count;
    OtoTensor *of[INPUTS_MAX];
};

/* Between 0.5 and 1.5, with either sign, different for each element and result. */
static double weight_of(int result, int64_t i) {
    uint64_t z = (uint64_t)i * 0x9e3779b97f4a7c15u + (uint64_t)result * 0xbf58476d1ce4e5b9u + 1;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    double size = 0.5 + (double)(z >> 12) * 0x1p-52;
    return z & 1 ? size : -size;
}

static OtoTensor *weights_like(OtoTensor *x, int result) {
    OtoTensor *weights = oto_like(x, OTO_FLOAT32, NULL);
    for (int64_t i = 0; i < x->size; i++) oto_data(weights)[i] = (float)weight_of(result, i);
    return weights;
}

static OtoTensor *weighted_sum(struct results *results) {
    OtoTensor *sum = NULL;
    for (int k = 0; k < results->count; k++) {
        OtoTensor *part = oto_sum_all(oto_mul(results->of[k], weights_like(results->of[k], k)));
        sum = sum ? oto_add(sum, part) : part;
    }
    return sum;
}

static struct results results_of(struct checking *c) {
    struct results first = {.count = 1}, gradients = {};
    OtoTensor **x = c->inputs;
    first.of[0] = c->f.inputs == 1   ? c->f.of_one(x[0])
                  : c->f.inputs == 2 ? c->f.of_two(x[0], x[1])
                                     : c->f.of_three(x[0], x[1], x[2]);
    oto_need_float(c->operation, "the result of f", first.of[0]);
    if (!oto_wants_gradient(first.of[0]))
        oto_refuse(c->operation,
                   "no input leads to f's result: on the way is an operation that writes nothing down, such "
                   "as oto_map, a loop over oto_data, or oto_detach");
    if (!c->again) return first;
    OtoTensor *sum = weighted_sum(&first);
    for (int k = 0; k < c->f.inputs; k++)
        if (comes_from(sum, x[k])) gradients.of[gradients.count++] = oto_grad(sum, x[k], .again = true);
    return gradients;
}

/* The weighted sum in double: what does not change, cancels to the last digit in a difference. largest: term. */
static double value_of(struct checking *c, double *largest) {
    double sum = 0;
    oto_scope {
        struct results results = results_of(c);
        for (int k = 0; k < results.count; k++) {
            const float *y = oto_data(results.of[k]);
            for (int64_t i = 0; i < results.of[k]->size; i++) {
                double term = (double)(float)weight_of(k, i) * (double)y[i];
                sum += term;
                if (fabs(term) > *largest) *largest = fabs(term);
            }
        }
    }
    return sum;
}

/* (f(x + h) - f(x - h)) / 2 h */
static double slope_at(struct checking *c, float *x, float h, double *largest) {
    float before = *x;
    *x = before + h;
    double up = value_of(c, largest);
    *x = before - h;
    double down = value_of(c, largest);
    *x = before;
    return (up - down) / (2 * (double)h);
}

static void note_worst(OtoGradcheck *check, OtoGradcheckElement element) {
    double own = fabs(element.backward - element.difference);
    int at = check->worst_count;
    while (at > 0 && !(fabs(check->worst[at - 1].backward - check->worst[at - 1].difference) >= own)) at--;
    if (at == OTO_GRADCHECK_WORST) return;
    if (check->worst_count < OTO_GRADCHECK_WORST) check->worst_count++;
    for (int i = check->worst_count - 1; i > at; i--) check->worst[i] = check->worst[i - 1];
    check->worst[at] = element;
}

static void check_element(struct checking *c, OtoGradcheck *check, int input, int64_t i, double backward,
                          double steepest) {
    OtoTensor *x = c->inputs[input];
    float *place = oto_data(x) + i, size = fabsf(*place) > 1 ? fabsf(*place) : 1;
    float h = ldexpf(1, ilogbf(size) - 7); /* x + h and x - h are exact */
    double largest = 0, near = slope_at(c, place, h, &largest), far = slope_at(c, place, 2 * h, &largest);
    double slope = (4 * near - far) / 3;
    double rounded = 16 * (double)FLT_EPSILON * largest / (double)h;
    double allowed = RELATIVE * fmax(fabs(slope), 0.1 * steepest) + rounded;
    if (fabs(near - far) > 0.1 * fmax(fabs(near), fabs(far)) + 4 * rounded) {
        check->kinks++;
        return;
    }
    OtoGradcheckElement element = {.input = input, .rank = x->rank, .backward = backward, .difference = slope};
    int64_t rest = i;
    for (int axis = x->rank - 1; axis >= 0; axis--) {
        element.index[axis] = rest % x->shape[axis];
        rest /= x->shape[axis];
    }
    double error = fabs(backward - slope) / allowed;
    check->checked++;
    if (!(error <= 1)) check->wrong++;
    if (!(error <= check->largest)) check->largest = isnan(error) ? INFINITY : error;
    note_worst(check, element);
}

static void check_input(struct checking *c, OtoGradcheck *check, int input) {
    OtoTensor *x = c->inputs[input];
    OtoTensor *gradient = oto_has_gradient(x) ? oto_gradient(x) : oto_like(x, OTO_FLOAT32, NULL);
    if (x->size == 0) return;
    double steepest = fmax(fabs(oto_maximum(gradient)), fabs(oto_minimum(gradient)));
    for (int64_t i = 0; i < x->size && !oto_interrupt_pending(); i++)
        check_element(c, check, input, i, (double)oto_data(gradient)[i], steepest);
}

OtoGradcheck oto_gradcheck_of(OtoCheckedFunction f, bool again, int count, OtoTensor *inputs[]) {
    struct checking c = {.operation = again ? "oto_gradcheck_again" : "oto_gradcheck", .f = f, .again = again};
    if (count != f.inputs)
        oto_refuse(c.operation, "f takes %d tensor%s, but %d are given", f.inputs, f.inputs == 1 ? "" : "s", count);
    OtoGradcheck check = {};
    oto_scope {
        for (int k = 0; k < count; k++) {
            oto_need(c.operation, "an input", inputs[k]);
            c.inputs[k] = inputs[k]->type == OTO_FLOAT32 ? oto_parameter(inputs[k]) : inputs[k];
        }
        double ignored = 0;
        if (value_of(&c, &ignored) != value_of(&c, &ignored))
            oto_refuse(c.operation,
                       "f gives another result for the same numbers (or NaN); switch off what is random, as "
                       "dropout, or call oto_seed in f");
        struct results results = results_of(&c);
        OtoTensor *sum = weighted_sum(&results);
        bool checked[INPUTS_MAX];
        for (int k = 0; k < count; k++)
            checked[k] = again ? inputs[k]->type == OTO_FLOAT32 : comes_from(sum, c.inputs[k]);
        if (oto_wants_gradient(sum)) oto_backward(sum); /* else all second derivatives are 0 */
        for (int k = 0; k < count; k++)
            if (checked[k]) check_input(&c, &check, k);
    }
    check.passed = check.wrong == 0 && check.checked > 0;
    return check;
}

void oto_gradcheck_print(OtoGradcheck check) {
    printf("%s: %" PRId64 " gradients checked, %" PRId64 " wrong", check.passed ? "passed" : "failed", check.checked,
           check.wrong);
    if (check.kinks) printf(", %" PRId64 " left out because the function bends there", check.kinks);
    printf("\n");
    for (int k = 0; k < check.worst_count; k++) {
        OtoGradcheckElement *e = &check.worst[k];
        printf("  input %d at (", e->input);
        for (int axis = 0; axis < e->rank; axis++) printf(axis ? ", %" PRId64 : "%" PRId64, e->index[axis]);
        printf("): backward %.6g, difference quotient %.6g\n", e->backward, e->difference);
    }
}
