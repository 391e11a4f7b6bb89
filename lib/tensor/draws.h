/* draws: tensors of random numbers. They come from the generator of random.h, so oto_seed repeats them, and they are
 * the same with any number of threads. A shape is listed as for oto_zeros. */
#ifndef OTO_DRAWS_H
#define OTO_DRAWS_H

#include "options.h"
#include "tensor.h"

/* Normal with mean 0 and standard deviation 1; even in 0 <= x < 1. As torch.randn and torch.rand. */
#define oto_random_normal(...) oto_random_normal_of(OTO_INDICES(__VA_ARGS__))
#define oto_random_uniform(...) oto_random_uniform_of(OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_random_normal_of(int rank, const long long shape[]);
OtoTensor *oto_random_uniform_of(int rank, const long long shape[]);
/* Whole numbers low <= i < high, each equally likely: int64. As torch.randint. */
#define oto_random_integers(low, high, ...) oto_random_integers_of(low, high, OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_random_integers_of(int64_t low, int64_t high, int rank, const long long shape[]);
/* 0 ... n - 1 in a random order: int64 (n). As torch.randperm. */
OtoTensor *oto_random_permutation(int64_t n);

/* 1 with the probability that stands there, else 0: of p's shape. As torch.bernoulli. */
OtoTensor *oto_bernoulli(OtoTensor *p);
/* `count` class numbers of each row of weights (..., classes), each as likely as its weight is a share of the row's
 * sum: int64 (..., count).
 *     .replacement false     a class comes once; then count is at most the number of weights above 0
 * As torch.multinomial. */
typedef struct OtoMultinomialOptions {
    bool replacement;
} OtoMultinomialOptions;
OtoTensor *oto_multinomial(OtoTensor *weights, int64_t count, OtoMultinomialOptions options);
#define oto_multinomial(weights, count, ...)                                                                           \
    oto_multinomial(weights, count, OTO_OPTIONS(OtoMultinomialOptions, (.replacement = false), __VA_ARGS__))

#endif
