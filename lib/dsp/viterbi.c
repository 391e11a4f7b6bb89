#include "lib/dsp/hmm.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = UINT16_MAX + 1 };

/* One possible transition into a state. */
struct arrow {
    int64_t from;
    double log;
};

/* A model and its search; all in logarithms. Transitions are dense, (from, to), or where most are impossible, lists of
 * the others for each state that they lead to: arrows[first[j]] to arrows[first[j + 1]]. */
struct search {
    int64_t states, frames;
    double log_nothing; /* stands for the logarithm of 0 */
    double *dense;
    struct arrow *arrows;
    int64_t *first;
    double *initial;
    double *now, *next; /* the best sum that ends in each state, at this frame and the next */
    int64_t *from;      /* and where that came from */
    uint16_t *came;     /* the same for all frames, (time, state) */
};

/* ---- one step ---- */

/* best[j] = max over i of now[i] + dense[i][j], four i at a time; of equal ones the first. */
OTO_VECTORISED static void dense_step(double *restrict best, int64_t *restrict from, const double *restrict now,
                                      const double *restrict dense, int64_t n) {
    for (int64_t j = 0; j < n; j++) {
        best[j] = now[0] + dense[j];
        from[j] = 0;
    }
    int64_t i = 1;
    for (; i + 4 <= n; i += 4) {
        const double *restrict a = dense + i * n, *restrict b = a + n, *restrict c = b + n, *restrict d = c + n;
        double va = now[i], vb = now[i + 1], vc = now[i + 2], vd = now[i + 3];
        for (int64_t j = 0; j < n; j++) {
            double top = best[j], x = va + a[j], y = vb + b[j], z = vc + c[j], w = vd + d[j];
            int64_t at = from[j];
            at = x > top ? i : at;
            top = x > top ? x : top;
            at = y > top ? i + 1 : at;
            top = y > top ? y : top;
            at = z > top ? i + 2 : at;
            top = z > top ? z : top;
            at = w > top ? i + 3 : at;
            top = w > top ? w : top;
            best[j] = top;
            from[j] = at;
        }
    }
    for (; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double x = now[i] + dense[i * n + j];
            from[j] = x > best[j] ? i : from[j];
            best[j] = x > best[j] ? x : best[j];
        }
}

/* The same from lists. All impossible transitions cost alike, so of those the best state so far is the best start. */
static void sparse_step(const struct search *s) {
    int64_t top = 0;
    for (int64_t i = 1; i < s->states; i++)
        if (s->now[i] > s->now[top]) top = i;
    double otherwise = s->now[top] + s->log_nothing;
    for (int64_t j = 0; j < s->states; j++) {
        double best = -INFINITY;
        int64_t from = -1;
        for (int64_t a = s->first[j]; a < s->first[j + 1]; a++) {
            double sum = s->now[s->arrows[a].from] + s->arrows[a].log;
            if (sum > best) {
                best = sum;
                from = s->arrows[a].from;
            }
        }
        bool jump = otherwise > best || (otherwise == best && top < from);
        s->next[j] = jump ? otherwise : best;
        s->from[j] = jump ? top : from;
    }
}

/* ---- the search ---- */

/* log(prob) of a frame; divided by how common a state is, when that is given. */
static void add_frame(const struct search *s, const float *prob, const double *log_common, int64_t t, double *sums) {
    for (int64_t j = 0; j < s->states; j++) {
        double p = log((double)(prob[j * s->frames + t] + FLT_MIN));
        sums[j] += log_common ? p - log_common[j] : p;
    }
}

/* The states of one channel, prob (state, time); the logarithm of their probability. */
static double decode(struct search *s, const float *prob, const double *log_common, int64_t *states) {
    int64_t n = s->states;
    memcpy(s->now, s->initial, (size_t)n * sizeof *s->now);
    add_frame(s, prob, log_common, 0, s->now);
    for (int64_t t = 1; t < s->frames; t++) {
        if (t % 16 == 0 && oto_interrupt_pending()) return 0;
        if (s->dense)
            dense_step(s->next, s->from, s->now, s->dense, n);
        else
            sparse_step(s);
        add_frame(s, prob, log_common, t, s->next);
        for (int64_t j = 0; j < n; j++) s->came[t * n + j] = (uint16_t)s->from[j];
        double *swapped = s->now;
        s->now = s->next;
        s->next = swapped;
    }
    int64_t best = 0;
    for (int64_t j = 1; j < n; j++)
        if (s->now[j] > s->now[best]) best = j;
    double logp = s->now[best];
    for (int64_t t = s->frames - 1; t >= 0; t--) {
        states[t] = best;
        best = s->came[t * n + best];
    }
    return logp;
}

/* ---- the model ---- */

/* log(x + the smallest number) of n numbers, or of 1 / n where x is NULL. */
static void logs_of(OtoTensor *x, double *logs, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        logs[i] = log((x ? (double)((float *)x->data)[i] : 1.0 / (double)n) + (double)FLT_MIN);
}

static bool store_transitions(struct search *s, const float *transition) {
    int64_t n = s->states, possible = 0;
    for (int64_t i = 0; i < n * n; i++) possible += transition[i] > 0;
    if (4 * possible >= n * n) {
        s->dense = malloc((size_t)(n * n) * sizeof *s->dense);
        for (int64_t i = 0; i < n * n && s->dense; i++) s->dense[i] = log((double)transition[i] + (double)FLT_MIN);
        return s->dense;
    }
    s->arrows = malloc((size_t)(possible + 1) * sizeof *s->arrows);
    s->first = malloc((size_t)(n + 1) * sizeof *s->first);
    if (!s->arrows || !s->first) return false;
    int64_t count = 0;
    for (int64_t j = 0; j < n; j++) {
        s->first[j] = count;
        for (int64_t i = 0; i < n; i++)
            if (transition[i * n + j] > 0)
                s->arrows[count++] =
                    (struct arrow){.from = i, .log = log((double)transition[i * n + j] + (double)FLT_MIN)};
    }
    s->first[n] = count;
    return true;
}

static void search_free(struct search *s) {
    free(s->dense);
    free(s->arrows);
    free(s->first);
    free(s->initial);
    free(s->from);
    free(s->came);
}

static struct search search_of(const char *operation, int64_t states, int64_t frames, const float *transition,
                               OtoTensor *p_init) {
    struct search s = {.states = states, .frames = frames, .log_nothing = log((double)FLT_MIN)};
    s.initial = malloc(3 * (size_t)states * sizeof *s.initial);
    s.from = malloc((size_t)states * sizeof *s.from);
    s.came = calloc((size_t)(states * frames) + 1, sizeof *s.came);
    if (!s.initial || !s.from || !s.came || !store_transitions(&s, transition)) {
        search_free(&s);
        oto_refuse(operation, "no memory for %" PRId64 " states and %" PRId64 " frames", states, frames);
    }
    s.now = s.initial + states;
    s.next = s.now + states;
    logs_of(p_init, s.initial, states);
    return s;
}

static void need_state_vector(const char *operation, const char *argument, OtoTensor *x, int64_t states) {
    if (!x) return;
    oto_need_float(operation, argument, x);
    if (x->rank != 1 || x->size != states)
        oto_refuse(operation, "%s is %s, but must have one number for each of the %" PRId64 " states", argument,
                   oto_shape_quoted(x), states);
    oto_need_distribution(operation, argument, x, false);
}

static void check(const char *operation, OtoTensor *prob, OtoTensor *transition, const OtoViterbi *o) {
    oto_need_float(operation, "prob", prob);
    oto_need_float(operation, "transition", transition);
    if (prob->rank < 2 || prob->rank > 3 || prob->size == 0)
        oto_refuse(operation, "prob is %s, but must be (state, time) or (channels, state, time), not empty",
                   oto_shape_quoted(prob));
    int64_t states = prob->shape[prob->rank - 2];
    if (states > STATES_MAX)
        oto_refuse(operation, "prob has %" PRId64 " states, but at most %d work", states, STATES_MAX);
    if (transition->rank != 2 || transition->rows != states || transition->cols != states)
        oto_refuse(operation, "transition is %s, but must be (from %" PRId64 ", to %" PRId64 "), as prob is %s",
                   oto_shape_quoted(transition), states, states, oto_shape_quoted(prob));
    oto_need_distribution(operation, "transition", transition, false);
    need_state_vector(operation, "p_init", o->p_init, states);
    need_state_vector(operation, "p_state", o->p_state, states);
    if (o->logp) oto_check_buffer(operation, "logp", o->logp, (size_t)(prob->rows / states) * sizeof *o->logp);
}

static OtoTensor *new_states(OtoTensor *prob, int removed_axis) {
    long long shape[OTO_RANK_MAX];
    int rank = 0;
    for (int i = 0; i < prob->rank; i++)
        if (i != removed_axis) shape[rank++] = prob->shape[i];
    OtoTensor *states = oto_zeros_of(OTO_INT64, rank, shape);
    for (int i = 0, to = 0; i < prob->rank; i++)
        if (i != removed_axis) oto_axis_copy(states, to++, prob, i);
    states->sample_rate = prob->sample_rate;
    states->framing = prob->framing;
    oto_set_origin(states, "states", prob);
    return states;
}

static OtoTensor *find_states(const char *operation, OtoTensor *prob, OtoTensor *transition, const OtoViterbi *options,
                              bool discriminative) {
    int64_t n = prob->shape[prob->rank - 2], frames = prob->cols;
    struct search s = search_of(operation, n, frames, transition->data, options->p_init);
    double *log_common = discriminative ? malloc((size_t)n * sizeof *log_common) : NULL;
    if (discriminative && !log_common) {
        search_free(&s);
        oto_refuse(operation, "no memory for %" PRId64 " states", n);
    }
    if (discriminative) logs_of(options->p_state, log_common, n);
    OtoTensor *states = new_states(prob, prob->rank - 2);
    for (int64_t channel = 0; channel < prob->rows / n; channel++) {
        double logp = decode(&s, (float *)prob->data + channel * n * frames, log_common,
                             (int64_t *)states->data + channel * frames);
        if (options->logp) options->logp[channel] = logp;
    }
    free(log_common);
    search_free(&s);
    return states;
}

OtoTensor *(oto_viterbi)(OtoTensor *prob, OtoTensor *transition, OtoViterbi options) {
    check("oto_viterbi", prob, transition, &options);
    oto_need_probabilities("oto_viterbi", "prob", prob);
    return find_states("oto_viterbi", prob, transition, &options, false);
}

OtoTensor *(oto_viterbi_discriminative)(OtoTensor *prob, OtoTensor *transition, OtoViterbi options) {
    check("oto_viterbi_discriminative", prob, transition, &options);
    oto_need_distribution("oto_viterbi_discriminative", "prob", prob, true);
    return find_states("oto_viterbi_discriminative", prob, transition, &options, true);
}

/* ---- labels that are on or off ---- */

static void check_binary(OtoTensor *prob, OtoTensor *transition, const OtoViterbi *o) {
    const char *operation = "oto_viterbi_binary";
    oto_need_float(operation, "prob", prob);
    oto_need_float(operation, "transition", transition);
    if (prob->rank > 2 || prob->size == 0)
        oto_refuse(operation, "prob is %s, but must be (label, time), not empty", oto_shape_quoted(prob));
    oto_need_probabilities(operation, "prob", prob);
    bool one = transition->rank == 2 && transition->rows == 2 && transition->cols == 2;
    bool each = transition->rank == 3 && transition->shape[0] == prob->rows && transition->shape[1] == 2 &&
                transition->cols == 2;
    if (!one && !each)
        oto_refuse(operation, "transition is %s, but must be (2, 2) or (label %" PRId64 ", 2, 2)",
                   oto_shape_quoted(transition), prob->rows);
    oto_need_distribution(operation, "transition", transition, false);
    OtoTensor *vectors[] = {o->p_init, o->p_state};
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "p_init" : "p_state";
        if (!vectors[i]) continue;
        oto_need_probabilities(operation, name, vectors[i]);
        if (vectors[i]->size != prob->rows)
            oto_refuse(operation, "%s is %s, but must have one number for each of the %" PRId64 " labels", name,
                       oto_shape_quoted(vectors[i]), prob->rows);
    }
    if (o->logp) oto_check_buffer(operation, "logp", o->logp, (size_t)prob->rows * sizeof *o->logp);
}

/* (off, on) of a label. */
static OtoTensor *off_and_on(OtoTensor *on, int64_t label) {
    float value = on ? ((float *)on->data)[label] : 0.5f;
    return oto_tensor((double)(1 - value), (double)value);
}

OtoTensor *(oto_viterbi_binary)(OtoTensor *prob, OtoTensor *transition, OtoViterbi options) {
    check_binary(prob, transition, &options);
    OtoTensor *states = new_states(prob, -1);
    for (int64_t label = 0; label < prob->rows; label++) oto_scope {
            OtoTensor *both = oto_zeros(2, prob->cols), *moves = oto_zeros(2, 2);
            for (int64_t t = 0; t < prob->cols; t++) {
                float on = ((float *)prob->data)[label * prob->cols + t];
                ((float *)both->data)[t] = 1 - on;
                ((float *)both->data)[prob->cols + t] = on;
            }
            memcpy(moves->data, (float *)transition->data + (transition->rank == 3 ? label * 4 : 0), 4 * sizeof(float));
            OtoViterbi one = {.p_init = off_and_on(options.p_init, label),
                              .p_state = off_and_on(options.p_state, label),
                              .logp = options.logp ? options.logp + label : NULL};
            OtoTensor *found = find_states("oto_viterbi_binary", both, moves, &one, true);
            memcpy((int64_t *)states->data + label * prob->cols, found->data, (size_t)prob->cols * sizeof(int64_t));
        }
    return states;
}
