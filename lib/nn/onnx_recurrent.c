/* Recurrent layers in ONNX's operators, which want time first and the gates in another order. */
#include <stdlib.h>
#include <string.h>

#include "lib/nn/onnx_part.h"
#include "lib/nn/recurrence.h"

/* How ONNX orders the gates that PyTorch (and this library) has as i f g o and r z n. */
static const int lstm_order[] = {0, 3, 1, 2}, gru_order[] = {1, 0, 2}, rnn_order[] = {0};

struct recurrent_part {
    const struct part *part;
    const struct oto_recurrent_settings *settings;
    const int *order;
};

/* Copies the blocks of rows of one tensor in ONNX's order. */
static float *reordered(float *to, const struct recurrent_part *recurrent, const OtoTensor *from) {
    int gates = recurrent->settings->cell->gates;
    int64_t block = from->size / gates;
    for (int g = 0; g < gates; g++)
        memcpy(to + g * block, (const float *)from->data + recurrent->order[g] * block, (size_t)block * sizeof *to);
    return to + from->size;
}

/* The i-th and, where `also` is not 0, the (i + also)-th tensor of both directions of a layer, as one constant. */
static void put_weights(const struct recurrent_part *recurrent, const char *what, int level, int i, int also) {
    const struct oto_recurrent_settings *r = recurrent->settings;
    const struct part *part = recurrent->part;
    int each = r->bias ? 4 : 2;
    const OtoLayerTensor *tensors = part->layer->tensors + (ptrdiff_t)level * r->directions * each;
    const OtoTensor *first = tensors[i].tensor;
    int64_t columns = first->rank == 2 ? first->shape[1] : first->shape[0] * 2;
    int64_t shape[] = {r->directions, first->rank == 2 ? first->shape[0] : columns, columns};
    float *data = malloc((size_t)(r->directions * first->size * (also ? 2 : 1)) * sizeof *data), *at = data;
    if (!data) oto_refuse(oto_onnx_operation, "no memory for the weights of %s", part->path);
    for (int d = 0; d < r->directions; d++) {
        at = reordered(at, recurrent, tensors[d * each + i].tensor);
        if (also) at = reordered(at, recurrent, tensors[d * each + i + also].tensor);
    }
    oto_onnx_constant(part->file, name(part, what), OTO_FLOAT32, first->rank == 2 ? 3 : 2, shape, data);
    free(data);
    oto_onnx_input(part->file, name(part, what));
}

/* One layer of x (time, batch, features) -> (time, direction, batch, hidden) -> (time, batch, direction * hidden). */
static void put_recurrent_level(const struct recurrent_part *recurrent, int level, const char *from, const char *to) {
    const struct oto_recurrent_settings *r = recurrent->settings;
    const struct part *part = recurrent->part;
    char what[3][40], states[40];
    for (int i = 0; i < 3; i++) snprintf(what[i], sizeof what[i], "%c_l%d", "WRB"[i], level);
    snprintf(states, sizeof states, "states_l%d", level);
    oto_onnx_begin(part->file, r->has_c ? "LSTM" : r->cell == &oto_gru_cell ? "GRU" : "RNN", name(part, states));
    oto_onnx_input(part->file, from);
    put_weights(recurrent, what[0], level, 0, 0);
    put_weights(recurrent, what[1], level, 1, 0);
    if (r->bias) put_weights(recurrent, what[2], level, 2, 1);
    oto_onnx_integer(part->file, "hidden_size", r->hidden);
    oto_onnx_text(part->file, "direction", r->directions == 2 ? "bidirectional" : "forward");
    if (r->cell == &oto_gru_cell) oto_onnx_integer(part->file, "linear_before_reset", 1);
    if (r->cell == &oto_rnn_relu_cell) oto_onnx_texts(part->file, "activations", r->directions, "Relu");
    oto_onnx_end(part->file, name(part, states));
    char ordered[60], shape[60];
    snprintf(ordered, sizeof ordered, "ordered_l%d", level);
    snprintf(shape, sizeof shape, "shape_l%d", level);
    put_transpose(part, name(part, states), name(part, ordered), 4, (const int64_t[]){0, 2, 1, 3});
    oto_onnx_constant(part->file, name(part, shape), OTO_INT64, 1, (const int64_t[]){3}, (const int64_t[]){0, 0, -1});
    oto_onnx_begin(part->file, "Reshape", to);
    oto_onnx_input(part->file, name(part, ordered));
    oto_onnx_input(part->file, name(part, shape));
    oto_onnx_end(part->file, to);
}

static void put_recurrent(const struct part *part) {
    const struct oto_recurrent_settings *r = oto_layer_settings(part->layer, struct oto_recurrent_settings);
    struct recurrent_part recurrent = {part, r,
                                       r->has_c                   ? lstm_order
                                       : r->cell == &oto_gru_cell ? gru_order
                                                                  : rnn_order};
    char from[NAME_SIZE], to[NAME_SIZE];
    snprintf(from, sizeof from, "%s", name(part, "by_time"));
    put_transpose(part, part->x, from, 3, (const int64_t[]){1, 0, 2});
    for (int level = 0; level < r->layers; level++) {
        char what[40];
        snprintf(what, sizeof what, "y_l%d", level);
        snprintf(to, sizeof to, "%s", name(part, what));
        put_recurrent_level(&recurrent, level, from, to);
        memcpy(from, to, sizeof from);
    }
    put_transpose(part, from, part->y, 3, (const int64_t[]){1, 0, 2});
}

static const struct oto_onnx_writer writers[] = {
    {"lstm", put_recurrent, NULL},
    {"gru", put_recurrent, NULL},
    {"rnn", put_recurrent, NULL},
};

bool oto_onnx_recurrent(const struct part *part) {
    return put_by(writers, sizeof writers / sizeof *writers, part);
}
