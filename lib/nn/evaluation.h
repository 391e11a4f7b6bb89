/* evaluation: how good a net is on examples that it does not learn from.
 *
 *     OtoEvaluation on_test = oto_evaluation(net, test, .loss = oto_cross_entropy, .metric = oto_macro_f1);
 *     oto_confusion_matrix(test.y, oto_predictions(net, test))
 *
 * The net is in evaluation mode meanwhile, without gradients, and afterwards in the mode that it was in; the random
 * numbers of what comes after are the same as without it.
 */
#ifndef OTO_NN_EVALUATION_H
#define OTO_NN_EVALUATION_H

#include "batches.h"
#include "layer.h"

/* How wrong an output is: oto_cross_entropy, oto_binary_cross_entropy, oto_mse_loss, ... by their names alone, or a
 * function of one's own: OtoTensor *my_loss(OtoTensor *output, OtoTensor *targets). Examples without y are their own
 * targets (an autoencoder). */
typedef OtoTensor *OtoLossOf(OtoTensor *output, OtoTensor *targets);
/* A loss that needs more than the output: it sends x through the net itself (a variational autoencoder; CTC with its
 * lengths). y is NULL where the examples have none. */
typedef OtoTensor *OtoObjective(OtoLayer *net, OtoTensor *x, OtoTensor *y);
/* oto_accuracy, oto_macro_f1, oto_average_precision, ... or a function of one's own. It is given all examples at once:
 * the targets (example, ...) and the outputs (example, ...). */
typedef double OtoMetricOf(OtoTensor *targets, OtoTensor *outputs);

/* NaN: not asked for. */
typedef struct OtoEvaluation {
    double loss; /* mean over examples */
    double metric;
} OtoEvaluation;

/*     .loss, .objective  at most one of them
 *     .metric            batches whose outputs have another shape are measured apart, and the mean over examples counts
 *     .batch_size        64 */
typedef struct OtoEvaluationOptions {
    OtoLossOf *loss;
    OtoObjective *objective;
    OtoMetricOf *metric;
    int64_t batch_size;
} OtoEvaluationOptions;
OtoEvaluation oto_evaluation(OtoLayer *net, OtoExamples examples, OtoEvaluationOptions options);
#define oto_evaluation(net, examples, ...)                                                                             \
    oto_evaluation(net, examples, OTO_OPTIONS(OtoEvaluationOptions, (.batch_size = 64), __VA_ARGS__))

/* The outputs for all examples, in their order: (example, ...). Refuses outputs of different shapes. */
typedef struct OtoPredictionsOptions {
    int64_t batch_size;
} OtoPredictionsOptions;
OtoTensor *oto_predictions(OtoLayer *net, OtoExamples examples, OtoPredictionsOptions options);
#define oto_predictions(net, examples, ...)                                                                            \
    oto_predictions(net, examples, OTO_OPTIONS(OtoPredictionsOptions, (.batch_size = 64), __VA_ARGS__))

/* ---- for the library's own files ---- */

/* The loss of a batch by the one or the other; *output, where asked for, is what the net gave (NULL: the objective did
 * not tell). */
OtoTensor *oto_loss_of_batch(OtoLayer *net, OtoTensor *x, OtoTensor *y, OtoLossOf *loss, OtoObjective *objective,
                             OtoTensor **output);
/* "accuracy" for oto_accuracy, ...; "metric" for a function of one's own. */
const char *oto_metric_name(OtoMetricOf *metric);

#endif
