/* initial: the first values of parameters. Layers draw their own, as PyTorch's do; these are for those who want others:
 *
 *     oto_init_kaiming_normal(oto_layer_tensor(net, "0.weight"), .nonlinearity = "relu");
 *
 * Each changes the numbers of x in place and returns x. Numbers are drawn from the library's generator (oto_seed). As
 * torch.nn.init, whose names and defaults they have; fan_in is how many numbers of the input an output comes from, x
 * being (out, in, ...): in times the kernel; fan_out is out times the kernel.
 */
#ifndef OTO_NN_INITIAL_H
#define OTO_NN_INITIAL_H

#include "layer.h"

OtoTensor *oto_init_constant(OtoTensor *x, double value);

/* Uniform in low ... high. */
typedef struct OtoInitUniform {
    double low, high;
} OtoInitUniform;
OtoTensor *oto_init_uniform(OtoTensor *x, OtoInitUniform options);
#define oto_init_uniform(x, ...) oto_init_uniform(x, OTO_OPTIONS(OtoInitUniform, (.low = 0, .high = 1), __VA_ARGS__))

typedef struct OtoInitNormal {
    double mean, std;
    double low, high; /* of a truncated one: drawn again until it lies within */
} OtoInitNormal;
#define OTO_INIT_NORMAL(...) OTO_OPTIONS(OtoInitNormal, (.mean = 0, .std = 1, .low = -2, .high = 2), __VA_ARGS__)
OtoTensor *oto_init_normal(OtoTensor *x, OtoInitNormal options);
OtoTensor *oto_init_truncated_normal(OtoTensor *x, OtoInitNormal options);
#define oto_init_normal(x, ...) oto_init_normal(x, OTO_INIT_NORMAL(__VA_ARGS__))
#define oto_init_truncated_normal(x, ...) oto_init_truncated_normal(x, OTO_INIT_NORMAL(__VA_ARGS__))

/* How much a function makes the spread of what goes through it smaller: what weights before it are multiplied by.
 * "linear", "sigmoid" 1, "tanh" 5/3, "relu" sqrt 2, "leaky_relu" sqrt(2 / (1 + slope^2)), "selu" 3/4. */
double oto_init_gain(const char *nonlinearity, double slope);

/* Variance gain^2 2 / (fan_in + fan_out): the spread stays, forwards and backwards (Glorot and Bengio 2010). */
typedef struct OtoInitGain {
    double gain;
} OtoInitGain;
#define OTO_INIT_GAIN(...) OTO_OPTIONS(OtoInitGain, (.gain = 1), __VA_ARGS__)
OtoTensor *oto_init_xavier_uniform(OtoTensor *x, OtoInitGain options);
OtoTensor *oto_init_xavier_normal(OtoTensor *x, OtoInitGain options);
#define oto_init_xavier_uniform(x, ...) oto_init_xavier_uniform(x, OTO_INIT_GAIN(__VA_ARGS__))
#define oto_init_xavier_normal(x, ...) oto_init_xavier_normal(x, OTO_INIT_GAIN(__VA_ARGS__))

/* Variance gain^2 / fan_in: the spread stays, forwards; with .fan_out = true gain^2 / fan_out, backwards (He et al.
 * 2015). The gain is that of the nonlinearity behind the layer; a: the slope of leaky_relu. */
typedef struct OtoInitKaiming {
    const char *nonlinearity;
    double a;
    bool fan_out;
} OtoInitKaiming;
#define OTO_INIT_KAIMING(...) OTO_OPTIONS(OtoInitKaiming, (.nonlinearity = "leaky_relu", .a = 0), __VA_ARGS__)
OtoTensor *oto_init_kaiming_uniform(OtoTensor *x, OtoInitKaiming options);
OtoTensor *oto_init_kaiming_normal(OtoTensor *x, OtoInitKaiming options);
#define oto_init_kaiming_uniform(x, ...) oto_init_kaiming_uniform(x, OTO_INIT_KAIMING(__VA_ARGS__))
#define oto_init_kaiming_normal(x, ...) oto_init_kaiming_normal(x, OTO_INIT_KAIMING(__VA_ARGS__))

/* x as a matrix (out, the rest) has rows (or, if there are more of them than columns, columns) that are orthogonal and
 * of length gain; each such matrix is equally likely (Saxe et al. 2013). */
OtoTensor *oto_init_orthogonal(OtoTensor *x, OtoInitGain options);
#define oto_init_orthogonal(x, ...) oto_init_orthogonal(x, OTO_INIT_GAIN(__VA_ARGS__))

/* A matrix of which in each column a share `sparsity` (rounded up) is 0, and the rest normal. */
typedef struct OtoInitSparse {
    double std;
} OtoInitSparse;
OtoTensor *oto_init_sparse(OtoTensor *x, double sparsity, OtoInitSparse options);
#define oto_init_sparse(x, sparsity, ...)                                                                              \
    oto_init_sparse(x, sparsity, OTO_OPTIONS(OtoInitSparse, (.std = 0.01), __VA_ARGS__))

/* ---- for the library's own layers: new tensors for a layer, which is who has no memory when there is none ---- */

/* Uniform in -bound ... bound. */
OtoTensor *oto_initial_uniform(OtoLayer *layer, double bound, int rank, const long long shape[]);
/* Normal, with mean 0. */
OtoTensor *oto_initial_normal(OtoLayer *layer, double standard_deviation, int rank, const long long shape[]);

#endif
