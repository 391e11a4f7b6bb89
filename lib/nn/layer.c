/* Layers as values: what they own, and how it is found again. */
#include "lib/nn/layer.h"
#include "lib/nn/fusion.h"
#include "lib/tensor/open_blocks.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_layer(void *value) {
    OtoLayer *layer = value;
    for (int i = 0; i < layer->tensor_count; i++) {
        if (oto_kind(layer->tensors[i].tensor) == OTO_TENSOR) oto_free(layer->tensors[i].tensor);
        free(layer->tensors[i].name);
    }
    for (int i = 0; i < layer->child_count; i++)
        if (oto_kind(layer->children[i]) == OTO_LAYER) oto_free(layer->children[i]);
    free(layer->tensors);
    free(layer->children);
    free(layer->settings_text);
    free(layer->name);
    free(layer->self);
    free(layer->weight_from);
    if (!layer->kind) free((char *)layer->type);
}

static OtoLayer *bare_layer(const char *type, OtoForward *forward, const void *self, size_t size) {
    OtoLayer *layer = oto_value_new(OTO_LAYER, sizeof *layer, release_layer);
    layer->type = type;
    layer->forward = forward;
    layer->training = true;
    layer->self = malloc(size ? size : 1);
    if (!layer->self) oto_refuse(type, "no memory for %zu bytes of settings", size);
    if (size) memcpy(layer->self, self, size);
    layer->self_size = size;
    oto_value_owns(layer, (int64_t)(sizeof *layer + size));
    return layer;
}

OtoLayer *oto_layer_new(const OtoLayerType *type, const void *settings, size_t size) {
    OtoLayer *layer = bare_layer(type->name, type->forward, settings, size);
    layer->kind = type;
    return layer;
}

const char *oto_layer_maker(const OtoLayerType *type) {
    static _Thread_local char name[48];
    snprintf(name, sizeof name, "oto_nn_%s", type->name);
    return name;
}

void oto_layer_say(OtoLayer *layer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    free(layer->settings_text);
    if (vasprintf(&layer->settings_text, format, arguments) < 0) layer->settings_text = NULL;
    va_end(arguments);
}

void oto_need_layer(const char *operation, OtoLayer *layer, const OtoLayerType *type) {
    oto_check_value(operation, "layer", layer, OTO_LAYER);
    if (type && layer->kind != type) oto_refuse(operation, "layer is a %s, but must be a %s", layer->type, type->name);
}

/* ---- what a layer owns ---- */

static char *own_name(OtoLayer *layer, const char *name) {
    char *copy = strdup(name);
    if (!copy) oto_refuse(layer->type, "no memory for the name %s", name);
    return copy;
}

static OtoTensor *add_tensor(OtoLayer *layer, const char *name, OtoTensor *x, bool buffer) {
    if (!x) return NULL;
    oto_need(layer->type, name, x);
    OtoLayerTensor *grown = realloc(layer->tensors, (size_t)(layer->tensor_count + 1) * sizeof *grown);
    if (!grown) oto_refuse(layer->type, "no memory for its tensor %s", name);
    layer->tensors = grown;
    layer->tensors[layer->tensor_count] = (OtoLayerTensor){own_name(layer, name), oto_value_adopt(x), buffer};
    layer->tensor_count++;
    return x;
}

OtoTensor *oto_add_parameter(OtoLayer *layer, const char *name, OtoTensor *x) {
    if (x) oto_want_gradient(x, true);
    return add_tensor(layer, name, x, false);
}

OtoTensor *oto_add_buffer(OtoLayer *layer, const char *name, OtoTensor *x) {
    return add_tensor(layer, name, x, true);
}

/* A layer inside itself would never be gone through to its end. */
static void refuse_a_cycle(OtoLayer *layer, const char *name, OtoLayer *part) {
    if (part == layer)
        oto_refuse(layer->type, "%s would be the %s itself, and no layer is a part of itself", name, layer->type);
    for (OtoLayer *owner = layer->parent; owner; owner = owner->parent)
        if (owner == part)
            oto_refuse(layer->type,
                       "%s would be the %s that this %s is inside of, so each would be a part of the other; make a "
                       "second %s for the inner one",
                       name, part->type, layer->type, part->type);
}

OtoLayer *oto_add_layer(OtoLayer *layer, const char *name, OtoLayer *part) {
    oto_check_value(layer->type, name, part, OTO_LAYER);
    refuse_a_cycle(layer, name, part);
    if (part->parent)
        oto_refuse(layer->type,
                   "%s is a part of a %s already, and a part has one owner; to use it twice, apply it twice in the "
                   "forward of its owner, or make a second one",
                   name, part->parent->type);
    OtoLayer **grown = realloc(layer->children, (size_t)(layer->child_count + 1) * sizeof(OtoLayer *));
    if (!grown) oto_refuse(layer->type, "no memory for its part %s", name);
    layer->children = grown;
    part->name = own_name(layer, name);
    part->parent = layer;
    layer->children[layer->child_count++] = oto_value_adopt(part);
    return part;
}

/* ---- a sequence ---- */

static OtoTensor *sequential_forward(OtoLayer *layer, OtoTensor *x) {
    for (int i = 0, count; i < layer->child_count; i += count) x = oto_apply_together(layer, i, x, &count);
    return x;
}

static const OtoLayerType sequential = {.name = "sequential", .forward = sequential_forward};

OtoLayer *oto_sequential_of(int count, OtoLayer *layers[]) {
    for (int i = 0; i < count; i++) oto_check_value("oto_sequential", "one of the layers", layers[i], OTO_LAYER);
    OtoLayer *layer = oto_layer_new(&sequential, NULL, 0);
    for (int i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        oto_add_layer(layer, name, layers[i]);
    }
    return layer;
}

/* ---- a layer of one's own ---- */

static _Thread_local OtoLayer *in_the_making;
static _Thread_local int scanned;

void oto_layer_begin(const char *type, OtoForward *forward, const void *fields, size_t size) {
    if (!forward)
        oto_refuse("oto_layer", "forward is NULL; give the function that says how x goes through the %s", type);
    char *name = strdup(type);
    if (!name) oto_refuse("oto_layer", "no memory for a %s", type);
    in_the_making = bare_layer(name, forward, fields, size);
    scanned = 0;
}

void *oto_layer_fields(void) {
    return in_the_making->self;
}

OtoLayer *oto_layer_end(void) {
    return in_the_making;
}

static void add_field(const char *name, void *value) {
    OtoKind kind = oto_kind(value);
    if (kind == OTO_FREED)
        oto_refuse("oto_layer", "%s of the %s has been freed, by oto_free or at the end of its oto_scope", name,
                   in_the_making->type);
    if (kind == OTO_LAYER) oto_add_layer(in_the_making, name, value);
    if (kind == OTO_TENSOR) add_tensor(in_the_making, name, value, !oto_wants_gradient(value));
}

/* clang calls this for each field with the format that shows it and with indent, type, name and value: pointers have
 * "= %p", arrays "= *%p" and their first element's address, and a length in their type. */
int oto_layer_field(const char *format, ...) {
    bool pointer = strstr(format, "%s = %p"), array = strstr(format, "%s = *%p");
    if (!pointer && !array) return 0;
    va_list arguments;
    va_start(arguments, format);
    va_arg(arguments, const char *);
    const char *type = va_arg(arguments, const char *), *name = va_arg(arguments, const char *);
    void *value = va_arg(arguments, void *);
    va_end(arguments);
    const char *length = strrchr(type, '[');
    if (pointer) {
        add_field(name, value);
    } else if (length && strstr(type, "*")) {
        for (int i = 0; i < atoi(length + 1); i++) {
            char *element;
            if (asprintf(&element, "%s.%d", name, i) < 0) oto_refuse("oto_layer", "no memory for a name");
            add_field(element, ((void **)value)[i]);
            free(element);
        }
    }
    return 0;
}

/* Without names: every pointer in the structure that is one of the library's. */
void oto_layer_scan(void) {
    for (size_t at = 0; at + sizeof(void *) <= in_the_making->self_size; at += sizeof(void *)) {
        void *value;
        memcpy(&value, (char *)in_the_making->self + at, sizeof value);
        char name[16];
        snprintf(name, sizeof name, "%d", scanned);
        if (oto_kind(value) == OTO_LAYER || oto_kind(value) == OTO_TENSOR) {
            add_field(name, value);
            scanned++;
        }
    }
}

void *oto_layer_self(OtoLayer *layer, const char *type, size_t size) {
    oto_need_layer("oto_self", layer, NULL);
    if (layer->kind || strcmp(layer->type, type) != 0)
        oto_refuse("oto_self", "the layer is a %s, not a %s; its forward must ask for the structure that oto_layer got",
                   layer->type, type);
    if (layer->self_size != size)
        oto_refuse("oto_self", "%s has changed since this layer was made; make the layer again", type);
    return layer->self;
}

/* ---- modes ---- */

static void for_each_layer(OtoLayer *layer, void (*visit)(OtoLayer *layer, void *context), void *context) {
    visit(layer, context);
    for (int i = 0; i < layer->child_count; i++) for_each_layer(layer->children[i], visit, context);
}

static void set_mode(OtoLayer *layer, void *training) {
    layer->training = *(bool *)training;
}
void oto_train(OtoLayer *layer) {
    oto_need_layer("oto_train", layer, NULL);
    for_each_layer(layer, set_mode, &(bool){true});
}
void oto_evaluate(OtoLayer *layer) {
    oto_need_layer("oto_evaluate", layer, NULL);
    for_each_layer(layer, set_mode, &(bool){false});
}

static void count_layer(OtoLayer *layer, void *count) {
    ++*(size_t *)count;
}

/* A block of oto_evaluating: the modes of the parts before it. */
struct evaluation {
    OtoLayer *layer;
    size_t count, at;
    bool before[];
};

static void note_mode(OtoLayer *layer, void *of) {
    struct evaluation *evaluation = of;
    evaluation->before[evaluation->at++] = layer->training;
}
/* Parts may have been added meanwhile. */
static void restore_mode(OtoLayer *layer, void *of) {
    struct evaluation *evaluation = of;
    if (evaluation->at < evaluation->count) layer->training = evaluation->before[evaluation->at++];
}

static void end_evaluation(void *what) {
    struct evaluation *evaluation = what;
    evaluation->at = 0;
    if (oto_kind(evaluation->layer) == OTO_LAYER) for_each_layer(evaluation->layer, restore_mode, evaluation);
}

OtoEvaluating oto_evaluating_begin(OtoLayer *layer) {
    oto_need_layer("oto_evaluating", layer, NULL);
    size_t count = 0;
    for_each_layer(layer, count_layer, &count);
    struct evaluation *evaluation = malloc(sizeof *evaluation + count * sizeof *evaluation->before);
    uint64_t block = 0;
    if (evaluation) {
        *evaluation = (struct evaluation){.layer = layer, .count = count};
        for_each_layer(layer, note_mode, evaluation);
        block = oto_block_begin(end_evaluation, evaluation);
    }
    if (!block) {
        free(evaluation);
        oto_refuse("oto_evaluating", "no memory for the modes of %zu layers", count);
    }
    oto_evaluate(layer);
    return (OtoEvaluating){.serial = block, .no_grad = oto_no_grad_begin(), .open = true};
}

void oto_evaluating_end(OtoEvaluating *block) {
    oto_block_end(block->serial);
    oto_no_grad_end(&block->no_grad);
}

static void set_frozen(OtoLayer *layer, void *frozen) {
    for (int i = 0; i < layer->tensor_count; i++)
        if (!layer->tensors[i].buffer) oto_want_gradient(layer->tensors[i].tensor, !*(bool *)frozen);
}
void oto_freeze(OtoLayer *layer) {
    oto_need_layer("oto_freeze", layer, NULL);
    for_each_layer(layer, set_frozen, &(bool){true});
}
void oto_unfreeze(OtoLayer *layer) {
    oto_need_layer("oto_unfreeze", layer, NULL);
    for_each_layer(layer, set_frozen, &(bool){false});
}
