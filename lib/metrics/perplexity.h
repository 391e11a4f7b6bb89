/* perplexity: how surprised a model of sequences is: among how many equally likely ones it would have to choose. */
#ifndef OTO_PERPLEXITY_H
#define OTO_PERPLEXITY_H

#include "../tensor/tensor.h"

/* exp(-mean log p): p the probability that a model gave to what came. log_probabilities: natural logarithms, at most 0.
 */
double oto_perplexity(OtoTensor *log_probabilities);

/* The same from scores: logits (..., class k), of which log p = x_t - log(sum over k of exp(x_k)), and targets (...),
 * whole numbers: the class t that came. Those that are .ignore_index (-100) are left out: padding. Infinite where what
 * came had a score of minus infinity. Refuses shapes that do not fit together, NaN and plus infinity, targets that are
 * no class, and targets that are all left out. As exp(torch.nn.functional.cross_entropy(logits, targets)). */
typedef struct OtoPerplexityOfLogits {
    int64_t ignore_index;
} OtoPerplexityOfLogits;
double oto_perplexity_of_logits(OtoTensor *logits, OtoTensor *targets, OtoPerplexityOfLogits options);
#define oto_perplexity_of_logits(logits, targets, ...)                                                                 \
    oto_perplexity_of_logits(logits, targets, OTO_OPTIONS(OtoPerplexityOfLogits, (.ignore_index = -100), __VA_ARGS__))

#endif
