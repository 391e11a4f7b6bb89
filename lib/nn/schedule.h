/* schedule: learning rates that change from update to update. An optimizer has one schedule at most, given once after
 * it is made; it multiplies the learning rate that each group was given. t counts updates from 0.
 */
#ifndef OTO_NN_SCHEDULE_H
#define OTO_NN_SCHEDULE_H

#include "optimizer.h"

/* lr * gamma^floor(t / every). As StepLR, of updates. */
typedef struct OtoStepDecay {
    double gamma;
} OtoStepDecay;
void oto_schedule_step(OtoOptimizer *optimizer, int64_t every, OtoStepDecay options);
#define oto_schedule_step(optimizer, every, ...)                                                                       \
    oto_schedule_step(optimizer, every, OTO_OPTIONS(OtoStepDecay, (.gamma = 0.1), __VA_ARGS__))

/* Up evenly over `warmup` updates, from lr / warmup to lr; then down by half a cosine to lr * minimum at `steps`, where
 * it stays. As LinearLR (start_factor 1 / warmup) and then CosineAnnealingLR. */
typedef struct OtoCosine {
    int64_t warmup;
    double minimum;
} OtoCosine;
void oto_schedule_cosine(OtoOptimizer *optimizer, int64_t steps, OtoCosine options);
#define oto_schedule_cosine(optimizer, steps, ...)                                                                     \
    oto_schedule_cosine(optimizer, steps, OTO_OPTIONS(OtoCosine, (.warmup = 0), __VA_ARGS__))

/* From lr / div_factor up to lr within the first pct_start of the steps, then down to lr / div_factor /
 * final_div_factor; both by half a cosine. Meanwhile momentum (adam: beta1) goes from 0.95 to 0.85 and back. As
 * OneCycleLR with max_lr = lr. (Smith & Topin 2018) */
typedef struct OtoOneCycle {
    double pct_start, div_factor, final_div_factor, base_momentum, max_momentum;
    bool keep_momentum; /* it stays as it is */
} OtoOneCycle;
void oto_schedule_one_cycle(OtoOptimizer *optimizer, int64_t steps, OtoOneCycle options);
#define oto_schedule_one_cycle(optimizer, steps, ...)                                                                  \
    oto_schedule_one_cycle(optimizer, steps,                                                                           \
                           OTO_OPTIONS(OtoOneCycle,                                                                    \
                                       (.pct_start = 0.3, .div_factor = 25, .final_div_factor = 1e4,                   \
                                        .base_momentum = 0.85, .max_momentum = 0.95),                                  \
                                       __VA_ARGS__))

/* lr * factor once the value told to oto_plateau has not become better by the share `threshold` for more than
 * `patience` times in a row; the next `cooldown` values are then not counted. As ReduceLROnPlateau. oto_fit tells it
 * the validation loss after each epoch. */
typedef struct OtoPlateau {
    double factor, threshold, min_lr;
    int64_t patience, cooldown;
    bool larger_is_better; /* of the value that is told */
} OtoPlateau;
void oto_schedule_plateau(OtoOptimizer *optimizer, OtoPlateau options);
#define oto_schedule_plateau(optimizer, ...)                                                                           \
    oto_schedule_plateau(optimizer,                                                                                    \
                         OTO_OPTIONS(OtoPlateau, (.factor = 0.1, .threshold = 1e-4, .patience = 10), __VA_ARGS__))
void oto_plateau(OtoOptimizer *optimizer, double value);

#endif
