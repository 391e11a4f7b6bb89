/* The ways to say the labels are paths through the states blank, l_1, blank, l_2, ..., blank. With p_t(s) the
 * probability of state s's label at time t, and everything in logarithms:
 *
 *     alpha_t(s) = p_t(s) (alpha_(t-1)(s) + alpha_(t-1)(s - 1) + [skip] alpha_(t-1)(s - 2))       ways to arrive
 *     beta_t(s)  = p_t(s) (beta_(t+1)(s) + beta_(t+1)(s + 1) + [skip] beta_(t+1)(s + 2))          ways to end
 *
 * where a blank may be skipped between different labels. P = alpha_T(last) + alpha_T(last but one), and the gradient by
 * the score of class k at time t is softmax_t(k) - sum over s of label k of alpha_t(s) beta_t(s) / (p_t(s) P).
 */
#include "lib/nn/ctc.h"
#include "lib/nn/scratch.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <math.h>
#include <string.h>

struct ctc {
    int64_t batch, time, classes, length, blank;
    bool zero_infinity;
    const float *scores;
    const int64_t *labels, *input_lengths, *label_lengths; /* the last two may be NULL */
    float *losses, *gradients;                             /* gradients: NULL where none is wanted */
    struct scratch scratch;
};

/* One sequence. */
struct lattice {
    int64_t time, states, classes, blank;
    const int64_t *labels;
    double *log_p;        /* (time, classes) */
    double *alpha, *beta; /* (time, states); (2, states): this time and the next */
};

static int64_t label_of(const struct lattice *l, int64_t s) {
    return s % 2 ? l->labels[s / 2] : l->blank;
}
/* Whether state s may follow s - 2. */
static bool skips(const struct lattice *l, int64_t s) {
    return s % 2 && s >= 3 && l->labels[s / 2] != l->labels[s / 2 - 1];
}

static double add_logs(double a, double b) {
    double larger = a > b ? a : b, smaller = a > b ? b : a;
    return smaller == -INFINITY ? larger : larger + log1p(exp(smaller - larger));
}

static void log_softmax(const struct lattice *l, const float *scores) {
    for (int64_t t = 0; t < l->time; t++) {
        const float *x = scores + t * l->classes;
        double largest = x[0], sum = 0;
        for (int64_t k = 1; k < l->classes; k++) largest = x[k] > largest ? x[k] : largest;
        for (int64_t k = 0; k < l->classes; k++) sum += exp(x[k] - largest);
        for (int64_t k = 0; k < l->classes; k++) l->log_p[t * l->classes + k] = x[k] - largest - log(sum);
    }
}

/* log P. */
static double arrive(const struct lattice *l) {
    for (int64_t t = 0; t < l->time; t++)
        for (int64_t s = 0; s < l->states; s++) {
            double *alpha = l->alpha + t * l->states, *before = alpha - l->states, sum = -INFINITY;
            if (t == 0) {
                sum = s < 2 ? 0 : -INFINITY;
            } else {
                sum = before[s];
                if (s > 0) sum = add_logs(sum, before[s - 1]);
                if (skips(l, s)) sum = add_logs(sum, before[s - 2]);
            }
            alpha[s] = sum + l->log_p[t * l->classes + label_of(l, s)];
        }
    const double *last = l->alpha + (l->time - 1) * l->states;
    double end = last[l->states - 1];
    return l->states > 1 ? add_logs(end, last[l->states - 2]) : end;
}

static void differentiate(const struct lattice *l, double log_P, float *gradient) {
    for (int64_t i = 0; i < l->time * l->classes; i++) gradient[i] = (float)exp(l->log_p[i]);
    for (int64_t t = l->time; t-- > 0;) {
        double *beta = l->beta + t % 2 * l->states, *next = l->beta + (t + 1) % 2 * l->states;
        for (int64_t s = 0; s < l->states; s++) {
            double sum = s + 2 >= l->states ? 0 : -INFINITY; /* the last two are ends */
            if (t < l->time - 1) {
                sum = next[s];
                if (s + 1 < l->states) sum = add_logs(sum, next[s + 1]);
                if (s + 2 < l->states && skips(l, s + 2)) sum = add_logs(sum, next[s + 2]);
            }
            int64_t k = label_of(l, s);
            beta[s] = sum + l->log_p[t * l->classes + k];
            gradient[t * l->classes + k] -= (float)exp(l->alpha[t * l->states + s] + sum - log_P);
        }
    }
}

static int64_t length_of(const int64_t *lengths, int64_t b, int64_t all) {
    return lengths ? lengths[b] : all;
}

static void one_sequence(struct ctc *n, int64_t b, double *room) {
    struct lattice l = {.time = length_of(n->input_lengths, b, n->time),
                        .states = 2 * length_of(n->label_lengths, b, n->length) + 1,
                        .classes = n->classes,
                        .blank = n->blank,
                        .labels = n->labels + b * n->length,
                        .log_p = room};
    l.alpha = l.log_p + n->time * n->classes;
    l.beta = l.alpha + n->time * (2 * n->length + 1);
    log_softmax(&l, n->scores + b * n->time * n->classes);
    double log_P = arrive(&l);
    bool impossible = log_P == -INFINITY;
    n->losses[b] = impossible && n->zero_infinity ? 0 : (float)-log_P;
    if (!n->gradients) return;
    float *gradient = n->gradients + b * n->time * n->classes;
    memset(gradient, 0, (size_t)(n->time * n->classes) * sizeof *gradient);
    if (!impossible)
        differentiate(&l, log_P, gradient);
    else if (!n->zero_infinity)
        for (int64_t i = 0; i < l.time * l.classes; i++) gradient[i] = NAN;
}

static void sequences(int64_t from, int64_t to, void *context) {
    struct ctc *n = context;
    float *block = oto_scratch_take(&n->scratch);
    for (int64_t b = from; b < to && !oto_interrupt_pending(); b++) one_sequence(n, b, (double *)block);
    oto_scratch_give(&n->scratch, block);
}

/* Input 1 holds the gradients of the losses, each by the scores of its own sequence. */
static void ctc_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *scores = oto_like_new(oto_node_input(node, 0), OTO_FLOAT32, NULL);
    const float *saved = oto_node_input(node, 1)->data, *factors = gradient->data;
    int64_t size = gradient->size ? scores->size / gradient->size : 0;
    for (int64_t b = 0; b < gradient->size; b++)
        for (int64_t i = 0; i < size; i++)
            ((float *)scores->data)[b * size + i] = factors[b] == 0 ? 0 : factors[b] * saved[b * size + i];
    oto_give(node, 0, scores);
}

static const OtoOperation ctc = {
    .name = "oto_ctc_loss", .backward = ctc_backward, .saves = OTO_SAVES_INPUT(1), .once = true};

/* ---- what is refused ---- */

static const int64_t *check_lengths(const char *argument, OtoTensor *lengths, int64_t batch, int64_t lowest,
                                    int64_t highest) {
    if (!lengths) return NULL;
    oto_need("oto_ctc_loss", argument, lengths);
    if (lengths->type != OTO_INT64 || lengths->rank != 1 || lengths->size != batch)
        oto_refuse("oto_ctc_loss", "%s is %s %s, but must be int64 (batch %lld)", argument,
                   oto_type_name(lengths->type), oto_shape_quoted(lengths), (long long)batch);
    const int64_t *numbers = lengths->data;
    for (int64_t b = 0; b < batch; b++)
        if (numbers[b] < lowest || numbers[b] > highest)
            oto_refuse("oto_ctc_loss", "%s[%lld] is %lld, but must be in [%lld, %lld]", argument, (long long)b,
                       (long long)numbers[b], (long long)lowest, (long long)highest);
    return numbers;
}

static void check_labels(const struct ctc *n) {
    for (int64_t b = 0; b < n->batch; b++)
        for (int64_t i = 0; i < length_of(n->label_lengths, b, n->length); i++) {
            int64_t label = n->labels[b * n->length + i];
            if (label == n->blank)
                oto_refuse("oto_ctc_loss", "labels[%lld, %lld] is %lld, which is the blank; labels have no blanks",
                           (long long)b, (long long)i, (long long)label);
            if (label < 0 || label >= n->classes)
                oto_refuse("oto_ctc_loss", "labels[%lld, %lld] is %lld, but there are the classes 0 to %lld",
                           (long long)b, (long long)i, (long long)label, (long long)n->classes - 1);
        }
}

static struct ctc checked(OtoTensor *scores, OtoTensor *labels, const OtoCtcOptions *options) {
    const char *name = "oto_ctc_loss";
    oto_need_float(name, "scores", scores);
    oto_need(name, "labels", labels);
    if (scores->rank != 3 || scores->size == 0)
        oto_refuse(name, "scores is %s, but must be (batch, time, classes), none of them 0", oto_shape_quoted(scores));
    if (oto_axis_find(scores, "time") == 0)
        oto_refuse(name,
                   "scores is %s: time must come second here; exchange the axes with oto_permute(scores, 1, 0, 2)",
                   oto_shape_quoted(scores));
    if (labels->type != OTO_INT64 || labels->rank != 2 || labels->shape[0] != scores->shape[0])
        oto_refuse(name, "labels is %s %s and scores is %s; labels must be int64 (batch, length) of the same batch",
                   oto_type_name(labels->type), oto_shape_quoted(labels), oto_shape_quoted(scores));
    struct ctc n = {.batch = scores->shape[0],
                    .time = scores->shape[1],
                    .classes = scores->shape[2],
                    .length = labels->shape[1],
                    .blank = options->blank,
                    .zero_infinity = options->zero_infinity,
                    .scores = scores->data,
                    .labels = labels->data};
    oto_check_range(name, "blank", (double)n.blank, 0, (double)n.classes - 1);
    n.input_lengths = check_lengths("input_lengths", options->input_lengths, n.batch, 1, n.time);
    n.label_lengths = check_lengths("label_lengths", options->label_lengths, n.batch, 0, n.length);
    check_labels(&n);
    return n;
}

OtoTensor *(oto_ctc_losses)(OtoTensor *scores, OtoTensor *labels, OtoCtcOptions options) {
    struct ctc n = checked(scores, labels, &options);
    OtoTensor *losses = NULL;
    oto_scope {
        losses = oto_tensor_new(OTO_FLOAT32, 1, (const long long[]){n.batch});
        OtoTensor *gradients = oto_records(scores) ? oto_like_new(scores, OTO_FLOAT32, NULL) : NULL;
        n.losses = losses->data;
        n.gradients = gradients ? gradients->data : NULL;
        int64_t doubles = n.time * n.classes + (n.time + 2) * (2 * n.length + 1);
        if (!oto_scratch_open(&n.scratch, (size_t)doubles * 2))
            oto_refuse("oto_ctc_loss", "no memory for %lld numbers", (long long)doubles);
        oto_parallel(n.batch, 1, sequences, &n);
        oto_scratch_close(&n.scratch);
        oto_keep(oto_record(&ctc, losses, NULL, 0, scores, gradients));
    }
    return losses;
}

OtoTensor *oto_ctc_loss_with(OtoTensor *scores, OtoTensor *labels, OtoCtcOptions options) {
    OtoTensor *loss = NULL;
    oto_scope {
        OtoTensor *losses = (oto_ctc_losses)(scores, labels, options),
                  *shares = oto_like_new(losses, OTO_FLOAT32, NULL);
        for (int64_t b = 0; b < losses->size; b++) {
            int64_t length = options.label_lengths ? ((int64_t *)options.label_lengths->data)[b] : labels->shape[1];
            ((float *)shares->data)[b] = 1.0f / (float)(length > 1 ? length : 1);
        }
        loss = oto_keep(oto_mean_all(oto_mul(losses, shares)));
    }
    return loss;
}
OtoTensor *(oto_ctc_loss)(OtoTensor *scores, OtoTensor *labels) {
    return oto_ctc_loss(scores, labels);
}
