/* Losses that are written with other operations, and so have their gradients from them. */
#include "lib/nn/loss.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/matmul.h"
#include "lib/tensor/random.h"

#include <math.h>

/* Keeps the one result of a block of operations. */
#define OTO_RESULT(expression)                                                                                         \
    OtoTensor *result = NULL;                                                                                          \
    oto_scope result = oto_keep(expression);                                                                           \
    return result

/* ---- distributions ---- */

/* The mean over rows of sums over the last axis. */
static OtoTensor *row_reduced(OtoTensor *each, OtoReduction reduction) {
    if (reduction == OTO_NONE) return oto_sum_over(each, -1);
    double rows = reduction == OTO_MEAN ? (double)each->rows : 1;
    return oto_div(oto_sum_all(each), rows);
}

OtoTensor *oto_kl_loss_with(OtoTensor *log_q, OtoTensor *p, OtoDistanceOptions options) {
    oto_loss_need_pair("oto_kl_loss", "log_q", log_q, "p", p);
    oto_loss_check_reduction("oto_kl_loss", options.reduction);
    oto_loss_need_finite("oto_kl_loss", "p", p);
    const float *q = log_q->data, *weights = p->data;
    for (int64_t i = 0; i < p->size; i++) {
        if (weights[i] < 0)
            oto_refuse("oto_kl_loss", "p has %g at %s, but a probability is not below 0", (double)weights[i],
                       oto_loss_place(p, i));
        if (q[i] > 1e-4f)
            oto_refuse("oto_kl_loss",
                       "log_q has %g at %s, but the logarithm of a probability is not above 0; take oto_log_softmax of "
                       "the logits first",
                       (double)q[i], oto_loss_place(log_q, i));
    }
    /* 0 ln 0 = 0 */
    OTO_RESULT(row_reduced(oto_mul(p, oto_sub(oto_log(oto_larger(p, 1e-38)), log_q)), options.reduction));
}
OtoTensor *(oto_kl_loss)(OtoTensor *log_q, OtoTensor *p) {
    return oto_kl_loss(log_q, p);
}

OtoTensor *oto_kl_normal_loss(OtoTensor *mean, OtoTensor *log_variance) {
    oto_loss_need_pair("oto_kl_normal_loss", "mean", mean, "log_variance", log_variance);
    OTO_RESULT(row_reduced(
        oto_mul(oto_sub(oto_add(oto_squared(mean), oto_exp(log_variance)), oto_add(log_variance, 1)), 0.5), OTO_MEAN));
}

/* ---- embeddings ---- */

static void need_embeddings(const char *operation, const char *a_name, OtoTensor *a, const char *b_name, OtoTensor *b) {
    oto_loss_need_pair(operation, a_name, a, b_name, b);
    if (a->rank != 2)
        oto_refuse(operation, "%s is %s, but embeddings are (batch, features)", a_name, oto_shape_quoted(a));
}

/* |a - b + 1e-6| of each row; the small number keeps the gradient finite where they are equal. */
static OtoTensor *lengths(OtoTensor *a, OtoTensor *b) {
    return oto_sqrt(oto_sum_over(oto_squared(oto_add(oto_sub(a, b), 1e-6)), 1));
}

OtoTensor *(oto_triplet_loss)(OtoTensor *anchor, OtoTensor *positive, OtoTensor *negative, OtoTripletOptions options) {
    need_embeddings("oto_triplet_loss", "anchor", anchor, "positive", positive);
    need_embeddings("oto_triplet_loss", "anchor", anchor, "negative", negative);
    oto_check_range("oto_triplet_loss", "margin", options.margin, 0, INFINITY);
    OTO_RESULT(oto_mean_all(
        oto_larger(oto_add(oto_sub(lengths(anchor, positive), lengths(anchor, negative)), options.margin), 0)));
}

/* Each row divided by its length. */
static OtoTensor *of_length_one(OtoTensor *x) {
    return oto_div(x, oto_sqrt(oto_add(oto_sum_over(oto_squared(x), 1, .keep = true), 1e-12)));
}

/* Of the rows of both, each but itself; row i belongs to row i + half. */
static OtoTensor *told_from_all(OtoTensor *a, OtoTensor *b, double temperature) {
    OtoTensor *both = of_length_one(oto_cat(0, a, b));
    int64_t count = both->rows;
    OtoTensor *itself = oto_zeros(count, count), *right = oto_zeros_of(OTO_INT64, 1, (const long long[]){count});
    for (int64_t i = 0; i < count; i++) {
        oto_at(itself, i, i) = 1;
        oto_int_at(right, i) = (i + count / 2) % count;
    }
    OtoTensor *cosines = oto_div(oto_matmul(both, both, .transpose_y = true), temperature);
    return oto_cross_entropy(oto_masked_fill(cosines, itself, -1e9), right);
}

OtoTensor *oto_contrastive_loss_with(OtoTensor *a, OtoTensor *b, OtoContrastiveOptions options) {
    need_embeddings("oto_contrastive_loss", "a", a, "b", b);
    if (!(options.temperature > 0))
        oto_refuse("oto_contrastive_loss", "temperature is %g, but must be above 0", options.temperature);
    if (a->rows < 2)
        oto_refuse("oto_contrastive_loss", "the batch has one pair, so there is nothing to tell it from; take more");
    if (options.all_pairs) {
        OTO_RESULT(told_from_all(a, b, options.temperature));
    }
    OtoTensor *loss = NULL;
    oto_scope {
        OtoTensor *right = oto_arange(0, (double)a->rows, 1);
        OtoTensor *cosines =
            oto_div(oto_matmul(of_length_one(a), of_length_one(b), .transpose_y = true), options.temperature);
        OtoTensor *forth = oto_cross_entropy(cosines, right), *back = oto_cross_entropy(oto_transpose(cosines), right);
        loss = oto_keep(oto_mul(oto_add(forth, back), 0.5));
    }
    return loss;
}
OtoTensor *(oto_contrastive_loss)(OtoTensor *a, OtoTensor *b) {
    return oto_contrastive_loss(a, b);
}

/* ---- adversaries ---- */

static OtoTensor *judged(OtoTensor *logits, double as) {
    return oto_binary_cross_entropy(logits, oto_add(oto_like(logits, OTO_FLOAT32, NULL), as));
}
static OtoTensor *hinge(OtoTensor *margin) { /* mean max(0, 1 - margin) */
    return oto_mean_all(oto_larger(oto_add(oto_mul(margin, -1), 1), 0));
}

static OtoTensor *mean_square(OtoTensor *x) {
    return oto_mean_all(oto_squared(x));
}

static void check_kind(const char *operation, OtoGanKind kind) {
    if ((unsigned)kind > OTO_GAN_LEAST_SQUARES)
        oto_refuse(operation,
                   "kind is %d; use OTO_GAN_LOGISTIC, OTO_GAN_HINGE, OTO_GAN_WASSERSTEIN or OTO_GAN_LEAST_SQUARES",
                   (int)kind);
}

OtoTensor *(oto_discriminator_loss)(OtoTensor *real, OtoTensor *fake, OtoGanOptions options) {
    oto_need_float("oto_discriminator_loss", "real", real);
    oto_need_float("oto_discriminator_loss", "fake", fake);
    check_kind("oto_discriminator_loss", options.kind);
    if (options.kind == OTO_GAN_WASSERSTEIN) {
        OTO_RESULT(oto_sub(oto_mean_all(fake), oto_mean_all(real)));
    }
    if (options.kind == OTO_GAN_HINGE) {
        OTO_RESULT(oto_add(hinge(real), hinge(oto_mul(fake, -1))));
    }
    if (options.kind == OTO_GAN_LEAST_SQUARES) {
        OTO_RESULT(oto_mul(oto_add(mean_square(oto_sub(real, 1)), mean_square(fake)), 0.5));
    }
    OTO_RESULT(oto_add(judged(real, 1), judged(fake, 0)));
}

OtoTensor *(oto_generator_loss)(OtoTensor *fake, OtoGanOptions options) {
    oto_need_float("oto_generator_loss", "fake", fake);
    check_kind("oto_generator_loss", options.kind);
    if (options.kind == OTO_GAN_LEAST_SQUARES) {
        OTO_RESULT(oto_mul(mean_square(oto_sub(fake, 1)), 0.5));
    }
    OTO_RESULT(options.kind == OTO_GAN_LOGISTIC ? judged(fake, 1) : oto_mul(oto_mean_all(fake), -1));
}

OtoTensor *(oto_gradient_penalty)(OtoLayer *critic, OtoTensor *real, OtoTensor *fake, OtoPenaltyOptions options) {
    oto_loss_need_pair("oto_gradient_penalty", "real", real, "fake", fake);
    OtoTensor *penalty = NULL;
    oto_scope {
        long long shape[OTO_RANK_MAX] = {real->shape[0]};
        for (int i = 1; i < real->rank; i++) shape[i] = 1;
        OtoTensor *share = oto_zeros_of(OTO_FLOAT32, real->rank, shape);
        for (int64_t i = 0; i < share->size; i++) oto_data(share)[i] = (float)oto_uniform();
        OtoTensor *from = oto_detach(fake);
        OtoTensor *between = oto_parameter(oto_add(from, oto_mul(oto_sub(oto_detach(real), from), share)));
        OtoTensor *slope = oto_grad(oto_apply(critic, between), between, .again = true);
        OtoTensor *squares = oto_sum_over(oto_squared(oto_reshape(slope, real->shape[0], -1)), 1);
        OtoTensor *length = oto_sqrt(oto_add(squares, 1e-12));
        penalty = oto_keep(oto_mul(oto_mean_all(oto_squared(oto_sub(length, 1))), options.weight));
    }
    return penalty;
}
