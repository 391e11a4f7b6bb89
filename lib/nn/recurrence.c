#include "lib/nn/recurrence.h"
#include "lib/tensor/error.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/product.h"
#include "lib/tensor/simd.h"

#include <string.h>

enum { DIRECTIONS = 2 };
/* The inputs of the node: x, then for each direction these. */
enum { H0, C0, W_IH, W_HH, B_IH, B_HH, GATES, KEPT, INPUTS };

struct sizes {
    int64_t batch, time, features, hidden, width; /* width: of all gates, gate * hidden */
    int directions;
    bool final_cell;
};

/* Both ways through time share this; one piece is `rows` sequences of one direction. */
struct run {
    const struct recurrent_cell *cell;
    struct sizes sizes;
    int64_t rows, pieces; /* of a piece at most, of a direction */
    float *scratch;       /* scratch_size for each piece */
    int64_t scratch_size;
    int64_t kept_rows; /* 1: kept is there for each step; 0: one row of scratch, nothing is written down */
    float *y;          /* (batch, time or time + 1, directions * hidden), or its gradient on the way back */
    const float *h;    /* on the way back: y */
    struct direction {
        float *gates, *kept;        /* (batch, time, width), (batch, time, hidden) */
        float *dgates, *drecurrent; /* (batch, time, width) */
        const float *packed, *bias, *h0, *c0;
        float *dh0, *dc0; /* or NULL */
    } directions[DIRECTIONS];
};

static float *numbers(OtoTensor *x) {
    return x ? x->data : NULL;
}

static OtoTensor *room(int64_t size) {
    return oto_tensor_new(OTO_FLOAT32, 1, (const long long[]){size});
}

/* The more sequences a piece has, the more often each number of W_hh is used while it is in a cache; but each thread
 * shall have one. A sequence's numbers are the same in any piece. */
static void cut(struct run *run, int64_t rooms) {
    enum { LEAST = 4, MOST = 18 };
    const struct sizes *n = &run->sizes;
    int64_t threads = oto_threads(), most = (n->batch * n->directions + threads - 1) / threads;
    most = most < LEAST ? LEAST : most > MOST ? MOST : most;
    run->pieces = (n->batch + most - 1) / most;
    run->rows = (n->batch + run->pieces - 1) / run->pieces;
    run->pieces = (n->batch + run->rows - 1) / run->rows;
    run->scratch_size = run->rows * rooms;
    run->scratch = room(run->scratch_size * run->pieces * n->directions)->data;
}

static void run_pieces(struct run *run, void (*body)(int64_t from, int64_t to, void *context)) {
    const struct sizes *n = &run->sizes;
    int64_t pieces = run->pieces * n->directions, work = n->batch * n->time * n->width * n->hidden;
    oto_parallel(pieces, work < 1 << 20 ? pieces : 1, body, run);
}

/* A piece's place: its direction, its first sequence and how many. */
struct place {
    int d;
    int64_t first, count;
    float *scratch;
};

static struct place place_of(const struct run *run, int64_t piece) {
    struct place place = {.d = (int)(piece / run->pieces), .first = piece % run->pieces * run->rows};
    int64_t left = run->sizes.batch - place.first;
    place.count = left < run->rows ? left : run->rows;
    place.scratch = run->scratch + piece * run->scratch_size;
    return place;
}

/* The step'th step in the order of direction d, as a place in time; -1 and time lie outside. */
static int64_t time_of(const struct run *run, int d, int64_t step) {
    return d ? run->sizes.time - 1 - step : step;
}
static float *row_of(float *base, const struct sizes *n, int64_t b, int64_t t, int64_t width) {
    return base + (b * n->time + t) * width;
}
static int64_t y_at(const struct sizes *n, int d, int64_t b, int64_t t) {
    int64_t wide = n->directions * n->hidden;
    return (b * (n->time + n->final_cell) + t) * wide + d * n->hidden;
}

static void copy(float *to, const float *from, int64_t count) {
    if (from)
        memcpy(to, from, (size_t)count * sizeof *to);
    else
        memset(to, 0, (size_t)count * sizeof *to);
}

static const float *state_row(const float *state, int64_t b, int64_t hidden) {
    return state ? state + b * hidden : NULL;
}

/* ---- forwards ---- */

static void forward_piece(const struct run *run, struct place at) {
    const struct sizes *n = &run->sizes;
    const struct direction *direction = &run->directions[at.d];
    int64_t hidden = n->hidden, width = n->width;
    float *h = at.scratch, *c = h + run->rows * hidden, *recurrent = c + run->rows * hidden,
          *kept = recurrent + run->rows * width;
    for (int64_t r = 0; r < at.count; r++) {
        copy(h + r * hidden, state_row(direction->h0, at.first + r, hidden), hidden);
        copy(c + r * hidden, state_row(direction->c0, at.first + r, hidden), hidden);
    }
    for (int64_t s = 0; s < n->time && !oto_interrupt_pending(); s++) {
        int64_t t = time_of(run, at.d, s);
        oto_product_packed((struct matrix){h, hidden, 1}, at.count, hidden, (struct panels){direction->packed, hidden},
                           width, recurrent, width, false);
        for (int64_t r = 0; r < at.count; r++) {
            int64_t b = at.first + r;
            struct step step = {
                .hidden = hidden,
                .gates = row_of(direction->gates, n, b, t, width),
                .recurrent = recurrent + r * width,
                .bias = direction->bias,
                .kept = run->kept_rows ? row_of(direction->kept, n, b, t, hidden) : kept,
                .h = h + r * hidden,
                .c = c + r * hidden,
            };
            run->cell->forward(&step);
            copy(run->y + y_at(n, at.d, b, t), step.h, hidden);
        }
    }
    for (int64_t r = 0; n->final_cell && r < at.count; r++)
        copy(run->y + y_at(n, at.d, at.first + r, n->time), c + r * hidden, hidden);
}

static void forward_pieces(int64_t from, int64_t to, void *context) {
    for (int64_t piece = from; piece < to; piece++) forward_piece(context, place_of(context, piece));
}

static const float *bias_of(OtoTensor *b_ih, OtoTensor *b_hh, int64_t width) {
    float *bias = room(2 * width)->data;
    copy(bias, numbers(b_ih), width);
    copy(bias + width, numbers(b_hh), width);
    return bias;
}

static const float *packed(OtoTensor *w, bool turned) {
    int64_t rows = w->shape[0], columns = w->shape[1];
    struct matrix B = turned ? (struct matrix){w->data, 1, columns} : (struct matrix){w->data, columns, 1};
    if (turned) {
        int64_t rows_before = rows;
        rows = columns;
        columns = rows_before;
    }
    float *panels = room(oto_packed_size(rows, columns))->data;
    oto_pack(B, rows, columns, panels);
    return panels;
}

static OtoTensor *new_output(const struct sizes *n) {
    OtoTensor *y = oto_tensor_new(OTO_FLOAT32, 3,
                                  (const long long[]){n->batch, n->time + n->final_cell, n->directions * n->hidden});
    oto_name_axis(y, 0, "batch");
    oto_name_axis(y, 1, "time");
    oto_name_axis(y, 2, "features");
    return y;
}

static void gather_inputs(OtoTensor *inputs[], int directions, const struct recurrent_weights weights[]) {
    for (int d = 0; d < directions; d++) {
        OtoTensor **at = inputs + 1 + d * INPUTS;
        const struct recurrent_weights *w = &weights[d];
        at[H0] = w->h0;
        at[C0] = w->c0;
        at[W_IH] = w->w_ih;
        at[W_HH] = w->w_hh;
        at[B_IH] = w->b_ih;
        at[B_HH] = w->b_hh;
    }
}

OtoTensor *oto_recurrent_layer(const struct recurrent_cell *cell, OtoTensor *x, int directions,
                               const struct recurrent_weights weights[], bool final_cell) {
    oto_recurrence_check(cell, x, directions, weights);
    struct run run = {.cell = cell,
                      .sizes = {.batch = x->shape[0],
                                .time = x->shape[1],
                                .features = x->shape[2],
                                .hidden = weights[0].w_hh->shape[1],
                                .width = weights[0].w_hh->shape[0],
                                .directions = directions,
                                .final_cell = final_cell}};
    const struct sizes *n = &run.sizes;
    OtoTensor *inputs[1 + DIRECTIONS * INPUTS] = {x}, *y = NULL;
    int count = 1 + directions * INPUTS;
    gather_inputs(inputs, directions, weights);
    run.kept_rows = oto_records_any(count, inputs);
    oto_scope {
        cut(&run, 3 * n->hidden + n->width);
        y = new_output(n);
        run.y = y->data;
        for (int d = 0; d < directions; d++) {
            const struct recurrent_weights *w = &weights[d];
            OtoTensor *gates = room(n->batch * n->time * n->width), *kept = NULL;
            if (run.kept_rows) kept = room(n->batch * n->time * n->hidden);
            oto_gemm(n->batch * n->time, n->width, n->features, x->data, w->w_ih->data, gates->data,
                     .transpose_b = true);
            run.directions[d] = (struct direction){.gates = gates->data,
                                                   .kept = numbers(kept),
                                                   .packed = packed(w->w_hh, true),
                                                   .bias = bias_of(w->b_ih, w->b_hh, n->width),
                                                   .h0 = numbers(w->h0),
                                                   .c0 = numbers(w->c0)};
            inputs[1 + d * INPUTS + GATES] = gates;
            inputs[1 + d * INPUTS + KEPT] = kept;
        }
        run_pieces(&run, forward_pieces);
        oto_keep(oto_record_of(cell->operation, y, n, sizeof *n, count, inputs));
    }
    return y;
}

/* ---- backwards ---- */

OTO_VECTORISED static void add(float *restrict to, const float *restrict from, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

/* What the step before had: h in y, c in kept; or the initial state, or zeros. */
static const float *h_before(const struct run *run, int d, int64_t b, int64_t t, bool first, const float *zeros) {
    if (!first) return run->h + y_at(&run->sizes, d, b, t);
    const float *h0 = state_row(run->directions[d].h0, b, run->sizes.hidden);
    return h0 ? h0 : zeros;
}
static const float *kept_before(const struct run *run, int d, int64_t b, int64_t t, bool first, const float *zeros) {
    if (!first) return row_of(run->directions[d].kept, &run->sizes, b, t, run->sizes.hidden);
    const float *c0 = state_row(run->directions[d].c0, b, run->sizes.hidden);
    return c0 ? c0 : zeros;
}

static void backward_piece(const struct run *run, struct place at) {
    const struct sizes *n = &run->sizes;
    const struct direction *direction = &run->directions[at.d];
    int64_t hidden = n->hidden, width = n->width;
    float *dh = at.scratch, *dc = dh + run->rows * hidden, *dgates = dc + run->rows * hidden,
          *drecurrent = run->cell->apart ? dgates + run->rows * width : dgates, *zeros = drecurrent + run->rows * width;
    copy(zeros, NULL, hidden);
    copy(dh, NULL, at.count * hidden);
    for (int64_t r = 0; r < at.count; r++)
        copy(dc + r * hidden, n->final_cell ? run->y + y_at(n, at.d, at.first + r, n->time) : NULL, hidden);
    for (int64_t s = n->time; s-- > 0 && !oto_interrupt_pending();) {
        int64_t t = time_of(run, at.d, s), before = time_of(run, at.d, s - 1);
        for (int64_t r = 0; r < at.count; r++) {
            int64_t b = at.first + r;
            add(dh + r * hidden, run->y + y_at(n, at.d, b, t), hidden);
            struct step_back step = {
                .hidden = hidden,
                .gates = row_of(direction->gates, n, b, t, width),
                .kept = row_of(direction->kept, n, b, t, hidden),
                .kept_before = kept_before(run, at.d, b, before, s == 0, zeros),
                .h_before = h_before(run, at.d, b, before, s == 0, zeros),
                .dh = dh + r * hidden,
                .dc = dc + r * hidden,
                .dgates = dgates + r * width,
                .drecurrent = drecurrent + r * width,
            };
            run->cell->backward(&step);
            copy(row_of(direction->dgates, n, b, t, width), step.dgates, width);
            if (run->cell->apart) copy(row_of(direction->drecurrent, n, b, t, width), step.drecurrent, width);
        }
        oto_product_packed((struct matrix){drecurrent, width, 1}, at.count, width,
                           (struct panels){direction->packed, width}, hidden, dh, hidden, true);
    }
    if (direction->dh0) copy(direction->dh0 + at.first * hidden, dh, at.count * hidden);
    if (direction->dc0) copy(direction->dc0 + at.first * hidden, dc, at.count * hidden);
}

static void backward_pieces(int64_t from, int64_t to, void *context) {
    for (int64_t piece = from; piece < to; piece++) backward_piece(context, place_of(context, piece));
}

/* h of the step before for all steps, (batch, time, hidden). */
static float *states_before(const struct run *run, int d) {
    const struct sizes *n = &run->sizes;
    float *states = room(n->batch * n->time * n->hidden)->data;
    float *zeros = room(n->hidden)->data;
    copy(zeros, NULL, n->hidden);
    for (int64_t b = 0; b < n->batch; b++)
        for (int64_t s = 0; s < n->time; s++)
            copy(row_of(states, n, b, time_of(run, d, s), n->hidden),
                 h_before(run, d, b, time_of(run, d, s - 1), s == 0, zeros), n->hidden);
    return states;
}

struct column_sums {
    const float *from;
    float *to;
    int64_t rows, columns;
};

static void sum_columns(int64_t from, int64_t to, void *context) {
    struct column_sums *sums = context;
    copy(sums->to + from, NULL, to - from);
    for (int64_t i = 0; i < sums->rows; i++) add(sums->to + from, sums->from + i * sums->columns + from, to - from);
}

static OtoTensor *bias_gradient(const float *dgates, const struct sizes *n) {
    OtoTensor *sum = room(n->width);
    struct column_sums sums = {dgates, sum->data, n->batch * n->time, n->width};
    oto_parallel(n->width, 256, sum_columns, &sums);
    return sum;
}

static void give_biases(OtoNode *node, int first, const struct run *run, const struct direction *direction) {
    if (!oto_node_wants(node, first + B_IH) && !oto_node_wants(node, first + B_HH)) return;
    OtoTensor *sum = bias_gradient(direction->dgates, &run->sizes);
    oto_give(node, first + B_IH, sum);
    oto_give(node, first + B_HH, run->cell->apart ? bias_gradient(direction->drecurrent, &run->sizes) : sum);
}

/* dW (width, columns) = sum over all steps of dgates^T v. */
static void give_weight(OtoNode *node, int input, const float *dgates, const float *v, const struct sizes *n) {
    if (!oto_node_wants(node, input)) return;
    OtoTensor *gradient = oto_like_new(oto_node_input(node, input), OTO_FLOAT32, NULL);
    oto_gemm(n->width, gradient->shape[1], n->batch * n->time, dgates, v, gradient->data, .transpose_a = true);
    oto_give(node, input, gradient);
}

/* dx = sum over the directions of dgates W_ih. */
static void give_input(OtoNode *node, const struct run *run, OtoTensor *x) {
    if (!oto_node_wants(node, 0)) return;
    const struct sizes *n = &run->sizes;
    OtoTensor *gradient = oto_like_new(x, OTO_FLOAT32, NULL);
    for (int d = 0; d < n->directions; d++)
        oto_gemm(n->batch * n->time, n->features, n->width, run->directions[d].dgates,
                 oto_node_input(node, 1 + d * INPUTS + W_IH)->data, gradient->data, .beta = d ? 1 : 0);
    oto_give(node, 0, gradient);
}

static float *state_gradient(OtoNode *node, int input, OtoTensor **gradient) {
    if (oto_node_wants(node, input)) *gradient = oto_like_new(oto_node_input(node, input), OTO_FLOAT32, NULL);
    return numbers(*gradient);
}

void oto_recurrent_backward(const struct recurrent_cell *cell, OtoNode *node, OtoTensor *gradient) {
    struct run run = {.cell = cell, .y = gradient->data, .h = oto_node_output(node)->data, .kept_rows = 1};
    memcpy(&run.sizes, oto_node_settings(node), sizeof run.sizes);
    const struct sizes *n = &run.sizes;
    OtoTensor *x = oto_node_input(node, 0), *states[DIRECTIONS][2] = {};
    int64_t steps = n->batch * n->time;
    cut(&run, 3 * n->hidden + 2 * n->width);
    for (int d = 0; d < n->directions; d++) {
        int first = 1 + d * INPUTS;
        float *dgates = room(steps * n->width)->data;
        run.directions[d] = (struct direction){
            .gates = oto_node_input(node, first + GATES)->data,
            .kept = oto_node_input(node, first + KEPT)->data,
            .dgates = dgates,
            .drecurrent = cell->apart ? room(steps * n->width)->data : dgates,
            .packed = packed(oto_node_input(node, first + W_HH), false),
            .h0 = numbers(oto_node_input(node, first + H0)),
            .c0 = numbers(oto_node_input(node, first + C0)),
            .dh0 = state_gradient(node, first + H0, &states[d][0]),
            .dc0 = state_gradient(node, first + C0, &states[d][1]),
        };
    }
    run_pieces(&run, backward_pieces);
    give_input(node, &run, x);
    for (int d = 0; d < n->directions; d++) {
        int first = 1 + d * INPUTS;
        const struct direction *direction = &run.directions[d];
        give_weight(node, first + W_IH, direction->dgates, x->data, n);
        if (oto_node_wants(node, first + W_HH))
            give_weight(node, first + W_HH, direction->drecurrent, states_before(&run, d), n);
        give_biases(node, first, &run, direction);
        if (states[d][0]) oto_give(node, first + H0, states[d][0]);
        if (states[d][1]) oto_give(node, first + C0, states[d][1]);
    }
}
