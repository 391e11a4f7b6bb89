/* Attention in ONNX's operators:
 *
 *     x -> x W^T + b -> (3, batch, head, time, d) -> q, k, v
 *     softmax(scale (q k^T + distances) + mask) v -> (batch, time, features)
 *
 * Where time goes one way, the number of time steps is that of the example. */
#include <math.h>
#include <stdlib.h>

#include "lib/nn/onnx_part.h"
#include "lib/nn/settings.h"

/* A node of one or two inputs whose result has the name `to`. */
static void put(const struct part *part, const char *type, const char *a, const char *b, const char *to) {
    oto_onnx_begin(part->file, type, name(part, to));
    oto_onnx_input(part->file, name(part, a));
    if (b) oto_onnx_input(part->file, name(part, b));
    oto_onnx_end(part->file, name(part, to));
}

static void put_numbers(const struct part *part, const char *what, int count, const int64_t numbers[]) {
    oto_onnx_constant(part->file, name(part, what), OTO_INT64, 1, (const int64_t[]){count}, numbers);
}

/* qkv (batch, time, 3 features) -> q, k, v (batch, head, time, d) */
static void put_heads(const struct part *part, int heads, int64_t width) {
    static const char *const names[] = {"q", "k", "v"}, *const places[] = {"0", "1", "2"};
    put_numbers(part, "by_head", 5, (const int64_t[]){0, 0, 3, heads, width});
    put(part, "Reshape", "qkv", "by_head", "split");
    put_transpose(part, name(part, "split"), name(part, "heads_first"), 5, (const int64_t[]){2, 0, 3, 1, 4});
    for (int i = 0; i < 3; i++) {
        oto_onnx_constant(part->file, name(part, places[i]), OTO_INT64, 0, NULL, (const int64_t[]){i});
        put(part, "Gather", "heads_first", places[i], names[i]);
    }
}

/* scores (batch, head, time, time) += q_i . relative[i - j]. The products with all vectors, one for each distance, are
 * moved to where their key stands by a column of zeros in front and another length of rows (Music Transformer's skew):
 * (time, time) -> (time, 1 + time) = (1 + time, time), of which the first row is cut off. */
static void put_distances(const struct part *part, const struct oto_attention_settings *s, int64_t time) {
    const OtoLayerTensor *relative = &part->layer->tensors[part->layer->tensor_count - 1];
    int64_t width = relative->tensor->shape[2], shape[] = {s->heads, width, time};
    float *vectors = malloc((size_t)(s->heads * width * time) * sizeof *vectors);
    if (!vectors) oto_refuse(oto_onnx_operation, "no memory for the distances of %s", part->path);
    for (int64_t h = 0; h < s->heads; h++)
        for (int64_t d = 0; d < width; d++)
            for (int64_t t = 0; t < time; t++)
                vectors[(h * width + d) * time + t] =
                    ((float *)relative->tensor->data)[(h * s->distances + s->distances - time + t) * width + d];
    oto_onnx_constant(part->file, name(part, "relative"), OTO_FLOAT32, 3, shape, vectors);
    free(vectors);
    put(part, "MatMul", "q", "relative", "by_distance");
    put_numbers(part, "pads", 8, (const int64_t[]){0, 0, 0, 1, 0, 0, 0, 0});
    put(part, "Pad", "by_distance", "pads", "padded");
    put_numbers(part, "skew", 4, (const int64_t[]){0, 0, time + 1, time});
    put(part, "Reshape", "padded", "skew", "skewed");
    put_numbers(part, "one", 1, (const int64_t[]){1});
    put_numbers(part, "last", 1, (const int64_t[]){time + 1});
    put_numbers(part, "queries", 1, (const int64_t[]){2});
    oto_onnx_begin(part->file, "Slice", name(part, "distances"));
    static const char *const inputs[] = {"skewed", "one", "last", "queries"};
    for (int i = 0; i < 4; i++) oto_onnx_input(part->file, name(part, inputs[i]));
    oto_onnx_end(part->file, name(part, "distances"));
    put(part, "Add", "products", "distances", "scores");
}

/* -infinity for what lies behind. */
static void put_causal(const struct part *part, int64_t time) {
    float *mask = malloc((size_t)(time * time) * sizeof *mask);
    if (!mask) oto_refuse(oto_onnx_operation, "no memory for the mask of %s", part->path);
    for (int64_t i = 0; i < time * time; i++) mask[i] = i % time > i / time ? -INFINITY : 0;
    oto_onnx_constant(part->file, name(part, "mask"), OTO_FLOAT32, 2, (const int64_t[]){time, time}, mask);
    free(mask);
    put(part, "Add", "scaled", "mask", "masked");
}

void oto_onnx_heads(const struct part *part, const char *y) {
    const struct oto_attention_settings *s = oto_layer_settings(part->layer, struct oto_attention_settings);
    int64_t time = part->stop->x.shape[1], width = part->stop->x.shape[2] / s->heads;
    put_constant(part, "in_proj_weight", part->layer->tensors[0].tensor);
    put_transpose(part, name(part, "in_proj_weight"), name(part, "in_proj_weight.T"), 2, (const int64_t[]){1, 0});
    begin(part, "MatMul");
    oto_onnx_input(part->file, name(part, "in_proj_weight.T"));
    oto_onnx_end(part->file, name(part, s->bias ? "product" : "qkv"));
    if (s->bias) {
        put_constant(part, "in_proj_bias", part->layer->tensors[1].tensor);
        put(part, "Add", "product", "in_proj_bias", "qkv");
    }
    put_heads(part, s->heads, width);
    put_transpose(part, name(part, "k"), name(part, "k.T"), 4, (const int64_t[]){0, 1, 3, 2});
    put(part, "MatMul", "q", "k.T", s->distances ? "products" : "scores");
    if (s->distances) put_distances(part, s, time);
    float scale = 1 / sqrtf((float)width);
    oto_onnx_constant(part->file, name(part, "scale"), OTO_FLOAT32, 0, NULL, &scale);
    put(part, "Mul", "scores", "scale", "scaled");
    if (s->causal) put_causal(part, time);
    put(part, "Softmax", s->causal ? "masked" : "scaled", NULL, "weights");
    put(part, "MatMul", "weights", "v", "means");
    put_transpose(part, name(part, "means"), name(part, "by_time"), 4, (const int64_t[]){0, 2, 1, 3});
    put_numbers(part, "together", 3, (const int64_t[]){0, 0, part->stop->x.shape[2]});
    oto_onnx_begin(part->file, "Reshape", y);
    oto_onnx_input(part->file, name(part, "by_time"));
    oto_onnx_input(part->file, name(part, "together"));
    oto_onnx_end(part->file, y);
}
