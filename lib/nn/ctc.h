/* ctc: connectionist temporal classification (Graves et al. 2006), the loss of sequences whose labels have no times. */
#ifndef OTO_NN_CTC_H
#define OTO_NN_CTC_H

#include "../tensor/graph.h"

/* -log of the probability that the network says the labels of a sequence, summed over all ways to spread them over its
 * time steps: a label may last for several, and between labels (between equal ones: always) may stand the blank.
 *
 * scores (batch, time, classes) before or after log_softmax (which is taken here, and does nothing the second time);
 * labels int64 (batch, length) without blanks. input_lengths and label_lengths, int64 (batch), say how much of each
 * sequence counts; NULL: all. A sequence too short for its labels has the loss infinity; with zero_infinity it has 0
 * and no gradient. Result: the mean over the batch of each loss over its number of labels (at least 1). As
 * torch.nn.functional.ctc_loss, whose time comes first. */
typedef struct OtoCtcOptions {
    OtoTensor *input_lengths, *label_lengths;
    int64_t blank;
    bool zero_infinity;
} OtoCtcOptions;
#define OTO_CTC_OPTIONS(...)                                                                                           \
    OTO_OPTIONS(OtoCtcOptions, (.input_lengths = NULL, .label_lengths = NULL, .blank = 0, .zero_infinity = false),     \
                __VA_ARGS__)
OtoTensor *oto_ctc_loss(OtoTensor *scores, OtoTensor *labels);
OtoTensor *oto_ctc_loss_with(OtoTensor *scores, OtoTensor *labels, OtoCtcOptions options);
#define oto_ctc_loss(scores, labels, ...) oto_ctc_loss_with(scores, labels, OTO_CTC_OPTIONS(__VA_ARGS__))
/* The loss of each sequence: (batch). */
OtoTensor *oto_ctc_losses(OtoTensor *scores, OtoTensor *labels, OtoCtcOptions options);
#define oto_ctc_losses(scores, labels, ...) oto_ctc_losses(scores, labels, OTO_CTC_OPTIONS(__VA_ARGS__))

#endif
