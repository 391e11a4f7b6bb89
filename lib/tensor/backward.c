/* Walking back: the chain rule over the nodes of graph.h. */
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/node.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <stdlib.h>
#include <string.h>

/* All nodes that a value came from; ordered by when they were written down, an operation stands behind its inputs. */
struct walk {
    OtoNode **nodes;
    size_t count, capacity;
};

static void free_walk(void *walk) {
    free(((struct walk *)walk)->nodes);
    free(walk);
}

static void reach(struct walk *walk, OtoNode *node, uint64_t visit) {
    if (!node || node->visit == visit) return;
    node->visit = visit;
    if (walk->count == walk->capacity) {
        size_t capacity = walk->capacity * 2 + 64;
        OtoNode **grown = realloc(walk->nodes, capacity * sizeof(OtoNode *));
        if (!grown) oto_refuse("oto_backward", "no memory for a walk over %zu operations", capacity);
        walk->nodes = grown;
        walk->capacity = capacity;
    }
    walk->nodes[walk->count++] = node;
}

static int by_serial(const void *a, const void *b) {
    uint64_t x = (*(OtoNode *const *)a)->serial, y = (*(OtoNode *const *)b)->serial;
    return (x > y) - (x < y);
}

/* Lives until the innermost scope ends. */
static struct walk *walk_from(OtoNode *last) {
    static atomic_uint_least64_t visits;
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk) oto_refuse("oto_backward", "no memory for a walk");
    oto_hold(walk, free_walk);
    uint64_t visit = atomic_fetch_add(&visits, 1) + 1;
    reach(walk, last, visit);
    for (size_t at = 0; at < walk->count; at++)
        for (int i = 0; i < walk->nodes[at]->count; i++) reach(walk, walk->nodes[at]->inputs[i].tensor.node, visit);
    qsort(walk->nodes, walk->count, sizeof *walk->nodes, by_serial);
    return walk;
}

void oto_visit(OtoTensor *x, void (*visit)(OtoNode *node, void *context), void *context) {
    oto_need("oto_visit", "x", x);
    if (!x->node) return;
    oto_scope {
        struct walk *walk = walk_from(x->node);
        for (size_t at = walk->count; at-- > 0;) visit(walk->nodes[at], context);
    }
}

/* ---- gradients on their way ---- */

struct addition {
    float *to;
    const float *from;
};

OTO_VECTORISED static void add_floats(float *restrict to, const float *restrict from, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}
static void add_piece(int64_t from, int64_t to, void *context) {
    struct addition *addition = context;
    add_floats(addition->to + from, addition->from + from, to - from);
}

/* On its way a gradient is bare numbers: names, units and rates that came with it by another way are no reason to
 * refuse its sum or product with anything. */
static void set_gradient(OtoNode *node, OtoTensor *gradient) {
    OtoTensor before = node->gradient;
    node->used = false;
    node->gradient = *gradient;
    node->gradient.origin = NULL;
    node->gradient.quantity = OTO_PLAIN;
    node->gradient.sample_rate = 0;
    node->gradient.framing = (OtoFraming){};
    for (int i = 0; i < gradient->rank; i++) node->gradient.axes[i] = (OtoAxis){.name = "", .unit = "", .step = 1};
    oto_buffer_hold(gradient->data);
    oto_node_hold(gradient->node);
    oto_let_go(&before);
}

static void add_gradient(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *sum = &node->gradient;
    if (!sum->data) {
        set_gradient(node, gradient);
    } else if (sum->node || gradient->node || gradient->type != OTO_FLOAT32 || oto_buffer_shared(sum->data)) {
        oto_scope set_gradient(node, oto_add(oto_view_of(sum, sum->node), gradient));
    } else {
        struct addition addition = {sum->data, gradient->data};
        oto_parallel(sum->size, 1 << 18, add_piece, &addition);
    }
}

/* What is handed out has the axes of what it belongs to. */
static OtoTensor *dressed(OtoTensor *gradient, OtoTensor *x) {
    for (int i = 0; i < x->rank; i++) oto_axis_copy(gradient, i, x, i);
    gradient->sample_rate = x->sample_rate;
    return gradient;
}

void oto_give(OtoNode *node, int i, OtoTensor *gradient) {
    if (!oto_node_wants(node, i)) return;
    const char *name = oto_node_name(node);
    oto_need(name, "the gradient of an input", gradient);
    OtoTensor *input = &node->inputs[i].tensor;
    bool fits = gradient->rank == input->rank && gradient->type == input->type;
    for (int k = 0; fits && k < input->rank; k++) fits = gradient->shape[k] == input->shape[k];
    if (!fits)
        oto_refuse(name, "its backward gave %s %s as the gradient of input %d, which is %s %s; they must be alike",
                   oto_type_name(gradient->type), oto_shape_quoted(gradient), i, oto_type_name(input->type),
                   oto_shape_quoted(oto_view_of(input, NULL)));
    add_gradient(input->node, gradient);
}

/* Every node that leads to a wanted one is wanted; the others are not walked through. */
static void spread_wanted(struct walk *walk) {
    for (size_t at = 0; at < walk->count; at++) {
        OtoNode *node = walk->nodes[at];
        for (int i = 0; i < node->count && !node->wanted; i++) node->wanted = oto_node_wants(node, i);
    }
}

static _Thread_local OtoWalkWatch *watcher; /* of oto_backward_again */
static _Thread_local void *watcher_context;

/* From the last node back, with a gradient of ones there. Gradients of operations are forgotten as soon as they are
 * carried on; those of `target` and of parameters stay. */
static void carry_back(struct walk *walk, OtoTensor *y, OtoNode *target, bool again) {
    add_gradient(y->node, oto_add(oto_like(oto_view_of(y, NULL), OTO_FLOAT32, NULL), 1));
    for (size_t at = walk->count; at-- > 0;) {
        OtoNode *node = walk->nodes[at];
        if (!node->wanted || !node->operation || node == target || !node->gradient.data) continue;
        if (oto_interrupt_pending()) return;
        if (again && node->operation->once)
            oto_refuse("oto_grad", "the gradient of %s cannot be differentiated again", node->operation->name);
        oto_scope {
            OtoTensor *gradient = oto_view_of(&node->gradient, node->gradient.node);
            oto_let_go(&node->gradient);
            node->operation->backward(node, gradient);
        }
        if (watcher) watcher(node, watcher_context);
    }
}

static void walk_back(struct walk *walk, OtoTensor *y, OtoNode *target, bool again) {
    spread_wanted(walk);
    for (size_t at = 0; at < walk->count; at++) /* what a walk that was broken off has left */
        if (walk->nodes[at]->operation) oto_let_go(&walk->nodes[at]->gradient);
    if (again) {
        carry_back(walk, y, target, true);
        return;
    }
    oto_no_grad carry_back(walk, y, target, false);
}

/* ---- from a loss ---- */

static void check_loss(const char *operation, OtoTensor *loss) {
    oto_need_float(operation, "loss", loss);
    if (loss->size != 1)
        oto_refuse(operation,
                   "loss is %s, but a gradient is that of one number; take oto_mean_all(loss) or oto_sum_all(loss)",
                   oto_shape_quoted(loss));
    if (!loss->node)
        oto_refuse(operation,
                   "no parameter leads to this loss, so there is no gradient; was it computed in oto_no_grad, from "
                   "oto_detach, or through oto_item and back?");
    if (loss->node->walked)
        oto_refuse(operation, "this loss has been walked back from before, and its gradients would be added a second "
                              "time; compute the loss again first");
}

static void check_unused(const char *operation, struct walk *walk) {
    for (size_t at = 0; at < walk->count; at++) {
        OtoNode *node = walk->nodes[at];
        if (!node->operation && node->wanted && node->used && node->gradient.data)
            oto_refuse(operation,
                       "the gradients that the last oto_update has used are still in the parameters, and these "
                       "would be added to them; call oto_zero_grad(optimizer) before oto_backward, or let "
                       "oto_step do all three. For the slope of an input alone (a saliency map) there is "
                       "oto_grad(y, x), which leaves the parameters as they are");
    }
}

static void walk_into(const char *operation, OtoTensor *loss, int count, OtoTensor *parameters[]) {
    oto_scope {
        struct walk *walk = walk_from(loss->node);
        for (size_t at = 0; at < walk->count; at++) walk->nodes[at]->wanted = false;
        for (int i = 0; i < count; i++) parameters[i]->node->wanted = true;
        check_unused(operation, walk);
        walk_back(walk, loss, NULL, false);
        loss->node->walked = true;
    }
}

void oto_backward_into(const char *operation, OtoTensor *loss, int count, OtoTensor *parameters[]) {
    check_loss(operation, loss);
    walk_into(operation, loss, count, parameters);
}

void oto_backward_again(OtoTensor *loss, int count, OtoTensor *parameters[], OtoWalkWatch *watch, void *context) {
    watcher = watch;
    watcher_context = context;
    walk_into("oto_backward_again", loss, count, parameters);
    watcher = NULL;
}

void oto_backward(OtoTensor *loss) {
    check_loss("oto_backward", loss);
    oto_scope {
        struct walk *walk = walk_from(loss->node);
        for (size_t at = 0; at < walk->count; at++) walk->nodes[at]->wanted = !walk->nodes[at]->operation;
        check_unused("oto_backward", walk);
        walk_back(walk, loss, NULL, false);
        loss->node->walked = true;
    }
}

OtoTensor *(oto_grad)(OtoTensor *y, OtoTensor *x, OtoGradOptions options) {
    oto_need_float("oto_grad", "y", y);
    oto_need("oto_grad", "x", x);
    if (!x->node)
        oto_refuse("oto_grad", "x is no parameter and came from none; y must be computed from oto_parameter(x)");
    if (!y->node) oto_refuse("oto_grad", "no parameter leads to y");
    OtoTensor *result = NULL;
    oto_scope {
        struct walk *walk = walk_from(y->node);
        bool there = false;
        for (size_t at = 0; at < walk->count; at++) {
            walk->nodes[at]->wanted = walk->nodes[at] == x->node;
            there |= walk->nodes[at]->wanted;
        }
        if (!there) oto_refuse("oto_grad", "y does not come from x");
        x->node->asked = true;
        OtoTensor own = x->node->gradient; /* of a parameter: it stays what it is */
        x->node->gradient = (OtoTensor){};
        walk_back(walk, y, x->node, options.again);
        OtoTensor found = x->node->gradient;
        x->node->gradient = own;
        result = oto_keep(found.data ? dressed(oto_view_of(&found, found.node), x) : oto_like(x, x->type, NULL));
        oto_let_go(&found);
    }
    return result;
}

/* ---- what a walk has left in a parameter ---- */

static OtoNode *parameter_node(const char *operation, OtoTensor *x) {
    oto_need(operation, "x", x);
    if (!x->node)
        oto_refuse(operation, "x is no parameter: no gradient is kept for it; see oto_parameter and oto_grad");
    if (x->node->operation)
        oto_refuse(operation, "x came from %s, and gradients are left in parameters only; see oto_grad(y, x)",
                   oto_node_name(x->node));
    return x->node;
}

OtoTensor *oto_gradient(OtoTensor *x) {
    OtoNode *node = parameter_node("oto_gradient", x);
    if (!node->gradient.data)
        oto_refuse("oto_gradient", "there is no gradient in x: no oto_backward has reached it since it was made, or "
                                   "since its gradient was set to zero");
    OtoTensor *copy = NULL;
    oto_scope copy = oto_keep(dressed(oto_copy(oto_view_of(&node->gradient, NULL)), x));
    return copy;
}

bool oto_has_gradient(OtoTensor *x) {
    return parameter_node("oto_has_gradient", x)->gradient.data;
}

void oto_zero_gradient(OtoTensor *x) {
    OtoNode *node = parameter_node("oto_zero_gradient", x);
    oto_let_go(&node->gradient);
    node->used = false;
}

void oto_gradient_used(OtoTensor *x) {
    parameter_node("oto_gradient_used", x)->used = true;
}

bool oto_gradient_is_used(OtoTensor *x) {
    return parameter_node("oto_gradient_is_used", x)->used;
}

const float *oto_gradient_data(OtoTensor *x) {
    return parameter_node("oto_gradient_data", x)->gradient.data;
}
