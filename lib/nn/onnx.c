#include "lib/nn/onnx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/nn/onnx_part.h"
#include "lib/nn/settings.h"
#include "lib/tensor/error.h"

/* ---- the net ---- */

static void put_layer(const struct part *part) {
    if (!part->layer->kind)
        refuse(part, "is a layer of your own, and what its C function computes cannot be written as ONNX; put the net "
                     "together of the library's layers in oto_sequential, or save it with oto_save");
    if (!oto_onnx_layer(part) && !oto_onnx_activation(part) && !oto_onnx_recurrent(part))
        refuse(part, "has no operator in ONNX; save the parts before and after it, each as a file of its own");
}

/* A layer from x, which is the name of what comes in, and becomes that of what comes out. */
static void put_net(struct oto_onnx *file, const struct oto_passage *passage, OtoLayer *layer, const char *path,
                    char x[static NAME_SIZE]);

static void put_child(const struct part *part, const struct oto_passage *passage, int i, char x[static NAME_SIZE]) {
    char below[NAME_SIZE];
    snprintf(below, sizeof below, "%s", name(part, part->layer->children[i]->name));
    put_net(part->file, passage, part->layer->children[i], below, x);
}

/* The shortcut's result (or x) and the layer's, added or behind one another in the channels. */
static void put_shortcut(const struct part *part, const struct oto_passage *passage) {
    char through[NAME_SIZE], past[NAME_SIZE];
    snprintf(through, sizeof through, "%s", part->x);
    snprintf(past, sizeof past, "%s", part->x);
    put_child(part, passage, 0, through);
    if (part->layer->child_count > 1) put_child(part, passage, 1, past);
    bool sum = !strcmp(part->layer->type, "residual");
    oto_onnx_begin(part->file, sum ? "Add" : "Concat", name(part, "both"));
    oto_onnx_input(part->file, past);
    oto_onnx_input(part->file, through);
    if (!sum) oto_onnx_integer(part->file, "axis", 1);
    end(part);
}

static void put_same(const struct part *part, const char *x) {
    oto_onnx_begin(part->file, "Identity", part->y);
    oto_onnx_input(part->file, x);
    end(part);
}

static void put_attention(const struct part *part, const struct oto_passage *passage) {
    char x[NAME_SIZE];
    snprintf(x, sizeof x, "%s", name(part, "heads"));
    oto_onnx_heads(part, x);
    put_child(part, passage, 0, x);
    put_same(part, x);
}

/* The number of a part among the children. */
static int child_at(const struct part *part, const OtoLayer *child) {
    int i = 0;
    while (part->layer->children[i] != child) i++;
    return i;
}

/* x through the two parts of a block, and past each. */
static void put_block(const struct part *part, const struct oto_passage *passage) {
    const struct oto_transformer_settings *s = oto_layer_settings(part->layer, struct oto_transformer_settings);
    OtoLayer *const ways[2][3] = {{s->self_attention}, {s->linear[0], s->activation, s->linear[1]}};
    char past[NAME_SIZE], through[NAME_SIZE];
    snprintf(past, sizeof past, "%s", part->x);
    for (int i = 0; i < 2; i++) {
        memcpy(through, past, sizeof through);
        if (s->norm_first) put_child(part, passage, child_at(part, s->norm[i]), through);
        for (int k = 0; k < 3 && ways[i][k]; k++) put_child(part, passage, child_at(part, ways[i][k]), through);
        oto_onnx_begin(part->file, "Add", name(part, i ? "sum2" : "sum1"));
        oto_onnx_input(part->file, past);
        oto_onnx_input(part->file, through);
        oto_onnx_end(part->file, name(part, i ? "sum2" : "sum1"));
        snprintf(past, sizeof past, "%s", name(part, i ? "sum2" : "sum1"));
        if (!s->norm_first) put_child(part, passage, child_at(part, s->norm[i]), past);
    }
    put_same(part, past);
}

/* Layers that are made of others; those are written too. */
static const struct {
    const char *type;
    void (*put)(const struct part *part, const struct oto_passage *passage);
} wholes[] = {
    {"residual", put_shortcut},
    {"skip", put_shortcut},
    {"multi_head_attention", put_attention},
    {"transformer_block", put_block},
};
enum { WHOLES = sizeof wholes / sizeof *wholes };

static void put_net(struct oto_onnx *file, const struct oto_passage *passage, OtoLayer *layer, const char *path,
                    char x[static NAME_SIZE]) {
    struct part part = {.file = file, .layer = layer, .stop = oto_stop_of(passage, layer), .path = path, .x = x};
    if (layer->kind && !strcmp(layer->type, "sequential")) {
        for (int i = 0; i < layer->child_count; i++) put_child(&part, passage, i, x);
        return;
    }
    char y[NAME_SIZE];
    snprintf(y, sizeof y, "%s", name(&part, "y"));
    if (!*path) snprintf(y, sizeof y, "net.y"); /* "y" is the result's name */
    part.y = y;
    int whole = 0;
    while (whole < WHOLES && (!layer->kind || strcmp(wholes[whole].type, layer->type))) whole++;
    if (whole < WHOLES)
        wholes[whole].put(&part, passage);
    else
        put_layer(&part);
    memcpy(x, y, NAME_SIZE);
}

/* Under another name first: an interrupted writing leaves the old file as it was. */
static void write_file(const char *path, const struct oto_message *model) {
    char *other;
    if (asprintf(&other, "%s.part", path) < 0) oto_refuse(oto_onnx_operation, "no memory is left for a name");
    FILE *file = fopen(other, "wbe");
    bool written = file && fwrite(model->bytes, 1, model->size, file) == model->size;
    if (file && fclose(file)) written = false;
    if (written && rename(other, path)) written = false;
    int error = errno;
    if (!written) unlink(other);
    free(other);
    if (!written) oto_refuse(oto_onnx_operation, "%s cannot be written: %s", path, strerror(error));
}

static void release_file(void *thing) {
    oto_onnx_free(thing);
    free(thing);
}
static void release_message(void *thing) {
    oto_message_free(thing);
    free(thing);
}

static void *new_held(size_t size, void (*release)(void *thing)) {
    void *thing = calloc(1, size);
    if (!thing) oto_refuse(oto_onnx_operation, "no memory is left for a model");
    return oto_hold(thing, release);
}

void oto_save_onnx(OtoLayer *net, OtoTensor *x, const char *path) {
    oto_check_text(oto_onnx_operation, "path", path);
    oto_scope {
        struct oto_passage *passage = oto_pass(oto_onnx_operation, net, x);
        struct oto_onnx *file = new_held(sizeof *file, release_file);
        struct oto_message *model = new_held(sizeof *model, release_message);
        const struct oto_form *in = &passage->stops[0].x, *out = &passage->stops[0].y;
        char last[NAME_SIZE] = "x";
        oto_onnx_argument(file, "x", in->type, in->rank, in->shape);
        put_net(file, passage, net, "", last);
        oto_onnx_begin(file, "Identity", "y");
        oto_onnx_input(file, last);
        oto_onnx_end(file, "y");
        oto_onnx_result(file, "y", out->type, out->rank, out->shape);
        *model = oto_onnx_finish(file, "oto");
        if (model->failed) oto_refuse(oto_onnx_operation, "no memory is left for a model of this size");
        if (model->size >= INT32_MAX)
            oto_refuse(oto_onnx_operation, "the model has %zu bytes, but an ONNX file holds at most 2 GB", model->size);
        write_file(path, model);
    }
}
