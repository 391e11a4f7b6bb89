/* Checks of what was learnt: predictions, the losses on the way, gradients. */
#include <math.h>
#include <string.h>

#include "lib/check/observe.h"
#include "lib/tensor/error.h"

#undef oto_check_predictions

static void need_metric(const char *operation, const OtoCheck *options) {
    static const char *const of_classes[] = {"accuracy", "f1"};
    static const char *const of_truths[] = {"perplexity", "auc", "average_precision", "map", "mrr"};
    const char *metric = options->metric ? options->metric : "accuracy";
    bool less = !strcmp(metric, "perplexity"), known = false, needs_truth = false;
    for (size_t i = 0; i < sizeof of_classes / sizeof *of_classes; i++) known |= !strcmp(metric, of_classes[i]);
    for (size_t i = 0; i < sizeof of_truths / sizeof *of_truths; i++) needs_truth |= !strcmp(metric, of_truths[i]);
    if (!known && !needs_truth)
        oto_refuse(operation,
                   ".metric is \"%.40s\"; there are accuracy, f1, perplexity, auc, average_precision, map and "
                   "mrr",
                   metric);
    if (needs_truth && !options->truth) oto_refuse(operation, "the metric \"%s\" needs .truth", metric);
    if (isnan(less ? options->at_most : options->at_least))
        oto_refuse(operation, "the metric \"%s\" needs %s, from which on there are points", metric,
                   less ? ".at_most" : ".at_least");
}

void oto_check_predictions(const char *name, OtoTensor *predictions, OtoCheck options) {
    const char *me = "oto_check_predictions";
    struct oto_observed observed =
        oto_observe_begin(me, OTO_CHECK_PREDICTIONS, name, oto_tensor_type(predictions), &options);
    need_metric(me, &options);
    if (oto_kind(predictions) == OTO_TENSOR &&
        (predictions->type == OTO_COMPLEX64 || predictions->rank < 1 || predictions->rank > 4)) {
        observed.problem = "these are no predictions: classes (example), or scores (example, class)";
        oto_observe_end(&observed);
    } else
        oto_observe_tensor(&observed, predictions, true);
}

void oto_check_losses(const char *name, const void *losses, int64_t count, OtoElement element, OtoCheck options) {
    const char *me = "oto_check_trajectory";
    struct oto_observed observed =
        oto_observe_begin(me, OTO_CHECK_TRAJECTORY, name, oto_element_type(element), &options);
    if (element != OTO_ELEMENT_FLOAT && element != OTO_ELEMENT_DOUBLE) oto_refuse(me, "losses must be float or double");
    oto_observe_elements(&observed, losses, count < OTO_LOSSES_MOST ? count : OTO_LOSSES_MOST, element);
}

/* ---- gradients: central differences ---- */

static double parameter(const OtoQuotients *q) {
    int64_t i = q->at / 2;
    return q->element == OTO_ELEMENT_FLOAT ? (double)((float *)q->parameters)[i] : ((double *)q->parameters)[i];
}

/* Returns what it is then: a float is rounded. */
static double set_parameter(const OtoQuotients *q, double value) {
    int64_t i = q->at / 2;
    if (q->element == OTO_ELEMENT_FLOAT)
        ((float *)q->parameters)[i] = (float)value;
    else
        ((double *)q->parameters)[i] = value;
    return parameter(q);
}

/* The step at which the errors of rounding and of the third derivative are about equal: the cube root of the precision.
 */
static double step_of(const OtoQuotients *q) {
    double precision = q->element == OTO_ELEMENT_FLOAT ? 0x1p-23 : 0x1p-52;
    return cbrt(precision) * fmax(1, fabs(q->original));
}

OtoQuotients oto_quotients_begin(const char *name, const void *gradient, int64_t count, OtoElement gradient_element,
                                 void *parameters, OtoElement element, OtoCheck options) {
    const char *me = "oto_check_gradient";
    bool real = element == OTO_ELEMENT_FLOAT || element == OTO_ELEMENT_DOUBLE;
    bool real_gradient = gradient_element == OTO_ELEMENT_FLOAT || gradient_element == OTO_ELEMENT_DOUBLE;
    if (!real || !real_gradient) oto_refuse(me, "gradient and parameters must be float or double");
    oto_check_range(me, "count", (double)count, 1, 1 << 20);
    size_t size = element == OTO_ELEMENT_FLOAT ? sizeof(float) : sizeof(double);
    oto_check_buffer(me, "parameters", parameters, (size_t)count * size);
    return (OtoQuotients){.name = name,
                          .gradient = gradient,
                          .parameters = parameters,
                          .count = count,
                          .at = -1,
                          .element = element,
                          .gradient_element = gradient_element,
                          .options = options,
                          .sides = oto_zeros(2, count)};
}

/* The gradient of the answer beside the quotients; NULL, or why it cannot be looked at. */
static const char *take_gradient(const OtoQuotients *q) {
    bool single = q->gradient_element == OTO_ELEMENT_FLOAT;
    size_t bytes = (size_t)q->count * (single ? sizeof(float) : sizeof(double));
    if (!q->gradient) return "the gradient is NULL";
    if (oto_readable(q->gradient, bytes) < bytes) return "the gradient is shorter than it must be";
    for (int64_t i = 0; i < q->count; i++)
        oto_at(q->sides, 0, i) = single ? ((const float *)q->gradient)[i] : (float)((const double *)q->gradient)[i];
    return NULL;
}

static void end_quotients(OtoQuotients *q) {
    struct oto_observed observed =
        oto_observe_begin("oto_check_gradient", OTO_CHECK_GRADIENT, q->name, OTO_OBSERVED_FLOAT32, &q->options);
    observed.problem = take_gradient(q);
    if (observed.problem)
        oto_observe_end(&observed);
    else
        oto_observe_tensor(&observed, q->sides, true);
    oto_free(q->sides);
}

bool oto_quotients_next(OtoQuotients *q) {
    if (q->at >= 0 && q->at % 2 == 0) q->upper = q->value;
    if (q->at >= 0 && q->at % 2 == 1) {
        oto_at(q->sides, 1, q->at / 2) = (float)((q->upper - q->value) / q->width);
        set_parameter(q, q->original);
    }
    q->at++;
    if (q->at == 2 * q->count) {
        end_quotients(q);
        return false;
    }
    if (q->at % 2 == 0) {
        q->original = parameter(q);
        q->width = set_parameter(q, q->original + step_of(q));
    } else
        q->width -= set_parameter(q, q->original - step_of(q));
    return true;
}
