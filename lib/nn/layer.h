/* layer: an operation with the parameters that it learns. Layers are put together to larger ones, and a network is the
 * largest.
 *
 *     OtoLayer *net = oto_sequential(oto_nn_linear(40, 128), oto_nn_relu(), oto_nn_linear(128, 10));
 *     OtoTensor *y = oto_apply(net, x);                      (batch, 40) -> (batch, 10)
 *
 * One of one's own is a structure of its parts and a function that says how x goes through them:
 *
 *     typedef struct { OtoLayer *conv, *norm; OtoTensor *scale; } Residual;
 *     OtoTensor *residual(OtoLayer *l, OtoTensor *x) {
 *         Residual *r = oto_self(l, Residual);
 *         return oto_add(x, oto_mul(r->scale, oto_apply(r->norm, oto_apply(r->conv, x))));
 *     }
 *     OtoLayer *block = oto_layer(Residual, residual, .conv = oto_nn_conv2d(16, 16, 3, .padding = 1),
 *                                 .norm = oto_nn_batch_norm2d(16), .scale = oto_parameter(oto_tensor(1)));
 *
 * Ownership: a layer owns its parts and tensors; they end with it. A part has one owner. What a forward makes on its
 * way ends when it returns, but for its result and what the gradient needs: oto_keep what it shall leave behind.
 *
 * Parts are called by their path: "2" is the third of a sequence, "block.conv.weight" a parameter. A refusal inside
 * begins with it: "net.2 (linear): oto_linear: x is (batch 8, 40), but ...".
 */
#ifndef OTO_NN_LAYER_H
#define OTO_NN_LAYER_H

#include "../tensor/graph.h"

typedef struct OtoLayer OtoLayer;
/* How x goes through a layer. */
typedef OtoTensor *OtoForward(OtoLayer *layer, OtoTensor *x);

typedef struct OtoLayerTensor {
    char *name; /* "weight" */
    OtoTensor *tensor;
    bool buffer; /* kept and saved, but not learned: a running mean */
} OtoLayerTensor;

/* Read what you like. */
struct OtoLayer {
    const char *type;    /* "conv2d", or the name of the structure */
    char *settings_text; /* "1, 16, 3, padding 1", or NULL */
    OtoForward *forward; /* NULL: it takes more than one x, and has a function of its own */
    bool training;
    OtoLayer *parent; /* of which it is a part, or NULL */
    char *name;       /* in the parent, or NULL */
    int tensor_count, child_count;
    OtoLayerTensor *tensors; /* in the order in which they were added */
    OtoLayer **children;
    const struct OtoLayerType *kind;     /* NULL: one's own */
    void *self;                          /* its settings, or its structure */
    struct oto_weight_from *weight_from; /* NULL: the weight itself is learned (weight_norm.h) */
    size_t self_size;
};

/* ---- building ---- */

/* One after the other: x goes through the first, its result through the second, ... As torch.nn.Sequential. */
#define oto_sequential(...)                                                                                            \
    oto_sequential_of((int)(sizeof((OtoLayer *[]){__VA_ARGS__}) / sizeof(OtoLayer *)), (OtoLayer *[]){__VA_ARGS__})
OtoLayer *oto_sequential_of(int count, OtoLayer *layers[]);

/* A layer of one's own: Type is a structure, forward the function, and what follows fills in the structure. Fields that
 * are layers (or arrays of them) become parts, tensors with a gradient parameters, other tensors buffers, all called by
 * their field; NULL is left out, and the rest stays as given. (gcc cannot tell the names of fields: there they are
 * numbers.) */
#if defined(__clang__)
#define oto_layer(Type, forward, ...)                                                                                  \
    (oto_layer_begin(#Type, forward, &(Type){__VA_ARGS__}, sizeof(Type)),                                              \
     __builtin_dump_struct((Type *)oto_layer_fields(), oto_layer_field), oto_layer_end())
#else
#define oto_layer(Type, forward, ...)                                                                                  \
    (oto_layer_begin(#Type, forward, &(Type){__VA_ARGS__}, sizeof(Type)), oto_layer_scan(), oto_layer_end())
#endif
/* The structure of such a layer; refuses when it is another. */
#define oto_self(layer, Type) ((Type *)oto_layer_self(layer, #Type, sizeof(Type)))
void *oto_layer_self(OtoLayer *layer, const char *type, size_t size);

/* ---- using ---- */

/* forward(layer, x). x may have any shape that the layer takes. */
OtoTensor *oto_apply(OtoLayer *layer, OtoTensor *x);
#define oto_apply(layer, x) oto_apply_called(layer, x, #layer)
OtoTensor *oto_apply_called(OtoLayer *layer, OtoTensor *x, const char *called);

/* Training mode (as new layers are) and evaluation mode, of the layer and all its parts: dropout and batch norm differ.
 * As train() and eval() in PyTorch. */
void oto_train(OtoLayer *layer);
void oto_evaluate(OtoLayer *layer);
/* In evaluation mode and without gradients; afterwards each part is in the mode that it was in:
 *     oto_evaluating(net) f1 = f1_of(oto_apply(net, x), y);      left by its end, break, return, goto and refusals */
typedef struct OtoEvaluating {
    uint64_t serial; /* of what is known of the block (layer.c) */
    OtoNoGrad no_grad;
    bool open;
} OtoEvaluating;
OtoEvaluating oto_evaluating_begin(OtoLayer *layer);
void oto_evaluating_end(OtoEvaluating *block);
#define oto_evaluating(layer)                                                                                          \
    for (OtoEvaluating oto_this_evaluation __attribute__((cleanup(oto_evaluating_end))) = oto_evaluating_begin(layer); \
         oto_this_evaluation.open; oto_this_evaluation.open = false)

/* Frozen parameters get no gradient, and no optimiser changes them. */
void oto_freeze(OtoLayer *layer);
void oto_unfreeze(OtoLayer *layer);

/* ---- looking inside ---- */

/* How many numbers a layer learns, frozen ones too. */
int64_t oto_parameter_count(OtoLayer *layer);
/* The part at a path ("2", "block.conv"; "" is the layer itself), the tensor at a path ("block.conv.weight"). Refuse a
 * path that leads nowhere, and list what there is. The tensor is the layer's: change its numbers, do not free it. */
OtoLayer *oto_layer_at(OtoLayer *layer, const char *path);
OtoTensor *oto_layer_tensor(OtoLayer *layer, const char *path);
/* "linear(40, 128)". free() it. */
char *oto_layer_describe(OtoLayer *layer);
/* A line for each part: path, type, settings, tensors, how many numbers. free() it. */
char *oto_layer_text(OtoLayer *layer);
void oto_layer_print(OtoLayer *layer);

/* All tensors of a layer and its parts, in the order of the parts; lives until the innermost scope ends. */
typedef struct OtoNamedTensor {
    char *path;
    OtoTensor *tensor;
    OtoLayer *layer; /* whose it is */
    bool buffer;
} OtoNamedTensor;
typedef struct OtoTensorList {
    int count;
    OtoNamedTensor *items;
} OtoTensorList;
OtoTensorList oto_layer_tensors(OtoLayer *layer);

/* ---- for the library's own layers ---- */

/* One static const for each type of layer. */
typedef struct OtoLayerType {
    const char *name;    /* "conv2d" */
    OtoForward *forward; /* NULL: it takes more than x (oto_lstm(l, x, &state)); `use` says so */
    const char *use;     /* "oto_lstm(layer, x, &state)", or NULL */
    /* floating point operations of one forward, a multiplication and an addition being two; NULL: none worth counting
     */
    int64_t (*operations)(OtoLayer *layer, OtoTensor *x, OtoTensor *y);
} OtoLayerType;

/* "oto_nn_conv2d": the function that makes such a layer, for its refusals; kept until this thread asks again. */
const char *oto_layer_maker(const OtoLayerType *type);
/* A layer with a copy of size bytes of settings, which oto_layer_settings gives back. */
OtoLayer *oto_layer_new(const OtoLayerType *type, const void *settings, size_t size);
#define oto_layer_settings(layer, Type) ((const Type *)(layer)->self)
/* The settings as text, for print: oto_layer_say(l, "%d, %d", in, out). */
void oto_layer_say(OtoLayer *layer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Gives the layer a tensor, which is its own from then on: one that a gradient is wanted of, or a buffer. NULL is left
 * out. In forward, layer->tensors[i].tensor is the i-th. Returns x. */
OtoTensor *oto_add_parameter(OtoLayer *layer, const char *name, OtoTensor *x);
OtoTensor *oto_add_buffer(OtoLayer *layer, const char *name, OtoTensor *x);
/* Gives the layer a part: one without an owner, and neither the layer itself nor one that it is inside of. */
OtoLayer *oto_add_layer(OtoLayer *layer, const char *name, OtoLayer *part);
/* Refuses unless layer is alive (and, where type is not NULL, of this type). */
void oto_need_layer(const char *operation, OtoLayer *layer, const OtoLayerType *type);

/* oto_inside(layer) { ... }: a refusal in the block names the layer's path; for the functions of layers that take more
 * than one x. */
typedef struct OtoInside {
    OtoLayer *layer;
    struct OtoInside *outer;
    const char *called;
    struct OtoCache *cache; /* of oto_apply_cached, or NULL */
    bool open;
} OtoInside;
void oto_inside_begin(OtoInside *block, OtoLayer *layer, const char *called);
void oto_inside_end(OtoInside *block);
#define oto_inside(this_layer)                                                                                         \
    for (OtoInside oto_this_inside __attribute__((cleanup(oto_inside_end))) = {.open = true};                          \
         oto_this_inside.open && (oto_inside_begin(&oto_this_inside, this_layer, NULL), true);                         \
         oto_this_inside.open = false)
/* The layer whose forward runs now, the innermost, or NULL: outside any. */
OtoLayer *oto_layer_now(void);
/* "net.2" of a layer that x goes through now; of others their path from the root's type. free() it. */
char *oto_layer_path(OtoLayer *layer);

/* watch(layer, x, y, context) after each oto_apply of this thread, parts before wholes; NULL: no more. Returns the
 * watcher before. */
typedef void OtoLayerWatch(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context);
OtoLayerWatch *oto_watch_layers(OtoLayerWatch *watch, void *context);
bool oto_layers_watched(void);
/* Tells the watcher that y came from x; for the functions of layers that take more than one x. */
void oto_layer_gave(OtoLayer *layer, OtoTensor *x, OtoTensor *y);

/* What oto_layer is made of. */
void oto_layer_begin(const char *type, OtoForward *forward, const void *fields, size_t size);
void *oto_layer_fields(void);
int oto_layer_field(const char *format, ...);
void oto_layer_scan(void);
OtoLayer *oto_layer_end(void);

#endif
