/* Optimizers as values: which parameters they have, in which groups. */
#include "lib/nn/optimizer.h"
#include "lib/nn/training.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static OtoOptimizer *alive;

static void release_optimizer(void *value) {
    OtoOptimizer *optimizer = value;
    OtoTraining *training = optimizer->training;
    if (!training) return;
    pthread_mutex_lock(&mutex);
    for (OtoOptimizer **at = &alive; *at; at = &(*at)->training->next)
        if (*at == optimizer) {
            *at = training->next;
            break;
        }
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < training->owned_count; i++) {
        for (int k = 0; k < OTO_STATES_MAX; k++) free(training->owned[i].states[k]);
        free(training->owned[i].average);
        free(training->owned[i].name);
    }
    free(training->owned);
    free(training->roots);
    free(training);
    free(optimizer->groups);
}

bool oto_node_is_owned(OtoNode *node) {
    bool found = false;
    pthread_mutex_lock(&mutex);
    for (OtoOptimizer *at = alive; at && !found; at = at->training->next)
        for (int i = 0; i < at->training->owned_count && !found; i++) {
            OtoTensor *tensor = at->training->owned[i].tensor;
            found = oto_kind(tensor) == OTO_TENSOR && tensor->node == node;
        }
    pthread_mutex_unlock(&mutex);
    return found;
}

void oto_need_optimizer(const char *operation, OtoOptimizer *optimizer) {
    if (oto_kind(optimizer) == OTO_LAYER)
        oto_refuse(operation,
                   "the first argument is a layer (a %s), but must be an optimizer; make one for it, once, "
                   "before the training: OtoOptimizer *adam = oto_adam(net)",
                   ((OtoLayer *)optimizer)->type);
    oto_check_value(operation, "optimizer", optimizer, OTO_OPTIMIZER);
    for (int i = 0; i < optimizer->training->owned_count; i++)
        if (oto_kind(optimizer->training->owned[i].tensor) != OTO_TENSOR)
            oto_refuse(operation,
                       "the parameter %s of this %s has been freed, with its layer; make the optimizer again for the "
                       "layers that there are now",
                       optimizer->training->owned[i].name, optimizer->type);
}

/* ---- groups ---- */

static void check_group(const char *operation, const OtoGroup *group) {
    oto_check_range(operation, "lr", group->lr, 0, 1e30);
    oto_check_range(operation, "weight_decay", group->weight_decay, 0, 1e30);
    oto_check_range(operation, "momentum", group->momentum, 0, 1e30);
    oto_check_range(operation, "beta1", group->beta1, 0, nextafter(1, 0));
    oto_check_range(operation, "beta2", group->beta2, 0, nextafter(1, 0));
    oto_check_range(operation, "alpha", group->alpha, 0, nextafter(1, 0));
    oto_check_range(operation, "eps", group->eps, 0, 1e30);
    if (group->nesterov && (group->momentum <= 0 || group->dampening != 0))
        oto_refuse(operation, "nesterov needs a momentum above 0 and a dampening of 0, not %g and %g", group->momentum,
                   group->dampening);
}

static int add_group(const char *operation, OtoOptimizer *optimizer, OtoGroup group) {
    check_group(operation, &group);
    group.first_lr = group.lr;
    OtoGroup *grown = realloc(optimizer->groups, (size_t)(optimizer->group_count + 1) * sizeof *grown);
    if (!grown) oto_refuse(operation, "no memory for a group");
    optimizer->groups = grown;
    optimizer->groups[optimizer->group_count] = group;
    return optimizer->group_count++;
}

static void own(const char *operation, OtoOptimizer *optimizer, OtoTensor *tensor, const char *name, int group) {
    OtoTraining *training = optimizer->training;
    for (int i = 0; i < training->owned_count; i++)
        if (training->owned[i].tensor == tensor) {
            training->owned[i].group = group;
            return;
        }
    pthread_mutex_lock(&mutex);
    struct owned *grown = realloc(training->owned, (size_t)(training->owned_count + 1) * sizeof *grown);
    if (grown) training->owned = grown;
    pthread_mutex_unlock(&mutex);
    struct owned new = {.tensor = tensor, .name = strdup(name), .group = group};
    bool room = grown && new.name;
    for (int k = 0; k < training->type->states && room; k++)
        room = (new.states[k] = calloc((size_t)tensor->size + 1, sizeof(float)));
    if (!room) {
        for (int k = 0; k < OTO_STATES_MAX; k++) free(new.states[k]);
        free(new.name);
        oto_refuse(operation, "no memory for what %s remembers of %s", optimizer->type, name);
    }
    training->owned[training->owned_count++] = new;
}

static void own_layer(const char *operation, OtoOptimizer *optimizer, OtoLayer *layer, int group) {
    OtoTraining *training = optimizer->training;
    OtoLayer **grown = realloc(training->roots, (size_t)(training->root_count + 1) * sizeof(OtoLayer *));
    if (!grown) oto_refuse(operation, "no memory for a list of layers");
    training->roots = grown;
    training->roots[training->root_count++] = layer;
    oto_scope {
        OtoTensorList list = oto_layer_tensors(layer);
        for (int i = 0; i < list.count; i++)
            if (!list.items[i].buffer) own(operation, optimizer, list.items[i].tensor, list.items[i].path, group);
    }
}

/* All parameters of a layer, or a tensor. */
static void own_all(const char *operation, OtoOptimizer *optimizer, void *parameters, int group) {
    int before = optimizer->training->owned_count;
    if (oto_kind(parameters) == OTO_TENSOR) {
        OtoTensor *tensor = parameters;
        if (!tensor->node || !oto_node_is_parameter(tensor->node))
            oto_refuse(operation,
                       "the tensor %s is no parameter, so there is nothing to learn; w = oto_parameter(%s) "
                       "makes one of it, to be used instead",
                       oto_shape_quoted(tensor), "x");
        own(operation, optimizer, tensor, "tensor", group);
    } else {
        oto_check_value(operation, "parameters (a layer or a tensor)", parameters, OTO_LAYER);
        own_layer(operation, optimizer, parameters, group);
    }
    int64_t bytes = 0;
    for (int i = 0; i < optimizer->training->owned_count; i++)
        bytes += optimizer->training->owned[i].tensor->size * optimizer->training->type->states * 4;
    oto_value_owns(optimizer, bytes);
    if (group == 0 && optimizer->training->owned_count == before)
        oto_refuse(operation, "the layer %s has no parameters, so there is nothing to learn",
                   ((OtoLayer *)parameters)->type);
}

OtoOptimizer *oto_optimizer_new(const struct optimizer_type *type, void *parameters, OtoGroup group) {
    char operation[40];
    snprintf(operation, sizeof operation, "oto_%s", type->name);
    check_group(operation, &group);
    OtoOptimizer *optimizer = oto_value_new(OTO_OPTIMIZER, sizeof *optimizer, release_optimizer);
    OtoTraining *training = calloc(1, sizeof *training);
    if (!training) oto_refuse(operation, "no memory for an optimizer");
    training->type = type;
    optimizer->type = type->name;
    optimizer->loss = NAN;
    pthread_mutex_lock(&mutex);
    optimizer->training = training;
    training->next = alive;
    alive = optimizer;
    pthread_mutex_unlock(&mutex);
    own_all(operation, optimizer, parameters, add_group(operation, optimizer, group));
    return optimizer;
}

OtoOptimizer *(oto_sgd)(void *parameters, OtoSgd o) {
    return oto_optimizer_new(&oto_sgd_type, parameters,
                             (OtoGroup){.lr = o.lr,
                                        .weight_decay = o.weight_decay,
                                        .momentum = o.momentum,
                                        .dampening = o.dampening,
                                        .nesterov = o.nesterov});
}
static OtoGroup group_of_adam(OtoAdam o) {
    return (OtoGroup){.lr = o.lr, .weight_decay = o.weight_decay, .beta1 = o.beta1, .beta2 = o.beta2, .eps = o.eps};
}
OtoOptimizer *(oto_adam)(void *parameters, OtoAdam o) {
    return oto_optimizer_new(&oto_adam_type, parameters, group_of_adam(o));
}
OtoOptimizer *(oto_adamw)(void *parameters, OtoAdam o) {
    return oto_optimizer_new(&oto_adamw_type, parameters, group_of_adam(o));
}
OtoOptimizer *(oto_rmsprop)(void *parameters, OtoRmsprop o) {
    return oto_optimizer_new(&oto_rmsprop_type, parameters,
                             (OtoGroup){.lr = o.lr,
                                        .weight_decay = o.weight_decay,
                                        .momentum = o.momentum,
                                        .alpha = o.alpha,
                                        .eps = o.eps,
                                        .centered = o.centered});
}

int(oto_group)(OtoOptimizer *optimizer, void *parameters, OtoGroupOptions options) {
    oto_need_optimizer("oto_group", optimizer);
    OtoGroup group = optimizer->groups[0];
    group.lr = isnan(options.lr) ? group.first_lr : options.lr;
    if (!isnan(options.weight_decay)) group.weight_decay = options.weight_decay;
    int index = add_group("oto_group", optimizer, group);
    own_all("oto_group", optimizer, parameters, index);
    return index;
}

/* ---- reading and setting ---- */

double oto_lr(OtoOptimizer *optimizer) {
    oto_need_optimizer("oto_lr", optimizer);
    return optimizer->groups[0].lr;
}

void oto_set_lr(OtoOptimizer *optimizer, double lr) {
    oto_need_optimizer("oto_set_lr", optimizer);
    oto_check_range("oto_set_lr", "lr", lr, 0, 1e30);
    for (int i = 0; i < optimizer->group_count; i++) optimizer->groups[i].lr = optimizer->groups[i].first_lr = lr;
}

char *oto_optimizer_text(OtoOptimizer *optimizer) {
    oto_check_value("oto_optimizer_text", "optimizer", optimizer, OTO_OPTIMIZER);
    OtoTraining *training = optimizer->training;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse("oto_optimizer_text", "no memory for a text");
    for (int g = 0; g < optimizer->group_count; g++) {
        int count = 0;
        int64_t numbers = 0;
        for (int i = 0; i < training->owned_count; i++)
            if (training->owned[i].group == g) {
                count++;
                if (oto_kind(training->owned[i].tensor) == OTO_TENSOR) numbers += training->owned[i].tensor->size;
            }
        fprintf(out, "%s: lr %g", optimizer->type, optimizer->groups[g].lr);
        training->type->write(&optimizer->groups[g], out);
        fprintf(out, "; %d tensors, %" PRId64 " numbers; %" PRId64 " steps\n", count, numbers, optimizer->steps);
    }
    oto_schedule_write(optimizer, out);
    if (fclose(out) != 0) oto_refuse("oto_optimizer_text", "no memory for a text");
    return text;
}

void oto_optimizer_print(OtoOptimizer *optimizer) {
    char *text = oto_optimizer_text(optimizer);
    fputs(text, stdout);
    free(text);
}
