/* fit: a training from beginning to end.
 *
 *     OtoFit *fit = oto_fit(net, train, .validate = valid, .loss = oto_cross_entropy, .metric = oto_accuracy,
 *                           .epochs = 20, .patience = 3, .max_seconds = 90);
 *     fit                                  the curves, the best epoch, and why it ended
 *
 * First one batch goes through (forward, loss, metric), so that shapes that do not fit together are said at once and
 * not after an hour. Then epoch after epoch the net learns from `train`, in a new order each time; after each epoch it
 * is tried on the validation examples, in evaluation mode. Curves, steps a second and the time that is left are one
 * output that is drawn again and again. At the end the net has the numbers of its best epoch: that with the largest
 * metric (of equal ones, and where there is no metric, the smallest loss on the validation examples). The modes of its
 * layers are what they were before.
 *
 * Interrupted, the net keeps its last finished step, and the same call with .resume = true goes on from there: it ends
 * with the numbers, to the bit, that a training without interruption ends with. So the cell can simply be repeated with
 * it. A training that has ended is gone on with in the same way, with more .epochs.
 *
 * The same oto_seed gives the same training, to the bit, with any number of threads (.max_seconds may end it
 * elsewhere). A NaN ends it by a refusal that names the operation and the step that it began with; examples of one
 * group on both sides of the split are refused before anything is learned.
 */
#ifndef OTO_NN_FIT_H
#define OTO_NN_FIT_H

#include "evaluation.h"
#include "optimizer.h"

/* What was known after an epoch (or after the part of one that .max_seconds has left). NaN: not asked for. */
typedef struct OtoEpoch {
    int64_t steps; /* made since the beginning */
    double loss;   /* mean over the epoch's examples, while the net was learning from them */
    double validation, metric;
    double lr;
    double seconds; /* since the beginning, without interruptions */
} OtoEpoch;

/* Read what you like; it lives by the rule of lifetime.h, and owns what it points at but for the net. */
typedef struct OtoFit {
    int64_t epochs, steps; /* made so far: lines of history, and changes of the parameters */
    int64_t best_epoch;    /* counted from 1; 0: there is none */
    OtoEpoch best;         /* what was known then */
    OtoEpoch *history;     /* of each epoch */
    double seconds;
    const char *stopped; /* why it ended, in a few words */
    const char *metric;  /* name of the metric, or NULL */
    bool restored;       /* the net has the numbers of the best epoch */
    OtoOptimizer *optimizer;
    struct OtoFitState *state; /* what it needs to go on */
} OtoFit;

typedef enum OtoFitSchedule { OTO_LR_CONSTANT, OTO_LR_COSINE, OTO_LR_ONE_CYCLE, OTO_LR_PLATEAU } OtoFitSchedule;

/*     .loss, .objective   how wrong it is (evaluation.h): one of the two
 *     .validate           examples that it does not learn from: oto_examples(X, y)
 *     .metric             how good it is on them: oto_accuracy, oto_macro_f1, ... or one of your own
 *     .metric_name        NULL: "accuracy", ...
 *     .smaller_is_better  false; of the metric
 *     .epochs             10
 *     .batch_size         32
 *     .optimizer          NULL: adam, with
 *     .lr                 1e-3; the learning rate of one that is given is set to this, where it is said
 *     .weight_decay       0; of the adam
 *     .schedule           OTO_LR_CONSTANT; over the steps of all epochs: OTO_LR_COSINE (a tenth of them warm up),
 *                         OTO_LR_ONE_CYCLE; OTO_LR_PLATEAU: a tenth, each time 3 epochs bring nothing better
 *     .patience           0: never; it ends after so many epochs in a row that were no better than the best
 *     .max_seconds        0: no limit; it ends before this time is over, with what it has
 *     .restore_best       true; of a training with .validate
 *     .accumulate         1; the gradients of so many batches make one step
 *     .clip_norm, .clip_value   0: not (optimizer.h)
 *     .augment, .shuffle (true), .drop_last, .stratify, .weights, .one_per_group     as in oto_batches
 *     .overfit_batches    0; n: learn only the same n batches again and again, as they are. A net that cannot learn one
 *                         batch by heart has a mistake in it
 *     .dry_run            false; true: only the batch that goes through first, and fit->stopped says what went
 *     .resume             false; true: go on with the last training of this net, where there is one
 *     .quiet              false: with curves
 * As keras.Model.fit and lightning.Trainer.fit. */
typedef struct OtoFitOptions {
    OtoLossOf *loss;
    OtoObjective *objective;
    OtoExamples validate;
    OtoMetricOf *metric;
    const char *metric_name;
    bool smaller_is_better;
    int64_t epochs, batch_size;
    OtoOptimizer *optimizer;
    double lr, weight_decay;
    OtoFitSchedule schedule;
    int64_t patience;
    double max_seconds;
    bool restore_best;
    int64_t accumulate;
    double clip_norm, clip_value;
    OtoTensor *(*augment)(OtoTensor *x);
    bool shuffle, drop_last, stratify, one_per_group;
    OtoTensor *weights;
    int64_t overfit_batches;
    bool dry_run, resume, quiet;
} OtoFitOptions;
OtoFit *oto_fit(OtoLayer *net, OtoExamples train, OtoFitOptions options);
#define oto_fit(net, train, ...)                                                                                       \
    oto_fit(net, train,                                                                                                \
            OTO_OPTIONS(OtoFitOptions,                                                                                 \
                        (.epochs = 10, .batch_size = 32, .lr = __builtin_nan(""), .restore_best = true,                \
                         .accumulate = 1, .shuffle = true),                                                            \
                        __VA_ARGS__))

/* The history as lines of text, and why it ended; free() it. */
char *oto_fit_text(OtoFit *fit);
/* For show.c: the text, and the curves over the epochs. */
struct oto_bundle;
void oto_fit_view(struct oto_bundle *bundle, OtoFit *fit);

#endif
