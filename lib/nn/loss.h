/* loss: how wrong an output is, as a number to make smaller. The result has shape (1), or with .reduction = OTO_NONE
 * one number for each element (each row).
 *
 * Losses do not repeat an operand: (64, 1) against (64) would quietly compare everything with everything, so shapes
 * must agree and are refused with the remedy where they do not. Targets must be finite; a NaN in the output gives NaN
 * (oto_step tells where it began). No gradient flows into targets unless said.
 *
 * By its name alone a loss of an output and its targets is a function with the default options, as oto_fit takes it:
 * oto_fit(net, train, .loss = oto_cross_entropy).
 */
#ifndef OTO_NN_LOSS_H
#define OTO_NN_LOSS_H

#include "layer.h"
#include "../tensor/axis.h"
#include "../tensor/options.h"
#include "../tensor/tensor.h"

typedef enum OtoReduction { OTO_MEAN, OTO_SUM, OTO_NONE } OtoReduction;

/* ---- classes ---- */

/* -ln of the probability that softmax(logits) gives to the right class. logits: what the last layer gives, before any
 * softmax; classes along the axis called "classes", else along .axis (the last: (batch, classes), (batch, time,
 * classes); PyTorch's (batch, classes, time) is .axis = 1). targets: without that axis, the number of the class (int64,
 * or float32 with whole numbers); or of logits' shape, the probability of each class.
 *
 *     .ignore_index -100    targets of this number do not count
 *     .label_smoothing 0    this part of the target is spread evenly over the classes
 *     .weight NULL          (classes): how much each counts; the mean is divided by the weights' sum
 *     .reduction OTO_MEAN
 * Refused: class numbers outside 0 ... classes - 1 (which, where), another shape, probabilities in the place of logits,
 * and a mean of which nothing counts (every target ignored, or of weight 0), which PyTorch gives as NaN.
 * As torch.nn.functional.cross_entropy. Once differentiable. */
typedef struct OtoCrossEntropyOptions {
    int64_t ignore_index;
    double label_smoothing;
    OtoTensor *weight;
    OtoReduction reduction;
    int axis;
} OtoCrossEntropyOptions;
OtoTensor *oto_cross_entropy(OtoTensor *logits, OtoTensor *targets);
OtoTensor *oto_cross_entropy_with(OtoTensor *logits, OtoTensor *targets, OtoCrossEntropyOptions options);
#define oto_cross_entropy(logits, targets, ...)                                                                        \
    oto_cross_entropy_with(                                                                                            \
        logits, targets,                                                                                               \
        OTO_OPTIONS(OtoCrossEntropyOptions,                                                                            \
                    (.ignore_index = -100, .label_smoothing = 0, .weight = NULL, .reduction = OTO_MEAN, .axis = -1),   \
                    __VA_ARGS__))

/* For several yes-or-no questions: -(p t ln s(x) + (1 - t) ln(1 - s(x))) with the sigmoid s; x are logits, t targets in
 * [0, 1] of the same shape.
 *
 *     .pos_weight NULL    p: (classes) or of a shape that repeats to x's; larger than 1 finds more of the rare
 *     .reduction OTO_MEAN
 * As torch.nn.functional.binary_cross_entropy_with_logits. Once differentiable. */
typedef struct OtoBinaryOptions {
    OtoTensor *pos_weight;
    OtoReduction reduction;
} OtoBinaryOptions;
OtoTensor *oto_binary_cross_entropy(OtoTensor *logits, OtoTensor *targets);
OtoTensor *oto_binary_cross_entropy_with(OtoTensor *logits, OtoTensor *targets, OtoBinaryOptions options);
#define oto_binary_cross_entropy(logits, targets, ...)                                                                 \
    oto_binary_cross_entropy_with(                                                                                     \
        logits, targets, OTO_OPTIONS(OtoBinaryOptions, (.pos_weight = NULL, .reduction = OTO_MEAN), __VA_ARGS__))

/* ---- distances; gradients flow into both, second derivatives too ---- */

typedef struct OtoDistanceOptions {
    OtoReduction reduction;
    double delta;
} OtoDistanceOptions;
#define OTO_DISTANCE(...) OTO_OPTIONS(OtoDistanceOptions, (.reduction = OTO_MEAN, .delta = 1), __VA_ARGS__)
/* (x - t)^2; |x - t|; and Huber's: (x - t)^2 / 2 up to |x - t| = .delta (1), beyond it delta (|x - t| - delta / 2), so
 * that outliers count less. .reduction OTO_MEAN. As mse_loss, l1_loss and huber_loss of torch.nn.functional. */
OtoTensor *oto_mse_loss(OtoTensor *x, OtoTensor *targets);
OtoTensor *oto_mse_loss_with(OtoTensor *x, OtoTensor *targets, OtoDistanceOptions options);
OtoTensor *oto_l1_loss(OtoTensor *x, OtoTensor *targets);
OtoTensor *oto_l1_loss_with(OtoTensor *x, OtoTensor *targets, OtoDistanceOptions options);
OtoTensor *oto_huber_loss(OtoTensor *x, OtoTensor *targets);
OtoTensor *oto_huber_loss_with(OtoTensor *x, OtoTensor *targets, OtoDistanceOptions options);
#define oto_mse_loss(x, targets, ...) oto_mse_loss_with(x, targets, OTO_DISTANCE(__VA_ARGS__))
#define oto_l1_loss(x, targets, ...) oto_l1_loss_with(x, targets, OTO_DISTANCE(__VA_ARGS__))
#define oto_huber_loss(x, targets, ...) oto_huber_loss_with(x, targets, OTO_DISTANCE(__VA_ARGS__))

/* ---- distributions ---- */

/* KL(p || q) = sum p (ln p - ln q) over the last axis, with log_q = ln q (of oto_log_softmax) and probabilities p; the
 * mean is over rows. As torch.nn.functional.kl_div(log_q, p, reduction="batchmean") of (rows, classes). */
OtoTensor *oto_kl_loss(OtoTensor *log_q, OtoTensor *p);
OtoTensor *oto_kl_loss_with(OtoTensor *log_q, OtoTensor *p, OtoDistanceOptions options);
#define oto_kl_loss(log_q, p, ...) oto_kl_loss_with(log_q, p, OTO_DISTANCE(__VA_ARGS__))
/* KL of the normal distribution with this mean and ln of the variance from the standard one, as a variational
 * autoencoder needs it: -1/2 sum(1 + log_variance - mean^2 - e^log_variance) over the last axis, mean over rows. Kingma
 * and Welling 2014, appendix B. */
OtoTensor *oto_kl_normal_loss(OtoTensor *mean, OtoTensor *log_variance);

/* ---- embeddings: (batch, features) ---- */

/* max(0, |a - p| - |a - n| + margin) with Euclidean lengths: the positive shall be nearer to the anchor than the
 * negative, by .margin (1). Mean over the batch. As torch.nn.functional.triplet_margin_loss. */
typedef struct OtoTripletOptions {
    double margin;
} OtoTripletOptions;
OtoTensor *oto_triplet_loss(OtoTensor *anchor, OtoTensor *positive, OtoTensor *negative, OtoTripletOptions options);
#define oto_triplet_loss(anchor, positive, negative, ...)                                                              \
    oto_triplet_loss(anchor, positive, negative, OTO_OPTIONS(OtoTripletOptions, (.margin = 1), __VA_ARGS__))
/* InfoNCE (van den Oord et al. 2018; both ways, as in CLIP): row i of a belongs to row i of b and to no other. Cosines
 * over .temperature (0.07) are logits of which of the batch's rows it is. With .all_pairs = true a row is told from all
 * others of both, a's too (NT-Xent, Chen et al. 2020, "SimCLR", with temperature 0.5). */
typedef struct OtoContrastiveOptions {
    double temperature;
    bool all_pairs;
} OtoContrastiveOptions;
OtoTensor *oto_contrastive_loss(OtoTensor *a, OtoTensor *b);
OtoTensor *oto_contrastive_loss_with(OtoTensor *a, OtoTensor *b, OtoContrastiveOptions options);
#define oto_contrastive_loss(a, b, ...)                                                                                \
    oto_contrastive_loss_with(                                                                                         \
        a, b, OTO_OPTIONS(OtoContrastiveOptions, (.temperature = 0.07, .all_pairs = false), __VA_ARGS__))

/* ---- adversaries ---- */

/* What the discriminator makes smaller, from its logits of real and of generated examples, and what the generator makes
 * smaller. .kind:
 *     OTO_GAN_LOGISTIC       binary cross-entropy, the generator's not saturating (Goodfellow et al. 2014)
 *     OTO_GAN_HINGE          mean max(0, 1 - real) + mean max(0, 1 + fake);  -mean fake (Lim and Ye 2017)
 *     OTO_GAN_WASSERSTEIN    mean fake - mean real;  -mean fake (Arjovsky et al. 2017; with oto_gradient_penalty)
 *     OTO_GAN_LEAST_SQUARES  mean (real - 1)^2 / 2 + mean fake^2 / 2;  mean (fake - 1)^2 / 2 (Mao et al. 2017) */
typedef enum OtoGanKind { OTO_GAN_LOGISTIC, OTO_GAN_HINGE, OTO_GAN_WASSERSTEIN, OTO_GAN_LEAST_SQUARES } OtoGanKind;
typedef struct OtoGanOptions {
    OtoGanKind kind;
} OtoGanOptions;
OtoTensor *oto_discriminator_loss(OtoTensor *real, OtoTensor *fake, OtoGanOptions options);
OtoTensor *oto_generator_loss(OtoTensor *fake, OtoGanOptions options);
#define oto_discriminator_loss(real, fake, ...)                                                                        \
    oto_discriminator_loss(real, fake, OTO_OPTIONS(OtoGanOptions, (.kind = OTO_GAN_LOGISTIC), __VA_ARGS__))
#define oto_generator_loss(fake, ...)                                                                                  \
    oto_generator_loss(fake, OTO_OPTIONS(OtoGanOptions, (.kind = OTO_GAN_LOGISTIC), __VA_ARGS__))
/* mean (|dD/dx| - 1)^2 at random places x between real and fake examples (batch, ...) of one shape, times .weight (10):
 * what keeps a Wasserstein critic's slope at 1. Draws one number an example. Gulrajani et al. 2017. Every operation of
 * the critic must be twice differentiable. */
typedef struct OtoPenaltyOptions {
    double weight;
} OtoPenaltyOptions;
OtoTensor *oto_gradient_penalty(OtoLayer *critic, OtoTensor *real, OtoTensor *fake, OtoPenaltyOptions options);
#define oto_gradient_penalty(critic, real, fake, ...)                                                                  \
    oto_gradient_penalty(critic, real, fake, OTO_OPTIONS(OtoPenaltyOptions, (.weight = 10), __VA_ARGS__))

/* ---- for the files of the losses ---- */

/* Refuses unless both are float32 and of one shape. */
void oto_loss_need_pair(const char *operation, const char *argument_x, OtoTensor *x, const char *argument_t,
                        OtoTensor *t);
/* Refuses unless all numbers are finite. */
void oto_loss_need_finite(const char *operation, const char *argument, OtoTensor *x);
/* "(2, 17)": where element i of x is; kept until this thread asks again. */
const char *oto_loss_place(OtoTensor *x, int64_t i);
/* "oto_reshape(targets, 8, 1)": the remedy of another shape; kept until this thread asks again. */
const char *oto_loss_reshape(const char *argument, int rank, const long long shape[]);
/* Refuses a number that is no OtoReduction. */
void oto_loss_check_reduction(const char *operation, OtoReduction reduction);
/* Mean, sum or x itself. */
OtoTensor *oto_loss_reduced(OtoTensor *x, OtoReduction reduction);

#endif
