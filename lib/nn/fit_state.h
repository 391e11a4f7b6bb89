/* fit_state: what a training needs to go on after an interruption, and what is put back when it is left. For fit*.c. */
#ifndef OTO_NN_FIT_STATE_H
#define OTO_NN_FIT_STATE_H

#include "curves.h"
#include "fit.h"
#include "snapshot.h"

#include "../tensor/random.h"

/* After the last finished step. */
struct OtoFitState {
    OtoLayer *net;
    bool owns_optimizer, begun;
    OtoRandom start;              /* the generator at the beginning */
    int64_t examples, batch_size; /* of the training: another one cannot go on from here */
    OtoBatchesPlace place;
    OtoRandom random;
    double loss_sum; /* of the epoch so far */
    int64_t loss_count;
    int64_t judged;     /* batches after which the last line of history was written */
    int64_t since_best; /* epochs */
    int64_t schedule_steps;
    struct snapshot best; /* while fit->restored: of the last step instead */
    char *stopped, *metric;
    OtoFit *next; /* of all alive */
};

/* One call of oto_fit. Held by its scope, so that its end, a refusal and a jump put back the modes of the net and, of a
 * step that was not finished, the buffers. */
struct course {
    OtoLayer *net;
    OtoExamples train;
    OtoFitOptions options;
    OtoFit *fit;
    bool has_validation, in_step;
    struct snapshot buffers;
    bool *modes;
    char *seen;                         /* in the rehearsal */
    int64_t per_epoch, steps_per_epoch; /* batches; steps */
    OtoCurves *curves;                  /* NULL: quiet */
    double started, judging;            /* s: of the clock; how long an evaluation takes */
};

/* From here on the buffers are put back when the step is not finished. */
void oto_fit_step_begin(struct course *course);

/* Sends one batch through (forward, loss, metric), writes down what it saw, and puts everything back. */
void oto_fit_rehearse(struct course *course);

/* Refuses validation examples that a group shares with, or that are, the training's; says how many are there twice. */
void oto_fit_check_split(OtoExamples train, OtoExamples validate);

#endif
