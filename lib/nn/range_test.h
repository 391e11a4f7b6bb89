/* range_test: which learning rate to begin with, found by trying them all (Smith 2017, "Cyclical learning rates for
 * training neural networks").
 *
 *     double lr = oto_find_learning_rate(net, train, .loss = oto_cross_entropy);
 *     oto_fit(net, train, .loss = oto_cross_entropy, .lr = lr);
 *
 * The net learns for a few batches while the learning rate grows from much too small to much too large: first the loss
 * stays as it is, then it falls, then it explodes. What is suggested is a tenth of the rate at which the smoothed loss
 * was smallest: there it still falls fast, and is far from exploding. The curve is shown with a line at the suggestion.
 * Afterwards the net, the optimizer and the random numbers are what they were before.
 */
#ifndef OTO_NN_RANGE_TEST_H
#define OTO_NN_RANGE_TEST_H

#include "evaluation.h"
#include "optimizer.h"

/*     .loss, .objective   one of the two (evaluation.h)
 *     .optimizer          NULL: adam
 *     .from, .to          1e-6 and 10: the first and the last rate, of .steps (100), evenly spaced as logarithms
 *     .batch_size         32; the batches come in random order, as often as needed
 *     .smoothing          0.9: smoothed = 0.9 smoothed + 0.1 loss, divided by 1 - 0.9^t
 *     .augment            as in oto_batches
 *     .quiet              false: with the curve
 * It ends when the smoothed loss is four times its smallest, or not finite. Refuses a loss that fell nowhere. As
 * fastai's lr_find. */
typedef struct OtoRangeTest {
    OtoLossOf *loss;
    OtoObjective *objective;
    OtoOptimizer *optimizer;
    double from, to, smoothing;
    int64_t steps, batch_size;
    OtoTensor *(*augment)(OtoTensor *x);
    bool quiet;
} OtoRangeTest;
double oto_find_learning_rate(OtoLayer *net, OtoExamples train, OtoRangeTest options);
#define oto_find_learning_rate(net, train, ...)                                                                        \
    oto_find_learning_rate(net, train,                                                                                 \
                           OTO_OPTIONS(OtoRangeTest,                                                                   \
                                       (.from = 1e-6, .to = 10, .smoothing = 0.9, .steps = 100, .batch_size = 32),     \
                                       __VA_ARGS__))

#endif
