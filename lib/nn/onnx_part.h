/* onnx_part: a layer on its way into an ONNX file, and what its nodes are written with. For the files
 * onnx*.c of this folder. */
#ifndef OTO_NN_ONNX_PART_H
#define OTO_NN_ONNX_PART_H

#include <stdio.h>
#include <string.h>

#include "lib/nn/onnx_file.h"
#include "lib/nn/passage.h"
#include "lib/nn/weight_norm.h"
#include "lib/tensor/error.h"

#define oto_onnx_operation "oto_save_onnx"
enum { NAME_SIZE = 300 };

/* A layer on its way into the file: x is the name of what comes in, y of what shall come out. */
struct part {
    struct oto_onnx *file;
    OtoLayer *layer;
    const struct oto_stop *stop;
    const char *path, *x, *y;
};

static inline void __attribute__((noreturn)) refuse(const struct part *part, const char *why) {
    oto_refuse(oto_onnx_operation, "%s (%s) %s", *part->path ? part->path : "net", part->layer->type, why);
}

/* "0.weight" of layer "0"; lives until this thread has asked for eight more. */
static inline const char *name(const struct part *part, const char *what) {
    static _Thread_local char names[8][NAME_SIZE];
    static _Thread_local unsigned turn;
    char *text = names[turn++ % 8];
    if (snprintf(text, NAME_SIZE, "%s%s%s", part->path, *part->path ? "." : "", what) >= NAME_SIZE)
        refuse(part, "stands at too long a path; give its parts shorter names");
    return text;
}

static inline void put_constant(const struct part *part, const char *what, OtoTensor *x) {
    oto_onnx_constant(part->file, name(part, what), x->type, x->rank, x->shape, x->data);
}

/* The layer's i-th tensor as the next input, if there is one; a weight that is computed is written as it is now. */
static inline void give_tensor(const struct part *part, int i) {
    if (i >= oto_plain_tensors(part->layer)) return;
    bool computed = i == 0 && part->layer->weight_from;
    const char *what = computed ? "weight" : part->layer->tensors[i].name;
    oto_scope oto_evaluating(part->layer)
        put_constant(part, what, computed ? oto_layer_weight(part->layer) : part->layer->tensors[i].tensor);
    oto_onnx_input(part->file, name(part, what));
}

/* One node of one input that leads from x to y. */
static inline void begin(const struct part *part, const char *type) {
    oto_onnx_begin(part->file, type, part->path);
    oto_onnx_input(part->file, part->x);
}
static inline void end(const struct part *part) {
    oto_onnx_end(part->file, part->y);
}

static inline void give_number(const struct part *part, const char *what, double number) {
    oto_onnx_constant(part->file, name(part, what), OTO_FLOAT32, 0, NULL, (const float[]){(float)number});
    oto_onnx_input(part->file, name(part, what));
}

static inline void put_transpose(const struct part *part, const char *from, const char *to, int rank,
                                 const int64_t order[]) {
    oto_onnx_begin(part->file, "Transpose", to);
    oto_onnx_input(part->file, from);
    oto_onnx_integers(part->file, "perm", rank, order);
    oto_onnx_end(part->file, to);
}

/* How a type of layer is written; plain is the operator where there is nothing more to say. */
struct oto_onnx_writer {
    const char *type;
    void (*put)(const struct part *part);
    const char *plain;
};
/* Whether one of these writers is for this type of layer; then the layer is written. */
static inline bool put_by(const struct oto_onnx_writer writers[], size_t count, const struct part *part) {
    size_t i = 0;
    while (i < count && strcmp(writers[i].type, part->layer->type)) i++;
    if (i == count) return false;
    if (writers[i].put) {
        writers[i].put(part);
    } else {
        begin(part, writers[i].plain);
        end(part);
    }
    return true;
}

/* ---- families of layers, each with a file of its own ---- */

/* Whether the layer is one of this family; then it is written. */
bool oto_onnx_layer(const struct part *part);
bool oto_onnx_activation(const struct part *part);
bool oto_onnx_recurrent(const struct part *part);

/* What the heads of a multi_head_attention have found, before out_proj, under the name y. */
void oto_onnx_heads(const struct part *part, const char *y);

#endif
