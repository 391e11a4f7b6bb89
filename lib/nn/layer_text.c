/* Layers by their paths, and as text. */
#include "lib/nn/layer.h"
#include "lib/nn/quantity.h"
#include "lib/tensor/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
    OtoNamedTensor *items;
    int count, capacity;
};

static void free_list(void *thing) {
    struct list *list = thing;
    for (int i = 0; i < list->count; i++) free(list->items[i].path);
    free(list->items);
    free(list);
}

static char *joined(const char *path, const char *name) {
    char *text;
    if (asprintf(&text, "%s%s%s", path, *path ? "." : "", name) < 0) oto_refuse("oto_layer", "no memory for a path");
    return text;
}

static void list_tensors(struct list *list, OtoLayer *layer, const char *path) {
    for (int i = 0; i < layer->tensor_count; i++) {
        if (list->count == list->capacity) {
            int capacity = list->capacity * 2 + 16;
            OtoNamedTensor *grown = realloc(list->items, (size_t)capacity * sizeof *grown);
            if (!grown) oto_refuse("oto_layer_tensors", "no memory for a list of %d tensors", capacity);
            list->items = grown;
            list->capacity = capacity;
        }
        OtoLayerTensor *tensor = &layer->tensors[i];
        list->items[list->count++] =
            (OtoNamedTensor){joined(path, tensor->name), tensor->tensor, layer, tensor->buffer};
    }
    for (int i = 0; i < layer->child_count; i++) {
        char *below = joined(path, layer->children[i]->name);
        list_tensors(list, layer->children[i], below);
        free(below);
    }
}

OtoTensorList oto_layer_tensors(OtoLayer *layer) {
    oto_need_layer("oto_layer_tensors", layer, NULL);
    struct list *list = calloc(1, sizeof *list);
    if (!list) oto_refuse("oto_layer_tensors", "no memory for a list");
    oto_hold(list, free_list);
    list_tensors(list, layer, "");
    return (OtoTensorList){list->count, list->items};
}

int64_t oto_parameter_count(OtoLayer *layer) {
    oto_need_layer("oto_parameter_count", layer, NULL);
    int64_t count = 0;
    for (int i = 0; i < layer->tensor_count; i++)
        if (!layer->tensors[i].buffer) count += layer->tensors[i].tensor->size;
    for (int i = 0; i < layer->child_count; i++) count += oto_parameter_count(layer->children[i]);
    return count;
}

/* ---- by path ---- */

/* The part whose name the path begins with, and what is left of the path; names may hold dots ("blocks.0"). */
static OtoLayer *step_down(OtoLayer *layer, const char **path) {
    for (int i = 0; i < layer->child_count; i++) {
        size_t length = strlen(layer->children[i]->name);
        if (strncmp(*path, layer->children[i]->name, length) != 0) continue;
        if ((*path)[length] != '\0' && (*path)[length] != '.') continue;
        *path += length + ((*path)[length] == '.');
        return layer->children[i];
    }
    return NULL;
}

/* Names of the parts, or of the tensors, "0, 1, 2"; for a message. */
static const char *names_in(OtoLayer *layer, bool tensors) {
    static _Thread_local char text[300];
    size_t used = 0;
    int count = tensors ? layer->tensor_count : layer->child_count;
    text[0] = '\0';
    for (int i = 0; i < count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "",
                                 tensors ? layer->tensors[i].name : layer->children[i]->name);
    return count ? text : "none";
}

OtoLayer *oto_layer_at(OtoLayer *layer, const char *path) {
    oto_need_layer("oto_layer_at", layer, NULL);
    oto_check_text("oto_layer_at", "path", path);
    const char *rest = path;
    while (*rest) {
        OtoLayer *below = step_down(layer, &rest);
        if (!below)
            oto_refuse("oto_layer_at", "there is no part \"%s\"; at \"%s\" the parts of the %s are %s", path, rest,
                       layer->type, names_in(layer, false));
        layer = below;
    }
    return layer;
}

OtoTensor *oto_layer_tensor(OtoLayer *layer, const char *path) {
    oto_need_layer("oto_layer_tensor", layer, NULL);
    oto_check_text("oto_layer_tensor", "path", path);
    const char *rest = path;
    for (OtoLayer *below; (below = step_down(layer, &rest));) layer = below;
    for (int i = 0; i < layer->tensor_count; i++)
        if (!strcmp(layer->tensors[i].name, rest)) return layer->tensors[i].tensor;
    oto_refuse("oto_layer_tensor", "there is no tensor \"%s\"; at \"%s\" the tensors of the %s are %s", path, rest,
               layer->type, names_in(layer, true));
}

/* ---- as text ---- */

char *oto_layer_describe(OtoLayer *layer) {
    oto_need_layer("oto_layer_describe", layer, NULL);
    char *text;
    int length = layer->settings_text ? asprintf(&text, "%s(%s)", layer->type, layer->settings_text)
                                      : asprintf(&text, "%s", layer->type);
    if (length < 0) oto_refuse("oto_layer_describe", "no memory for a text");
    return text;
}

static void write_tensors(FILE *out, OtoLayer *layer) {
    int64_t learned = 0;
    bool frozen = false;
    for (int i = 0; i < layer->tensor_count; i++) {
        OtoLayerTensor *tensor = &layer->tensors[i];
        fprintf(out, "%s%s %s", i ? ", " : "  ", tensor->name, oto_shape_quoted(tensor->tensor));
        if (tensor->buffer) continue;
        learned += tensor->tensor->size;
        frozen |= !oto_wants_gradient(tensor->tensor);
    }
    if (learned) {
        fprintf(out, ": ");
        oto_write_count(out, learned);
    }
    if (frozen) fprintf(out, ", frozen");
}

static void write_layer(FILE *out, OtoLayer *layer, int depth) {
    char *described = oto_layer_describe(layer);
    fprintf(out, "%*s%s%s%s", depth * 2, "", layer->name ? layer->name : "", layer->name ? "  " : "", described);
    free(described);
    write_tensors(out, layer);
    fputc('\n', out);
    for (int i = 0; i < layer->child_count; i++) write_layer(out, layer->children[i], depth + 1);
}

char *oto_layer_text(OtoLayer *layer) {
    oto_need_layer("oto_layer_text", layer, NULL);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse("oto_layer_text", "no memory for a text");
    write_layer(out, layer, 0);
    oto_write_count(out, oto_parameter_count(layer));
    fprintf(out, " parameters, in %s mode\n", layer->training ? "training" : "evaluation");
    if (fclose(out) != 0) oto_refuse("oto_layer_text", "no memory for a text");
    return text;
}

void oto_layer_print(OtoLayer *layer) {
    char *text = oto_layer_text(layer);
    fputs(text, stdout);
    free(text);
}
