/* The layers of recurrent.h: parameters, stacks of layers, states. */
#include "lib/nn/recurrent.h"
#include "lib/nn/cache.h"
#include "lib/nn/dropout.h"
#include "lib/nn/initial.h"
#include "lib/nn/recurrence.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdio.h>

static int64_t tensors_of_direction(const struct oto_recurrent_settings *r) {
    return r->bias ? 4 : 2;
}

static OtoTensor *state_of(OtoTensor *states, int64_t i) {
    return states ? oto_row(states, i) : NULL;
}

static struct recurrent_weights weights_of(OtoLayer *layer, const struct oto_recurrent_settings *r, int64_t i,
                                           const OtoState *state) {
    const OtoLayerTensor *at = layer->tensors + i * tensors_of_direction(r);
    return (struct recurrent_weights){.w_ih = at[0].tensor,
                                      .w_hh = at[1].tensor,
                                      .b_ih = r->bias ? at[2].tensor : NULL,
                                      .b_hh = r->bias ? at[3].tensor : NULL,
                                      .h0 = state_of(state->h, i),
                                      .c0 = state_of(state->c, i)};
}

static void check_states(OtoLayer *layer, const struct oto_recurrent_settings *r, OtoTensor *x, const char *argument,
                         OtoTensor *state) {
    if (!state) return;
    oto_need_float(layer->type, argument, state);
    int64_t count = r->layers * r->directions;
    if (state->rank != 3 || state->shape[0] != count || state->shape[1] != x->shape[0] || state->shape[2] != r->hidden)
        oto_refuse(layer->type,
                   "%s is %s, but must be (layers * directions %lld, batch %lld, hidden %lld); {} is a state of zeros",
                   argument, oto_shape_quoted(state), (long long)count, (long long)x->shape[0], (long long)r->hidden);
}

/* (batch, hidden) of direction d at time t of y. */
static OtoTensor *state_at(const struct oto_recurrent_settings *r, OtoTensor *y, int64_t t, int d) {
    OtoTensor *step = oto_slice(oto_slice(y, 1, t, t + 1), 2, d * r->hidden, (d + 1) * r->hidden);
    return oto_reshape(step, y->shape[0], r->hidden);
}

/* x through all layers. after, where not NULL: 2 * layers * directions places for h and c after the last step. */
static OtoTensor *go_through(OtoLayer *layer, OtoTensor *x, const OtoState *before, OtoTensor **after) {
    const struct oto_recurrent_settings *r = oto_layer_settings(layer, struct oto_recurrent_settings);
    int64_t time = 0, count = r->layers * r->directions;
    for (int64_t i = 0; i < count; i += r->directions) {
        struct recurrent_weights weights[2];
        for (int d = 0; d < r->directions; d++) weights[d] = weights_of(layer, r, i + d, before);
        OtoTensor *y = oto_recurrent_layer(r->cell, x, r->directions, weights, after && r->has_c);
        time = x->shape[1];
        x = after && r->has_c ? oto_slice(y, 1, 0, time) : y;
        for (int d = 0; after && d < r->directions; d++) {
            after[i + d] = state_at(r, y, d ? 0 : time - 1, d);
            if (r->has_c) after[count + i + d] = state_at(r, y, time, d);
        }
        if (i + r->directions < count) x = oto_dropout(x, .p = r->dropout);
    }
    return x;
}

/* The steps after those that the cache knows of. */
static OtoTensor *go_on(OtoLayer *layer, OtoTensor *x) {
    const struct oto_recurrent_settings *r = oto_layer_settings(layer, struct oto_recurrent_settings);
    if (r->directions == 2)
        oto_refuse(layer->type, "a bidirectional layer goes back from the end, which is not known step by step; give "
                                "the whole sequence to oto_apply");
    OtoState state = {.h = oto_recalled(layer, 0), .c = r->has_c ? oto_recalled(layer, 1) : NULL};
    OtoTensor *y = oto_apply_state(layer, x, &state);
    oto_store(layer, 0, state.h);
    if (r->has_c) oto_store(layer, 1, state.c);
    return y;
}

static OtoTensor *forward(OtoLayer *layer, OtoTensor *x) {
    return oto_cache_now() ? go_on(layer, x) : go_through(layer, x, &(OtoState){}, NULL);
}

static int64_t operations(OtoLayer *layer, OtoTensor *x, OtoTensor *y) {
    const struct oto_recurrent_settings *r = oto_layer_settings(layer, struct oto_recurrent_settings);
    int64_t steps = x->shape[0] * x->shape[1], sum = 0;
    for (int64_t i = 0; i < r->layers * r->directions; i++) {
        const OtoLayerTensor *at = layer->tensors + i * tensors_of_direction(r);
        sum += 2 * steps * (at[0].tensor->size + at[1].tensor->size);
    }
    return sum;
}

static const OtoLayerType lstm = {
    .name = "lstm", .forward = forward, .use = "oto_apply_state(layer, x, &state)", .operations = operations};
static const OtoLayerType gru = {
    .name = "gru", .forward = forward, .use = "oto_apply_state(layer, x, &state)", .operations = operations};
static const OtoLayerType rnn = {
    .name = "rnn", .forward = forward, .use = "oto_apply_state(layer, x, &state)", .operations = operations};

static const struct oto_recurrent_settings *need_recurrent(const char *operation, OtoLayer *layer, OtoState *state) {
    oto_need_layer(operation, layer, NULL);
    if (layer->kind != &lstm && layer->kind != &gru && layer->kind != &rnn)
        oto_refuse(operation, "layer is a %s; a state belongs to oto_nn_lstm, oto_nn_gru or oto_nn_rnn", layer->type);
    if (!state) oto_refuse(operation, "state is NULL; begin with OtoState state = {}; and give &state");
    return oto_layer_settings(layer, struct oto_recurrent_settings);
}

OtoTensor *oto_apply_state(OtoLayer *layer, OtoTensor *x, OtoState *state) {
    const struct oto_recurrent_settings *r = need_recurrent("oto_apply_state", layer, state);
    oto_need_float("oto_apply_state", "x", x);
    OtoTensor *y = NULL;
    oto_inside(layer) {
        if (x->rank == 3) {
            check_states(layer, r, x, "state.h", state->h);
            check_states(layer, r, x, "state.c", state->c);
        }
        int count = r->layers * r->directions;
        oto_scope {
            OtoTensor **after = oto_zeros_of(OTO_INT64, 1, (const long long[]){2 * count})->data;
            y = oto_keep(go_through(layer, x, state, after));
            *state = (OtoState){.h = oto_keep(oto_stack_all(count, after)),
                                .c = r->has_c ? oto_keep(oto_stack_all(count, after + count)) : NULL};
        }
    }
    return y;
}

OtoTensor *oto_apply_cell(OtoLayer *layer, OtoTensor *x, OtoState *state) {
    const char *name = "oto_apply_cell";
    const struct oto_recurrent_settings *r = need_recurrent(name, layer, state);
    if (r->layers * r->directions > 1)
        oto_refuse(name, "layer has %d layers and %d directions; a cell has one of each", r->layers, r->directions);
    oto_need_float(name, "x", x);
    if (x->rank != 2) oto_refuse(name, "x is %s, but must be (batch, features): one time step", oto_shape_quoted(x));
    OtoTensor *h = NULL;
    oto_scope {
        OtoState all = {.h = state->h ? oto_reshape(state->h, 1, x->shape[0], r->hidden) : NULL,
                        .c = state->c ? oto_reshape(state->c, 1, x->shape[0], r->hidden) : NULL};
        oto_apply_state(layer, oto_reshape(x, x->shape[0], 1, x->shape[1]), &all);
        h = oto_keep(oto_row(all.h, 0));
        *state = (OtoState){.h = h, .c = all.c ? oto_keep(oto_row(all.c, 0)) : NULL};
    }
    return h;
}

/* ---- making them ---- */

static void add_tensors(OtoLayer *layer, const struct oto_recurrent_settings *r, int level, int direction) {
    static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
    int64_t width = r->cell->gates * r->hidden;
    int64_t columns[] = {level ? r->directions * r->hidden : r->features, r->hidden, 1, 1};
    for (int i = 0; i < tensors_of_direction(r); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_l%d%s", names[i], level, direction ? "_reverse" : "");
        oto_add_parameter(layer, name,
                          oto_initial_uniform(layer, 1 / sqrt((double)r->hidden), i < 2 ? 2 : 1,
                                              (const long long[]){width, columns[i]}));
    }
}

static OtoLayer *new_layer(const char *name, const OtoLayerType *type, const struct recurrent_cell *cell,
                           int64_t features, int64_t hidden, const OtoRecurrentOptions *options) {
    oto_check_range(name, "features", (double)features, 1, 1e7);
    oto_check_range(name, "hidden", (double)hidden, 1, 1e7);
    oto_check_range(name, "num_layers", options->num_layers, 1, 1000);
    oto_check_range(name, "dropout", options->dropout, 0, 1);
    if (options->dropout > 0 && options->num_layers == 1)
        oto_refuse(name,
                   "dropout acts between layers, and there is one; give .num_layers, or put oto_nn_dropout(%g) "
                   "behind it",
                   options->dropout);
    struct oto_recurrent_settings settings = {.cell = cell,
                                              .features = features,
                                              .hidden = hidden,
                                              .layers = options->num_layers,
                                              .directions = options->bidirectional ? 2 : 1,
                                              .dropout = options->dropout,
                                              .bias = !options->no_bias,
                                              .has_c = cell == &oto_lstm_cell};
    OtoLayer *layer = oto_layer_new(type, &settings, sizeof settings);
    oto_layer_say(layer, "%lld, %lld%s", (long long)features, (long long)hidden,
                  options->bidirectional ? ", bidirectional" : "");
    if (options->num_layers > 1)
        oto_layer_say(layer, "%lld, %lld, num_layers %d%s", (long long)features, (long long)hidden, options->num_layers,
                      options->bidirectional ? ", bidirectional" : "");
    for (int level = 0; level < settings.layers; level++)
        for (int d = 0; d < settings.directions; d++) add_tensors(layer, &settings, level, d);
    return layer;
}

OtoLayer *(oto_nn_lstm)(int64_t features, int64_t hidden, OtoRecurrentOptions options) {
    return new_layer("oto_nn_lstm", &lstm, &oto_lstm_cell, features, hidden, &options);
}
OtoLayer *(oto_nn_gru)(int64_t features, int64_t hidden, OtoRecurrentOptions options) {
    return new_layer("oto_nn_gru", &gru, &oto_gru_cell, features, hidden, &options);
}
OtoLayer *(oto_nn_rnn)(int64_t features, int64_t hidden, OtoRecurrentOptions options) {
    return new_layer("oto_nn_rnn", &rnn, options.relu ? &oto_rnn_relu_cell : &oto_rnn_tanh_cell, features, hidden,
                     &options);
}
