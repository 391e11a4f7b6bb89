/* Predictions and separated sources against the truth, by the scores of lib/metrics. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/check/compare.h"
#include "lib/metrics/classification.h"
#include "lib/metrics/perplexity.h"
#include "lib/metrics/ranking.h"
#include "lib/metrics/separation.h"
#include "lib/tensor/error.h"

/* A value as a tensor of the scope: whole numbers as int64, others as float32. */
static OtoTensor *tensor_of(const struct oto_observation *o) {
    bool whole = oto_observed_is_integer(o->type);
    long long shape[OTO_OBSERVATION_RANK_MAX];
    for (size_t axis = 0; axis < o->rank; axis++) shape[axis] = o->shape[axis];
    OtoTensor *x = oto_zeros_of(whole ? OTO_INT64 : OTO_FLOAT32, (int)o->rank, shape);
    for (size_t i = 0; i < o->count; i++)
        if (whole)
            ((int64_t *)x->data)[i] = oto_observation_integer(o, i);
        else
            ((float *)x->data)[i] = (float)oto_observation_real(o, i);
    return x;
}

/* What takes a truth and predictions. Logits and targets come the other way round. */
static double perplexity(OtoTensor *truth, OtoTensor *predicted) {
    return oto_perplexity_of_logits(predicted, truth);
}
static const struct {
    const char *name, *format;
    double (*score)(OtoTensor *truth, OtoTensor *predicted);
    bool of_classes; /* the truth is a class for each example; otherwise a 0 or 1 for each prediction */
} metrics[] = {
    {"accuracy", "accuracy %.4g", oto_accuracy, true},
    {"f1", "macro F1 %.4g", oto_macro_f1, true},
    {"perplexity", "perplexity %.4g", perplexity, true},
    {"auc", "area under the ROC curve %.4g", oto_roc_auc, false},
    {"average_precision", "average precision %.4g", oto_average_precision, false},
    {"map", "mean average precision %.4g", oto_mean_average_precision, false},
    {"mrr", "mean reciprocal rank %.4g", oto_mean_reciprocal_rank, false},
};
enum { METRICS = sizeof metrics / sizeof *metrics };

static int metric_of(const char *name) {
    for (int i = 0; i < METRICS; i++)
        if (!strcmp(metrics[i].name, name)) return i;
    return -1;
}

/* The class that each row of scores is for; whole numbers are classes themselves. */
static OtoTensor *classes_of(const struct oto_observation *o) {
    if (o->rank == 1 || oto_observed_is_integer(o->type)) return tensor_of(o);
    int64_t columns = o->shape[o->rank - 1], rows = columns ? (int64_t)o->count / columns : 0;
    OtoTensor *classes = oto_zeros_of(OTO_INT64, 1, (long long[]){rows});
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 1; k < columns; k++) {
            int64_t *best = &((int64_t *)classes->data)[i];
            if (oto_observation_real(o, (size_t)(i * columns + k)) >
                oto_observation_real(o, (size_t)(i * columns + *best)))
                *best = k;
        }
    return classes;
}

static int64_t examples_of(const struct oto_observation *o) {
    return o->rank ? o->shape[0] : 0;
}

static void score_predictions(void *context) {
    struct oto_scoring *c = context;
    int metric = metric_of(c->metric);
    /* Without a truth the solution's own predictions, which are scores, stand for it: what it chose. */
    OtoTensor *truth =
        metrics[metric].of_classes && !c->expected->truth ? classes_of(c->expected) : tensor_of(c->expected);
    /* Of scores only the choice counts, so that one may be infinite: the logarithm of a probability of 0. */
    bool chosen = metrics[metric].of_classes && metrics[metric].score != perplexity && c->observed->rank == 2;
    c->score = metrics[metric].score(truth, chosen ? classes_of(c->observed) : tensor_of(c->observed));
    fprintf(c->out, metrics[metric].format, c->score);
    fprintf(c->out, " on %" PRId64 " examples", examples_of(c->expected));
}

/* A source counts no more than this: one without any error, infinite dB, would outweigh whatever the others are. */
static const double source_most_db = 100;

static void score_separation(void *context) {
    struct oto_scoring *c = context;
    OtoTensor *db = oto_si_sdr(tensor_of(c->expected), tensor_of(c->observed));
    int64_t worst = 0;
    for (int64_t i = 0; i < db->size; i++) {
        double value = (double)((float *)db->data)[i];
        c->score += (value > source_most_db ? source_most_db : value) / (double)db->size;
        if (value < (double)((float *)db->data)[worst]) worst = i;
    }
    fprintf(c->out, "SI-SDR %.2f dB", c->score);
    if (db->size > 1) fprintf(c->out, " on average, worst source [%" PRId64 "]", worst);
}

/* NaN among scores says nothing about an example: it is found before anything is ranked. */
static bool holds_nan(FILE *out, const struct oto_observation *o) {
    for (size_t i = 0; i < o->count; i++) {
        if (!isnan(oto_observation_real(o, i))) continue;
        oto_write_index(out, o, i);
        fputs(" is NaN", out);
        return true;
    }
    return false;
}

double oto_compare_predictions(FILE *out, const struct oto_observation *expected,
                               const struct oto_observation *observed) {
    const char *metric = expected->metric ? expected->metric : "accuracy";
    if (metric_of(metric) < 0) {
        fputs("the exercise names a metric that does not exist: tell your instructor", out);
        return 0;
    }
    if (examples_of(expected) != examples_of(observed)) {
        fprintf(out, "expected predictions for %" PRId64 " examples, got %" PRId64, examples_of(expected),
                examples_of(observed));
        return 0;
    }
    if (holds_nan(out, observed)) return 0;
    struct oto_scoring scoring = {.out = out, .expected = expected, .observed = observed, .metric = metric};
    return oto_score(&scoring, score_predictions, "%.4g");
}

double oto_compare_separation(FILE *out, const struct oto_observation *expected,
                              const struct oto_observation *observed) {
    if (!oto_same_shape(expected, observed)) return oto_compare_shape(out, expected, observed);
    struct oto_scoring scoring = {.out = out, .expected = expected, .observed = observed, .metric = "si_sdr"};
    return oto_score(&scoring, score_separation, "%.4g dB");
}
