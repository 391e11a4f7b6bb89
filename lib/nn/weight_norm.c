#include "lib/nn/weight_norm.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static OtoTensor *added(OtoLayer *layer, int i) {
    return layer->tensors[layer->weight_from->plain + i].tensor;
}

OtoTensor *oto_layer_weight(OtoLayer *layer) {
    return layer->weight_from ? layer->weight_from->make(layer) : layer->tensors[0].tensor;
}

int oto_plain_tensors(const OtoLayer *layer) {
    return layer->weight_from ? layer->weight_from->plain : layer->tensor_count;
}

/* ---- changing a layer ---- */

static void name_tensor(OtoLayer *layer, int i, const char *name) {
    char *copy = strdup(name);
    if (!copy) oto_refuse(layer->type, "no memory for the name %s", name);
    free(layer->tensors[i].name);
    layer->tensors[i].name = copy;
}

/* learned: what the tensor in the weight's place is called from now on. */
static void take_over(const char *operation, OtoLayer *layer, const struct oto_weight_from *from, const char *learned) {
    static const char *const types[] = {"linear", "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"};
    oto_need_layer(operation, layer, NULL);
    bool weighted = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) weighted |= layer->kind && !strcmp(types[i], layer->type);
    if (!weighted)
        oto_refuse(operation, "layer is a %s, but must be a linear layer or a convolution, which have one weight",
                   layer->type);
    if (layer->weight_from)
        oto_refuse(operation, "the layer has a %s already; make a new one", layer->weight_from->name);
    struct oto_weight_from *copy = malloc(sizeof *copy);
    char *settings = layer->settings_text ? strdup(layer->settings_text) : NULL;
    if (!copy || !settings) oto_refuse(operation, "no memory for its settings");
    *copy = *from;
    copy->plain = layer->tensor_count;
    layer->weight_from = copy;
    name_tensor(layer, 0, learned);
    oto_layer_say(layer, "%s, %s", settings, from->name);
    free(settings);
}

/* ---- w = g v / |v| ---- */

static OtoTensor *lengths_of_rows(OtoTensor *rows) {
    return oto_sqrt(oto_sum_over(oto_squared(rows), 1, .keep = true));
}

static OtoTensor *make_by_lengths(OtoLayer *layer) {
    OtoTensor *v = layer->tensors[0].tensor, *g = oto_reshape(added(layer, 0), v->shape[0], 1);
    OtoTensor *rows = oto_reshape(v, v->shape[0], -1);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < v->rank; i++) shape[i] = v->shape[i];
    return oto_reshape_to(oto_mul(rows, oto_div(g, lengths_of_rows(rows))), v->rank, shape);
}

OtoLayer *oto_nn_weight_norm(OtoLayer *layer) {
    take_over("oto_nn_weight_norm", layer, &(struct oto_weight_from){.name = "weight_norm", .make = make_by_lengths},
              "parametrizations.weight.original1");
    OtoTensor *v = layer->tensors[0].tensor;
    oto_scope oto_no_grad {
        long long shape[OTO_RANK_MAX] = {v->shape[0]};
        for (int i = 1; i < v->rank; i++) shape[i] = 1;
        OtoTensor *g = lengths_of_rows(oto_reshape(v, v->shape[0], -1));
        oto_add_parameter(layer, "parametrizations.weight.original0", oto_reshape_to(g, v->rank, shape));
    }
    return layer;
}

/* ---- w / sigma ---- */

/* w as a matrix (outputs, the rest): outputs are the first axis, in transposed convolutions the second. Element (row,
 * column) of the matrix is at row * row_step + column / inner * outer_step + column % inner. */
struct matrix {
    const float *w;
    int64_t rows, columns, inner, row_step, outer_step;
};

static struct matrix matrix_of(OtoLayer *layer) {
    const OtoTensor *w = layer->tensors[0].tensor;
    bool second = strstr(layer->type, "transpose");
    int64_t inner = w->size / (w->shape[0] * w->shape[1]), whole = w->shape[1] * inner;
    struct matrix m = {.w = w->data, .rows = w->shape[second], .inner = second ? inner : whole};
    m.columns = w->size / m.rows;
    m.row_step = second ? inner : whole;
    m.outer_step = second ? whole : 0;
    return m;
}

static int64_t place_in(const struct matrix *m, int64_t row, int64_t column) {
    return row * m->row_step + column / m->inner * m->outer_step + column % m->inner;
}

static void bring_to_length_1(float *x, int64_t count, double eps) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
    double scale = 1 / fmax(sqrt(sum), eps);
    for (int64_t i = 0; i < count; i++) x[i] = (float)(x[i] * scale);
}

/* u = w v / |w v|, then v = w^T u / |w^T u|. */
static void iterate(const struct matrix *m, float *u, float *v, int times, double eps) {
    for (int t = 0; t < times; t++) {
        for (int64_t i = 0; i < m->rows; i++) {
            double sum = 0;
            for (int64_t j = 0; j < m->columns; j++) sum += (double)m->w[place_in(m, i, j)] * v[j];
            u[i] = (float)sum;
        }
        bring_to_length_1(u, m->rows, eps);
        for (int64_t j = 0; j < m->columns; j++) {
            double sum = 0;
            for (int64_t i = 0; i < m->rows; i++) sum += (double)m->w[place_in(m, i, j)] * u[i];
            v[j] = (float)sum;
        }
        bring_to_length_1(v, m->columns, eps);
    }
}

/* sigma = u^T w v is the sum of w times u v^T, which is as constant as u and v. */
static OtoTensor *make_by_sigma(OtoLayer *layer) {
    OtoTensor *w = layer->tensors[0].tensor;
    const OtoSpectralNormOptions *options = &layer->weight_from->options;
    struct matrix m = matrix_of(layer);
    float *u = added(layer, 0)->data, *v = added(layer, 1)->data;
    if (layer->training) iterate(&m, u, v, options->n_power_iterations, options->eps);
    OtoTensor *outer = oto_like_new(w, OTO_FLOAT32, NULL);
    float *products = outer->data;
    for (int64_t i = 0; i < m.rows; i++)
        for (int64_t j = 0; j < m.columns; j++) products[place_in(&m, i, j)] = u[i] * v[j];
    return oto_div(w, oto_sum_all(oto_mul(w, outer)));
}

static OtoTensor *random_direction(int64_t count, double eps) {
    OtoTensor *x = oto_zeros(count);
    for (int64_t i = 0; i < count; i++) oto_data(x)[i] = (float)oto_normal();
    bring_to_length_1(x->data, count, eps);
    return x;
}

OtoLayer *(oto_nn_spectral_norm)(OtoLayer *layer, OtoSpectralNormOptions options) {
    const char *name = "oto_nn_spectral_norm";
    oto_check_range(name, "n_power_iterations", options.n_power_iterations, 1, 1e6);
    if (!(options.eps > 0)) oto_refuse(name, "eps is %g, but must be above 0", options.eps);
    take_over(name, layer,
              &(struct oto_weight_from){.name = "spectral_norm", .make = make_by_sigma, .options = options},
              "parametrizations.weight.original");
    struct matrix m = matrix_of(layer);
    oto_scope {
        OtoTensor *u = random_direction(m.rows, options.eps), *v = random_direction(m.columns, options.eps);
        iterate(&m, u->data, v->data, 15, options.eps); /* so many as PyTorch makes, to begin near sigma */
        oto_add_buffer(layer, "parametrizations.weight.0._u", u);
        oto_add_buffer(layer, "parametrizations.weight.0._v", v);
    }
    return layer;
}
