/* optimizer: how parameters are changed so that a loss falls.
 *
 *     OtoOptimizer *adam = oto_adam(net, .lr = 1e-3);
 *     for (...) oto_step(adam, oto_cross_entropy(oto_apply(net, x), y), .clip_norm = 1);
 *
 * oto_step sets the gradients to zero, walks back from the loss into the parameters of this optimizer and changes them:
 * the order cannot be got wrong. Its parts, for those who want to see them:
 *
 *     oto_zero_grad(adam);
 *     oto_backward(loss);
 *     oto_update(adam, .clip_norm = 1);
 *
 * Gradients that are not finite are refused before any parameter is changed, with the first operation that made them.
 * The results are the same with any number of threads.
 *
 * An optimizer does not own the layers: it refuses to go on when their parameters have been freed.
 */
#ifndef OTO_NN_OPTIMIZER_H
#define OTO_NN_OPTIMIZER_H

#include "layer.h"

/* A group of parameters and how they are changed; which numbers count depends on the type of the optimizer. May be
 * changed between steps. */
typedef struct OtoGroup {
    double lr, weight_decay;
    double momentum, dampening; /* sgd; rmsprop: momentum */
    bool nesterov;              /* sgd */
    double beta1, beta2, eps;   /* adam, adamw; rmsprop: eps */
    double alpha;               /* rmsprop */
    bool centered;              /* rmsprop */
    double first_lr;            /* as it was given: what a schedule is measured by */
} OtoGroup;

typedef struct OtoOptimizer OtoOptimizer;
struct OtoOptimizer {
    const char *type; /* "sgd", "adam", "adamw", "rmsprop" */
    int group_count;
    OtoGroup *groups;
    int64_t steps;                /* updates made */
    double loss;                  /* of the last oto_step */
    double gradient_norm;         /* of the last update, before clipping */
    struct OtoTraining *training; /* what else it remembers (training.h) */
};

/* parameters is a layer (all that it and its parts learn), or a tensor of oto_parameter. Frozen parameters are left as
 * they are for as long as they are frozen.
 *
 *     sgd        d = g + weight_decay p;  b = momentum b + (1 - dampening) d  (first: b = d);
 *                p -= lr b;  with nesterov p -= lr (d + momentum b)
 *     adam       d = g + weight_decay p;  m = beta1 m + (1 - beta1) d;  v = beta2 v + (1 - beta2) d^2;
 *                p -= lr m' / (sqrt(v') + eps), where m' = m / (1 - beta1^t), v' = v / (1 - beta2^t)   (Kingma & Ba
 * 2015) adamw      the same with d = g, and p -= lr weight_decay p before          (Loshchilov & Hutter 2019) rmsprop
 * d = g + weight_decay p;  v = alpha v + (1 - alpha) d^2;  a = alpha a + (1 - alpha) d; p -= lr d / (sqrt(v) + eps),
 * centered: sqrt(v - a^2); with momentum b = momentum b + that, p -= lr b As torch.optim; so are the defaults: lr 1e-3
 * (rmsprop 1e-2), momentum 0, beta1 0.9, beta2 0.999, eps 1e-8, alpha 0.99, weight_decay 0 (adamw 1e-2). Refuse numbers
 * outside their range. */
typedef struct OtoSgd {
    double lr, momentum, dampening, weight_decay;
    bool nesterov;
} OtoSgd;
OtoOptimizer *oto_sgd(void *parameters, OtoSgd options);
#define oto_sgd(parameters, ...) oto_sgd(parameters, OTO_OPTIONS(OtoSgd, (.lr = 1e-3), __VA_ARGS__))

typedef struct OtoAdam {
    double lr, beta1, beta2, eps, weight_decay;
} OtoAdam;
OtoOptimizer *oto_adam(void *parameters, OtoAdam options);
#define oto_adam(parameters, ...)                                                                                      \
    oto_adam(parameters, OTO_OPTIONS(OtoAdam, (.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8), __VA_ARGS__))
OtoOptimizer *oto_adamw(void *parameters, OtoAdam options);
#define oto_adamw(parameters, ...)                                                                                     \
    oto_adamw(parameters,                                                                                              \
              OTO_OPTIONS(OtoAdam, (.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 1e-2),      \
                          __VA_ARGS__))

typedef struct OtoRmsprop {
    double lr, alpha, eps, weight_decay, momentum;
    bool centered;
} OtoRmsprop;
OtoOptimizer *oto_rmsprop(void *parameters, OtoRmsprop options);
#define oto_rmsprop(parameters, ...)                                                                                   \
    oto_rmsprop(parameters, OTO_OPTIONS(OtoRmsprop, (.lr = 1e-2, .alpha = 0.99, .eps = 1e-8), __VA_ARGS__))

/* Puts parameters (a layer or a tensor) into a group of their own, which begins as a copy of the first. Those that the
 * optimizer has already move over:
 *     oto_group(adam, oto_layer_at(net, "0"), .lr = 1e-4, .weight_decay = 0);
 * Returns the group's index. */
typedef struct OtoGroupOptions {
    double lr, weight_decay;
} OtoGroupOptions;
int oto_group(OtoOptimizer *optimizer, void *parameters, OtoGroupOptions options);
#define oto_group(optimizer, parameters, ...)                                                                          \
    oto_group(optimizer, parameters,                                                                                   \
              OTO_OPTIONS(OtoGroupOptions, (.lr = __builtin_nan(""), .weight_decay = __builtin_nan("")), __VA_ARGS__))

/* ---- a step ---- */

/* clip_norm: when the norm of all gradients together is larger, they are scaled down to it (torch's clip_grad_norm_);
 * clip_value: each number of a gradient is brought into +-clip_value first. 0: not. */
typedef struct OtoClip {
    double clip_norm, clip_value;
} OtoClip;
/* Zero gradients, backward, update; returns the loss. What the last step but one has written down ends here (see
 * graph.h), so a million steps take constant memory; oto_keep what shall stay. Tensors that no gradient flows through
 * (random inputs, copies of oto_detach, batches cut by hand) are not ended, for they may be data: where a loop makes
 * such ones, each pass is to be a scope, for (...) oto_scope { ... }; oto_step says so when they fill the memory. */
double oto_step(OtoOptimizer *optimizer, OtoTensor *loss, OtoClip options);
#define oto_step(optimizer, loss, ...) oto_step(optimizer, loss, OTO_OPTIONS(OtoClip, (.clip_norm = 0), __VA_ARGS__))

void oto_zero_grad(OtoOptimizer *optimizer);
/* Changes the parameters by their gradients. Refuses when no oto_backward has come since the last update. */
void oto_update(OtoOptimizer *optimizer, OtoClip options);
#define oto_update(optimizer, ...) oto_update(optimizer, OTO_OPTIONS(OtoClip, (.clip_norm = 0), __VA_ARGS__))

/* The learning rate of the first group; the second sets those of all groups, and the schedule's base. */
double oto_lr(OtoOptimizer *optimizer);
void oto_set_lr(OtoOptimizer *optimizer, double lr);

/* ---- an average of the weights ---- */

/* From the next update on, the optimizer keeps an exponential moving average a of each parameter:
 * a = decay a + (1 - decay) p, and after the first update a = p. As torch.optim.swa_utils.get_ema_multi_avg_fn. */
void oto_ema(OtoOptimizer *optimizer, double decay);
/* Inside, the parameters are their averages:
 *     oto_with_ema(adam) oto_evaluating(net) f1 = f1_of(net, valid); */
typedef struct OtoWithEma {
    uint64_t serial;
    bool open;
} OtoWithEma;
OtoWithEma oto_with_ema_begin(OtoOptimizer *optimizer);
void oto_with_ema_end(OtoWithEma *block);
#define oto_with_ema(optimizer)                                                                                        \
    for (OtoWithEma oto_this_ema __attribute__((cleanup(oto_with_ema_end))) = oto_with_ema_begin(optimizer);           \
         oto_this_ema.open; oto_this_ema.open = false)

/* "adam: lr 0.001, beta1 0.9, beta2 0.999, eps 1e-08; 12 tensors, 4,522 numbers; 130 steps", and a line for its
 * schedule: the learning rates as a curve. free() it. */
char *oto_optimizer_text(OtoOptimizer *optimizer);
void oto_optimizer_print(OtoOptimizer *optimizer);

#endif
