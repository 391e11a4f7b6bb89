/* embedding: a vector for each of the words (notes, tokens) of a vocabulary, and for places in a sequence. */
#ifndef OTO_NN_EMBEDDING_H
#define OTO_NN_EMBEDDING_H

#include "layer.h"

/* Row x of the table for each number of x: table (vocabulary, features), x int64 (...) -> (..., features). Refuses a
 * number outside 0 ... vocabulary - 1, and says where it stands. As torch.nn.functional.embedding. */
OtoTensor *oto_embedding(OtoTensor *table, OtoTensor *x);

/* The same as a layer; the table (weight) is normal with deviation 1 at first. As torch.nn.Embedding. */
OtoLayer *oto_nn_embedding(int64_t vocabulary, int64_t features);

/* sin and cos of place / 10000^(2 i / features) in features 2 i and 2 i + 1 (Vaswani et al. 2017): (time, features). */
OtoTensor *oto_sinusoids(int64_t time, int64_t features);

/* Adds to each place of x (batch, time, features) a vector of its own: sinusoids, or (learned) parameters that are
 * normal with deviation 0.02 at first. Refuses sequences longer than max_length. */
typedef struct OtoPositionOptions {
    int64_t max_length;
    bool learned;
} OtoPositionOptions;
OtoLayer *oto_nn_positions(int64_t features, OtoPositionOptions options);
#define oto_nn_positions(features, ...)                                                                                \
    oto_nn_positions(features, OTO_OPTIONS(OtoPositionOptions, (.max_length = 1024, .learned = false), __VA_ARGS__))

#endif
