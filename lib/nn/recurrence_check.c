/* What a recurrent layer refuses. */
#include "lib/nn/recurrence.h"
#include "lib/tensor/error.h"

static void check_weights(const char *name, const struct recurrent_cell *cell, const struct recurrent_weights *w) {
    oto_need_float(name, "w_ih", w->w_ih);
    oto_need_float(name, "w_hh", w->w_hh);
    int64_t hidden = w->w_hh->rank == 2 ? w->w_hh->shape[1] : 0, width = cell->gates * hidden;
    if (hidden < 1 || w->w_hh->shape[0] != width || w->w_ih->rank != 2 || w->w_ih->shape[0] != width)
        oto_refuse(name, "w_ih is %s and w_hh is %s; they must be (%d * hidden, features) and (%d * hidden, hidden)",
                   oto_shape_quoted(w->w_ih), oto_shape_quoted(w->w_hh), cell->gates, cell->gates);
    OtoTensor *biases[] = {w->b_ih, w->b_hh};
    for (int i = 0; i < 2; i++) {
        if (!biases[i]) continue;
        oto_need_float(name, i ? "b_hh" : "b_ih", biases[i]);
        if (biases[i]->rank != 1 || biases[i]->size != width)
            oto_refuse(name, "%s is %s; it must be (%lld), one number for each row of w_hh %s", i ? "b_hh" : "b_ih",
                       oto_shape_quoted(biases[i]), (long long)width, oto_shape_quoted(w->w_hh));
    }
}

static void check_state(const char *name, const char *argument, OtoTensor *state, int64_t batch, int64_t hidden) {
    if (!state) return;
    oto_need_float(name, argument, state);
    if (state->rank != 2 || state->shape[0] != batch || state->shape[1] != hidden)
        oto_refuse(name, "%s is %s; it must be (batch %lld, hidden %lld)", argument, oto_shape_quoted(state),
                   (long long)batch, (long long)hidden);
}

static void check_input(const char *name, OtoTensor *x, OtoTensor *w_ih) {
    oto_need_float(name, "x", x);
    const char *shape = oto_shape_quoted(x);
    if (x->rank == 2)
        oto_refuse(name,
                   "x is %s, but must be (batch, time, features); for one sequence, oto_reshape(x, 1, %lld, %lld)",
                   shape, (long long)x->shape[0], (long long)x->shape[1]);
    if (x->rank != 3) oto_refuse(name, "x is %s, but must be (batch, time, features)", shape);
    if (oto_axis_find(x, "time") == 0 || oto_axis_find(x, "batch") == 1)
        oto_refuse(name,
                   "x is %s: time comes first, but must come second, as (batch, time, features); exchange the first "
                   "two axes with oto_permute(x, 1, 0, 2)",
                   shape);
    if (x->shape[0] < 1 || x->shape[1] < 1)
        oto_refuse(name, "x is %s: there is no %s in it; it must have at least one", shape,
                   x->shape[0] < 1 ? "sequence" : "time step");
    int64_t features = w_ih->shape[1];
    if (x->shape[2] == features) return;
    if (x->shape[1] == features)
        oto_refuse(
            name,
            "x is %s, but must be (batch, time, features) with %lld features, as w_ih is %s; its second axis has "
            "%lld: are these the features? then oto_permute(x, 0, 2, 1)",
            shape, (long long)features, oto_shape_quoted(w_ih), (long long)features);
    oto_refuse(name,
               "x is %s, that is %lld features a time step, but the layer was made for %lld, its w_ih is %s; make the "
               "layer for %lld features, or give it such data",
               shape, (long long)x->shape[2], (long long)features, oto_shape_quoted(w_ih), (long long)x->shape[2]);
}

void oto_recurrence_check(const struct recurrent_cell *cell, OtoTensor *x, int directions,
                          const struct recurrent_weights weights[]) {
    const char *name = cell->operation->name;
    for (int d = 0; d < directions; d++) check_weights(name, cell, &weights[d]);
    check_input(name, x, weights[0].w_ih);
    for (int d = 0; d < directions; d++) {
        check_state(name, "h0", weights[d].h0, x->shape[0], weights[0].w_hh->shape[1]);
        check_state(name, "c0", weights[d].c0, x->shape[0], weights[0].w_hh->shape[1]);
    }
}
