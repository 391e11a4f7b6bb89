#include "lib/metrics/perplexity.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

double oto_perplexity(OtoTensor *log_probabilities) {
    oto_need_float("oto_perplexity", "log_probabilities", log_probabilities);
    if (log_probabilities->size == 0) oto_refuse("oto_perplexity", "log_probabilities is empty");
    double sum = 0;
    for (int64_t i = 0; i < log_probabilities->size; i++) {
        double x = (double)((float *)log_probabilities->data)[i];
        if (!(x <= 1e-5))
            oto_refuse("oto_perplexity",
                       "log_probabilities has %g at %" PRId64 "; a logarithm of a probability is at most 0", x, i);
        sum += x;
    }
    return exp(-sum / (double)log_probabilities->size);
}

static void need_logits(const char *operation, OtoTensor *logits, OtoTensor *targets) {
    oto_need_float(operation, "logits", logits);
    oto_need(operation, "targets", targets);
    bool fits = logits->rank >= 2 && targets->rank == logits->rank - 1 && targets->type != OTO_COMPLEX64 &&
                !memcmp(logits->shape, targets->shape, (size_t)targets->rank * sizeof *targets->shape);
    if (!fits || logits->size == 0)
        oto_refuse(operation, "logits is %s and targets %s; they must be (..., class k) and (...), whole numbers",
                   oto_shape_quoted(logits), oto_shape_quoted(targets));
    for (int64_t i = 0; i < logits->size; i++) {
        double x = (double)((float *)logits->data)[i];
        if (isnan(x) || x == (double)INFINITY) oto_refuse(operation, "logits has %g at element %" PRId64, x, i);
    }
}

/* The class that came at a place; refuses what is neither a class nor left out. */
static int64_t target_at(const char *operation, OtoTensor *targets, int64_t i, int64_t classes, int64_t ignored) {
    double target =
        targets->type == OTO_INT64 ? (double)((int64_t *)targets->data)[i] : (double)((float *)targets->data)[i];
    if (target != (double)ignored && !(target == nearbyint(target) && target >= 0 && target < (double)classes))
        oto_refuse(operation,
                   "targets has %g at element %" PRId64 "; it must be a class, 0 to %" PRId64
                   ", or the ignore_index %" PRId64,
                   target, i, classes - 1, ignored);
    return (int64_t)target;
}

/* log p of the class `which` in a row of logits. The largest score is taken off first, so that no power overflows. */
static double log_probability(const char *operation, OtoTensor *logits, int64_t row, int64_t which) {
    int64_t classes = logits->cols;
    const float *x = (float *)logits->data + row * classes;
    double largest = (double)x[0], sum = 0;
    for (int64_t k = 1; k < classes; k++) largest = fmax(largest, (double)x[k]);
    if (isinf(largest)) oto_refuse(operation, "logits has minus infinity for every class in row %" PRId64, row);
    for (int64_t k = 0; k < classes; k++) sum += exp((double)x[k] - largest);
    return (double)x[which] - largest - log(sum);
}

double(oto_perplexity_of_logits)(OtoTensor *logits, OtoTensor *targets, OtoPerplexityOfLogits options) {
    const char *me = "oto_perplexity_of_logits";
    need_logits(me, logits, targets);
    double sum = 0;
    int64_t counted = 0;
    for (int64_t i = 0; i < targets->size && !oto_interrupt_pending(); i++) {
        int64_t target = target_at(me, targets, i, logits->cols, options.ignore_index);
        if (target == options.ignore_index) continue;
        sum += log_probability(me, logits, i, target);
        counted++;
    }
    if (!counted && !oto_interrupt_pending())
        oto_refuse(me, "targets are all %" PRId64 ", which is left out", options.ignore_index);
    return exp(-sum / (double)counted);
}
