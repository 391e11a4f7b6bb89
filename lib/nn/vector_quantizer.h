/* vector_quantizer: vectors become the nearest of a codebook, so that sounds or images turn into sequences of whole
 * numbers, which a language model can learn (VQ-VAE, van den Oord et al. 2017).
 *
 *     OtoLayer *codes = oto_nn_vector_quantizer(256, 64);
 *     OtoQuantised q = oto_apply_quantizer(codes, oto_apply(encoder, x));        (batch, time, 64)
 *     OtoTensor *loss = oto_add(oto_mse_loss(oto_apply(decoder, q.y), x), q.loss);
 *     q.codes                                                                    (batch, time): what to learn next
 */
#ifndef OTO_NN_VECTOR_QUANTIZER_H
#define OTO_NN_VECTOR_QUANTIZER_H

#include "layer.h"

typedef struct OtoQuantised {
    OtoTensor *y, *codes, *loss; /* as x; int64 (...); one number */
    double perplexity; /* how many codes are in use in effect: e to the entropy of their shares, 1 ... codes */
} OtoQuantised;

/* Each vector of x (..., features) becomes the nearest of a codebook (codes, features). The gradient of y goes to x as
 * if nothing had happened in between (straight through); the codebook learns from
 * loss = mean |stop(x) - code|^2 + beta mean |x - stop(code)|^2. */
OtoQuantised oto_quantise_vectors(OtoTensor *x, OtoTensor *codebook, double beta);

typedef struct OtoVectorQuantizerOptions {
    double beta, decay, revive;
} OtoVectorQuantizerOptions;
/* The same with a codebook (weight) of its own. In training each code becomes the running mean of the vectors that it
 * was the nearest of (appendix A.1 of the paper): usage = decay usage + (1 - decay) vectors of the code, sums alike,
 * code = sums / usage; loss is the second term only then.
 *
 *     .beta 0.25      what it costs the encoder to be far from its code
 *     .decay 0.99     0: the codebook is a parameter, which learns from the first term of the loss
 *     .revive 0.05    a code whose usage is below this part of an even share becomes a random vector of the batch;
 *                     codes that nobody is near to would never learn. 0: never. New codebooks begin so, with vectors of
 *                     the first batch
 *
 * In evaluation the codebook stays as it is. */
OtoLayer *oto_nn_vector_quantizer(int64_t codes, int64_t features, OtoVectorQuantizerOptions options);
#define oto_nn_vector_quantizer(codes, features, ...)                                                                  \
    oto_nn_vector_quantizer(                                                                                           \
        codes, features,                                                                                               \
        OTO_OPTIONS(OtoVectorQuantizerOptions, (.beta = 0.25, .decay = 0.99, .revive = 0.05), __VA_ARGS__))
/* x (..., features) through it. oto_apply gives y alone, and so is for evaluation. */
OtoQuantised oto_apply_quantizer(OtoLayer *layer, OtoTensor *x);
/* The vectors of codes (...): (..., features), for a decoder. */
OtoTensor *oto_quantizer_vectors(OtoLayer *layer, OtoTensor *codes);

#endif
