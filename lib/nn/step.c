/* oto_step and its parts, and what is said at the first one. */
#include "lib/nn/optimizer.h"
#include "lib/nn/training.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local double last_loss = NAN;
static _Thread_local uint64_t steps_made;

uint64_t oto_steps_made(void) {
    return steps_made;
}

double oto_last_loss(void) {
    return last_loss;
}

/* Something worth knowing that is no reason to stop. */
static void say(const char *operation, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const char *operation, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", operation);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* ---- what is said once ---- */

static void count_unowned(OtoNode *node, void *context) {
    int *count = context;
    if (oto_node_is_parameter(node) && !oto_node_is_asked(node) && !oto_node_is_owned(node)) ++*count;
}

static void check_reached(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss) {
    OtoTraining *training = optimizer->training;
    char *names = NULL;
    size_t size;
    FILE *out = open_memstream(&names, &size);
    if (!out) return;
    int without = 0, unowned = 0;
    for (int i = 0; i < training->owned_count; i++) {
        OtoTensor *tensor = training->owned[i].tensor;
        if (!tensor->node || oto_gradient_data(tensor)) continue;
        if (++without <= 5) fprintf(out, "%s%s", without > 1 ? ", " : "", training->owned[i].name);
    }
    if (fclose(out) == 0 && without)
        say(operation,
            "%d parameter%s of this %s got no gradient and will not be learned: %s%s. Does the loss come from them? "
            "(Said "
            "once.)",
            without, without > 1 ? "s" : "", optimizer->type, names, without > 5 ? ", ..." : "");
    free(names);
    oto_visit(loss, count_unowned, &unowned);
    if (unowned)
        say(operation,
            "this loss comes from %d parameter%s that no optimizer has, so %s will not be learned; see oto_group, or "
            "oto_freeze if that is meant. (Said once.)",
            unowned, unowned > 1 ? "s" : "", unowned > 1 ? "they" : "it");
}

static void check_mode(OtoOptimizer *optimizer) {
    for (int i = 0; i < optimizer->training->root_count; i++) {
        OtoLayer *layer = optimizer->training->roots[i];
        if (oto_kind(layer) == OTO_LAYER && !layer->parent && !layer->training)
            say("oto_step",
                "the %s is in evaluation mode: dropout is off and batch norm does not learn; call oto_train(net) "
                "before "
                "training. (Said once.)",
                layer->type);
    }
}

/* A loss that has grown a hundredfold: the learning rate is too large by orders. */
static void check_growth(const char *operation, OtoOptimizer *optimizer, double loss) {
    OtoTraining *training = optimizer->training;
    if (optimizer->steps == 0) training->first_loss = loss;
    if (training->exploded || training->first_loss <= 0 || loss < 100 * fmax(training->first_loss, 0.1)) return;
    training->exploded = true;
    say(operation,
        "the loss has grown from %.3g to %.3g in %" PRId64
        " step%s: the learning rate of %g is probably too large. Try a "
        "tenth of it, or oto_find_learning_rate. (Said once.)",
        training->first_loss, loss, optimizer->steps, optimizer->steps == 1 ? "" : "s", optimizer->groups[0].lr);
}

/* Values without a history (random inputs, copies of oto_detach, batches cut by hand) stay until their scope ends: a
 * loop that has none fills the memory. */
static void check_heap(OtoOptimizer *optimizer) {
    enum { WINDOW = 100, WINDOWS = 3 };
    const int64_t much = 100000000;
    struct heap *heap = &optimizer->training->heap;
    if (heap->said || heap->steps++ % WINDOW) return;
    int64_t bytes = oto_bytes_alive();
    if (heap->steps == 1 || bytes <= heap->bytes) {
        heap->windows = 0;
        heap->first_bytes = bytes;
    } else {
        heap->windows++;
    }
    heap->bytes = bytes;
    if (heap->windows < WINDOWS || bytes - heap->first_bytes < much) return;
    heap->said = true;
    say("oto_step",
        "each step leaves about %.1f MB behind, %.0f MB by now: random inputs, copies of oto_detach and other tensors "
        "that no gradient flows through stay until their scope ends. Make each pass of the loop one: "
        "for (...) oto_scope { ... } (Said once.)",
        (double)(bytes - heap->first_bytes) / 1e6 / (heap->windows * WINDOW),
        (double)(bytes - heap->first_bytes) / 1e6);
}

void oto_step_remark(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss) {
    OtoTraining *training = optimizer->training;
    if (!training->checked) check_reached(operation, optimizer, loss);
    training->checked = true;
    check_growth(operation, optimizer, oto_item(loss));
}

/* ---- the parts ---- */

void oto_zero_grad(OtoOptimizer *optimizer) {
    oto_need_optimizer("oto_zero_grad", optimizer);
    for (int i = 0; i < optimizer->training->owned_count; i++)
        if (optimizer->training->owned[i].tensor->node) oto_zero_gradient(optimizer->training->owned[i].tensor);
}

/* The parameters that are not frozen; lives until the innermost scope ends. */
static OtoTensor **wanted_of(OtoOptimizer *optimizer, int *count) {
    OtoTraining *training = optimizer->training;
    OtoTensor **wanted = malloc((size_t)(training->owned_count + 1) * sizeof(OtoTensor *));
    if (!wanted) oto_refuse("oto_step", "no memory for a list of parameters");
    oto_hold(wanted, free);
    *count = 0;
    for (int i = 0; i < training->owned_count; i++)
        if (training->owned[i].tensor->node) wanted[(*count)++] = training->owned[i].tensor;
    return wanted;
}

void oto_step_backward(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss) {
    oto_need_float(operation, "loss", loss);
    oto_scope {
        int count;
        OtoTensor **wanted = wanted_of(optimizer, &count);
        if (count == 0)
            oto_refuse(operation,
                       "all parameters of this %s are frozen, so there is nothing to learn; see oto_unfreeze",
                       optimizer->type);
        /* what an interrupt has broken off is no number, and no mistake */
        if (loss->size == 1 && !isfinite(oto_item(loss)) && !oto_interrupt_pending())
            oto_refuse_loss(operation, optimizer, loss);
        oto_backward_into(operation, loss, count, wanted);
        int reached = 0;
        for (int i = 0; i < count; i++) reached += oto_gradient_data(wanted[i]) != NULL;
        if (!reached && !oto_interrupt_pending())
            oto_refuse(operation,
                       "this loss comes from parameters, but from none that this %s has. Was the net made anew, or is "
                       "it another's loss? An optimizer belongs to the net that it was made for: make it again after "
                       "the net, as in oto_%s(net)",
                       optimizer->type, optimizer->type);
    }
}

static void check_fresh(const char *operation, OtoOptimizer *optimizer) {
    OtoTraining *training = optimizer->training;
    int there = 0, used = 0;
    for (int i = 0; i < training->owned_count; i++) {
        OtoTensor *tensor = training->owned[i].tensor;
        if (!tensor->node || !oto_gradient_data(tensor)) continue;
        there++;
        used += oto_gradient_is_used(tensor);
    }
    if (!there)
        oto_refuse(operation,
                   "no parameter of this %s has a gradient; compute a loss from them and call "
                   "oto_backward(loss) first",
                   optimizer->type);
    if (used == there)
        oto_refuse(operation, "there was no oto_backward since the last update, so these are the old gradients again; "
                              "each step is oto_zero_grad, oto_backward, oto_update, and oto_step does all three");
}

static void update(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss, OtoClip options, double scale) {
    oto_check_range(operation, "clip_norm", options.clip_norm, 0, INFINITY);
    oto_check_range(operation, "clip_value", options.clip_value, 0, INFINITY);
    check_fresh(operation, optimizer);
    float limit = options.clip_value > 0 ? (float)(options.clip_value / scale) : INFINITY;
    double norm = oto_gradient_norm_of(optimizer, INFINITY);
    if (oto_interrupt_pending()) return;
    if (!isfinite(norm)) oto_refuse_gradient(operation, optimizer, loss);
    if (limit < INFINITY) norm = oto_gradient_norm_of(optimizer, limit);
    norm *= scale;
    optimizer->gradient_norm = norm;
    if (options.clip_norm > 0) scale *= fmin(1, options.clip_norm / (norm + 1e-6));
    oto_schedule_apply(optimizer);
    oto_change_parameters(optimizer, (float)scale, limit);
    optimizer->steps++;
}

void(oto_update)(OtoOptimizer *optimizer, OtoClip options) {
    oto_need_optimizer("oto_update", optimizer);
    update("oto_update", optimizer, NULL, options, 1);
}
void oto_step_update(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss, OtoClip options, double scale) {
    update(operation, optimizer, loss, options, scale);
}

void oto_step_forget(OtoOptimizer *optimizer) {
    OtoTraining *training = optimizer->training;
    if (training->depth != oto_scope_depth()) training->marked = 0;
    if (training->marked == 2) oto_forget_between(training->marks[0], training->marks[1]);
    training->depth = oto_scope_depth();
    training->marks[0] = training->marked ? training->marks[1] : oto_mark();
    training->marks[1] = oto_mark();
    training->marked = training->marked ? 2 : 1;
}

double(oto_step)(OtoOptimizer *optimizer, OtoTensor *loss, OtoClip options) {
    oto_need_optimizer("oto_step", optimizer);
    oto_need_float("oto_step", "loss", loss);
    OtoTraining *training = optimizer->training;
    if (!training->checked) check_mode(optimizer);
    oto_zero_grad(optimizer);
    oto_step_backward("oto_step", optimizer, loss);
    if (oto_interrupt_pending()) return oto_item(loss);
    oto_step_remark("oto_step", optimizer, loss);
    double value = oto_item(loss);
    update("oto_step", optimizer, loss, options, 1);
    optimizer->loss = last_loss = value;
    steps_made++;
    oto_step_forget(optimizer);
    check_heap(optimizer);
    return value;
}
