#include "lib/tensor/graph.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/error.h"
#include "lib/tensor/node.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local bool silent; /* nothing is written down */
static atomic_uint_least64_t last_serial;

OtoNoGrad oto_no_grad_begin(void) {
    OtoNoGrad block = {.before = silent, .open = true};
    silent = true;
    return block;
}
void oto_no_grad_end(OtoNoGrad *block) {
    silent = block->before;
}
bool oto_no_grad_now(void) {
    return silent;
}
void oto_no_grad_left(void) {
    silent = false;
}

/* ---- what a node keeps ---- */

static struct kept keep(OtoTensor *x, bool data) {
    struct kept kept = {.tensor = *x, .version = oto_buffer_version(x->data)};
    kept.tensor.data = data ? oto_buffer_hold(x->data) : NULL;
    kept.tensor.origin = NULL;
    for (int i = 0; i < x->rank; i++) kept.tensor.axes[i].values = NULL;
    oto_node_hold(x->node);
    return kept;
}

void oto_let_go(OtoTensor *kept) {
    oto_buffer_release(kept->data);
    OtoNode *node = kept->node;
    kept->data = NULL;
    kept->node = NULL;
    oto_node_release(node);
}

/* A long chain of nodes is let go in a loop: recursion would need a stack as deep as the chain is long. */
void oto_node_release(OtoNode *node) {
    static _Thread_local OtoNode *ending;
    static _Thread_local bool at_work;
    if (!node || atomic_fetch_sub(&node->holders, 1) > 1) return;
    node->next = ending;
    ending = node;
    if (at_work) return;
    at_work = true;
    while ((node = ending)) {
        ending = node->next;
        oto_let_go(&node->gradient);
        oto_let_go(&node->output.tensor);
        for (int i = 0; i < node->count; i++) oto_let_go(&node->inputs[i].tensor);
        if (node->own) free((void *)node->operation);
        free(node->settings);
        free(node);
    }
    at_work = false;
}

static OtoNode *new_node(int count) {
    OtoNode *node = calloc(1, sizeof *node + (size_t)count * sizeof node->inputs[0]);
    if (!node) oto_refuse("oto_record", "no memory for a node of %d inputs", count);
    node->holders = 1;
    node->serial = atomic_fetch_add(&last_serial, 1) + 1;
    node->count = count;
    return node;
}

OtoTensor *oto_view_of(const OtoTensor *kept, OtoNode *node) {
    OtoTensor *x = oto_tensor_bare();
    *x = *kept;
    x->origin = NULL;
    for (int i = 0; i < x->rank; i++) x->axes[i].values = NULL;
    if (x->data) oto_buffer_hold(x->data);
    x->node = oto_node_hold(node);
    return x;
}

/* ---- leaves ---- */

OtoTensor *oto_parameter(OtoTensor *x) {
    oto_need_float("oto_parameter", "x", x);
    OtoTensor *parameter = oto_copy(x);
    parameter->node = new_node(0);
    return parameter;
}

bool oto_wants_gradient(OtoTensor *x) {
    oto_need("oto_wants_gradient", "x", x);
    return x->node;
}

void oto_want_gradient(OtoTensor *x, bool wanted) {
    oto_need_float("oto_want_gradient", "x", x);
    if (x->node && x->node->operation)
        oto_refuse("oto_want_gradient", "x came from %s, so it is no parameter; see oto_detach",
                   oto_node_name(x->node));
    if (wanted == (x->node != NULL)) return;
    OtoNode *node = x->node;
    x->node = wanted ? new_node(0) : NULL;
    oto_node_release(node);
}

OtoTensor *oto_detach(OtoTensor *x) {
    oto_need("oto_detach", "x", x);
    return oto_copy(x);
}

/* ---- writing down ---- */

bool oto_records_any(int count, OtoTensor *inputs[]) {
    if (silent) return false;
    for (int i = 0; i < count; i++)
        if (inputs[i] && inputs[i]->node) return true;
    return false;
}

OtoTensor *oto_record_of(const OtoOperation *operation, OtoTensor *y, const void *settings, size_t size, int count,
                         OtoTensor *inputs[]) {
    if (!oto_records_any(count, inputs)) return y;
    if (y->node) oto_refuse(operation->name, "its result came from another operation already; a result must be new");
    OtoNode *node = new_node(count);
    node->operation = operation;
    y->node = node; /* from here on, y's end is the node's */
    if (size) {
        node->settings = malloc(size);
        if (!node->settings) oto_refuse(operation->name, "no memory for %zu bytes", size);
        memcpy(node->settings, settings, size);
    }
    for (int i = 0; i < count; i++)
        if (inputs[i]) node->inputs[i] = keep(inputs[i], operation->saves & OTO_SAVES_INPUT(i < 62 ? i : 62));
    node->output = keep(y, operation->saves & OTO_SAVES_OUTPUT);
    node->output.tensor.node = NULL; /* it would hold itself */
    atomic_fetch_sub(&node->holders, 1);
    return y;
}

OtoTensor *oto_op_of(OtoTensor *y, OtoBackward *backward, const char *name, int count, OtoTensor *inputs[]) {
    oto_need("oto_op", "y", y);
    if (!backward) oto_refuse("oto_op", "backward is NULL; give the function that carries gradients back");
    if (count > 62) oto_refuse("oto_op", "an operation has at most 62 inputs, not %d", count);
    for (int i = 0; i < count; i++) {
        oto_need("oto_op", "an input", inputs[i]);
        if (inputs[i] == y) oto_refuse("oto_op", "y is one of its own inputs; the result must be a new tensor");
    }
    if (!oto_records_any(count, inputs)) return y;
    size_t length = strlen(name);
    static const char ending[] = "_backward";
    if (length > strlen(ending) && !strcmp(name + length - strlen(ending), ending)) length -= strlen(ending);
    OtoOperation *operation = malloc(sizeof *operation + length + 1);
    if (!operation) oto_refuse("oto_op", "no memory for an operation");
    char *called = (char *)(operation + 1);
    memcpy(called, name, length);
    called[length] = '\0';
    *operation = (OtoOperation){.name = called, .backward = backward, .saves = OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT};
    oto_record_of(operation, y, NULL, 0, count, inputs);
    y->node->own = true;
    return y;
}

/* ---- reading ---- */

static void check_input(OtoNode *node, int i) {
    if (i < 0 || i >= node->count)
        oto_refuse(oto_node_name(node), "its backward asks for input %d, but there are inputs 0 to %d", i,
                   node->count - 1);
}

OtoTensor *oto_node_input(OtoNode *node, int i) {
    check_input(node, i);
    struct kept *kept = &node->inputs[i];
    if (kept->tensor.data && oto_buffer_version(kept->tensor.data) != kept->version)
        oto_refuse(oto_node_name(node),
                   "its input %d was changed in place (by oto_update or oto_step) after it was used, so the gradient "
                   "would be a wrong one; compute the loss again after the update",
                   i);
    return oto_view_of(&kept->tensor, kept->tensor.node);
}

OtoTensor *oto_node_output(OtoNode *node) {
    return oto_view_of(&node->output.tensor, node);
}

int oto_node_inputs(OtoNode *node) {
    return node->count;
}

bool oto_node_wants(OtoNode *node, int i) {
    check_input(node, i);
    OtoNode *before = node->inputs[i].tensor.node;
    return before && before->wanted;
}

const void *oto_node_settings(OtoNode *node) {
    return node->settings;
}

const char *oto_node_name(OtoNode *node) {
    return node->operation ? node->operation->name : "parameter";
}

OtoNode *oto_node_of(OtoTensor *x) {
    return x->node;
}

OtoNode *oto_node_before(OtoNode *node, int i) {
    check_input(node, i);
    return node->inputs[i].tensor.node;
}

bool oto_node_is_parameter(OtoNode *node) {
    return !node->operation;
}
bool oto_node_is_asked(OtoNode *node) {
    return node->asked;
}

void oto_changed(OtoTensor *x) {
    oto_buffer_changed(x->data);
}

/* ---- forgetting ---- */

uint64_t oto_mark(void) {
    return oto_value_mark();
}

static bool was_written_down(OtoKind kind, void *value) {
    OtoTensor *x = value;
    return kind == OTO_TENSOR && x->node && x->node->operation;
}

void oto_forget_between(uint64_t from, uint64_t to) {
    oto_scope_free_between(from, to, was_written_down);
}
