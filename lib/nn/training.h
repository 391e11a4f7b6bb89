/* training: what an optimizer remembers. For the files of this folder that train. */
#ifndef OTO_NN_TRAINING_H
#define OTO_NN_TRAINING_H

#include "optimizer.h"

enum { OTO_STATES_MAX = 3 };

/* One parameter of an optimizer. */
struct owned {
    OtoTensor *tensor;
    char *name;
    int group;
    int64_t updates;               /* of this parameter: one without a gradient is left out */
    float *states[OTO_STATES_MAX]; /* as many as the type has, each of the tensor's size */
    float *average;                /* oto_ema, or NULL */
};

enum oto_schedule_kind { OTO_NO_SCHEDULE, OTO_STEP_DECAY, OTO_COSINE_DECAY, OTO_ONE_CYCLE, OTO_PLATEAU };

struct schedule {
    enum oto_schedule_kind kind;
    int64_t steps, warmup;
    double gamma, minimum;
    double pct_start, div_factor, final_div_factor, base_momentum, max_momentum;
    bool keep_momentum;
    /* plateau */
    double factor, threshold, min_lr, best;
    int64_t patience, cooldown, bad, cooling;
    bool larger_is_better, told;
};

/* What an optimizer type is: how a piece of one parameter is changed. */
struct change {
    float *p;
    const float *g;
    float *states[OTO_STATES_MAX];
    float *average;
    float scale, limit; /* of the gradient: first +-limit, then times scale */
    float numbers[8];   /* what the type computed from its group */
    float average_rate; /* 1 - decay; 1 at the first update */
    bool nesterov, has_momentum;
};
struct optimizer_type {
    const char *name;
    int states;
    const char *state_names[OTO_STATES_MAX]; /* in a checkpoint, as PyTorch calls them */
    /* The numbers for the t-th update (from 1). */
    void (*prepare)(struct change *change, const OtoGroup *group, int64_t t);
    void (*apply)(const struct change *change, int64_t from, int64_t to);
    /* Writes the numbers that count, for oto_optimizer_text. */
    void (*write)(const OtoGroup *group, void *file);
};
extern const struct optimizer_type oto_sgd_type, oto_adam_type, oto_adamw_type, oto_rmsprop_type;

typedef struct OtoTraining {
    const struct optimizer_type *type;
    struct owned *owned;
    int owned_count;
    OtoLayer **roots; /* the layers that were given */
    int root_count;
    struct schedule schedule;
    double ema_decay;       /* 0: none */
    bool averaged;          /* the averages have begun */
    uint64_t marks[2];      /* at the end of the last step but one, and of the last */
    int depth;              /* of the scope that they belong to */
    int marked;             /* how many of them there are */
    bool checked, exploded; /* what is said once has been said */
    double first_loss;
    struct heap {                          /* what steps leave behind */
        int64_t steps, bytes, first_bytes; /* since the last look; then alive, and before they began to grow */
        int windows;                       /* looks in a row that found more */
        bool said;
    } heap;
    struct OtoOptimizer *next; /* of all alive */
} OtoTraining;

OtoOptimizer *oto_optimizer_new(const struct optimizer_type *type, void *parameters, OtoGroup group);
/* Refuses unless the optimizer and all its parameters are alive. */
void oto_need_optimizer(const char *operation, OtoOptimizer *optimizer);
/* Whether any optimizer alive has the parameter of this node. */
bool oto_node_is_owned(OtoNode *node);

/* The norm of all gradients together (each number within +-limit); not finite when one is not. */
double oto_gradient_norm_of(OtoOptimizer *optimizer, float limit);
/* Changes each parameter that has a gradient by scale times it. */
void oto_change_parameters(OtoOptimizer *optimizer, float scale, float limit);

/* Sets each group's learning rate for the update that comes. */
void oto_schedule_apply(OtoOptimizer *optimizer);
/* Its schedule as a line of text, if it has one; file is a FILE *. */
void oto_schedule_write(OtoOptimizer *optimizer, void *file);

/* oto_step in its parts: what oto_fit does with several losses a step. The loss is multiplied by scale. */
void oto_step_backward(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss);
/* Says, once each: which parameters got no gradient or have no optimizer; that the loss explodes. After a backward. */
void oto_step_remark(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss);
void oto_step_update(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss, OtoClip options, double scale);
void oto_step_forget(OtoOptimizer *optimizer);

/* Refuses, and says which operation first made a number that is not finite: on the way to the loss, or on the way back.
 */
void oto_refuse_loss(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss) __attribute__((noreturn));
void oto_refuse_gradient(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss) __attribute__((noreturn));

/* For the bar of oto_next: how many oto_step this thread has made, and the loss of the last. */
uint64_t oto_steps_made(void);
double oto_last_loss(void);

#endif
