/* front_end: what makes features of sounds, as layers. They stand at the beginning of a net and are saved with it
 * (their settings and statistics are buffers), so the features cannot be others in use than they were in training:
 *
 *     OtoLayer *mel = oto_nn_mel(22050, .n_mels = 64);
 *     OtoLayer *net = oto_sequential(mel, oto_nn_standardize(oto_apply(mel, train.x), "mel"), ...);
 *
 * What a checkpoint says of them counts, not what the layer was made with.
 */
#ifndef OTO_NN_FRONT_END_H
#define OTO_NN_FRONT_END_H

#include "layer.h"
#include "../tensor/axis.h"

/* log(mel + offset) of the power in mel bands (oto_mel): sounds (batch, time) -> (batch, mel, time), or with .channel =
 * true (batch, 1, mel, time), as convolutions want it. Refuses sounds that know another sample rate. */
typedef struct OtoNnMel {
    int n_fft, hop_length, n_mels;
    double fmin, fmax; /* Hz; fmax 0: half the sample rate */
    double offset;     /* so that silence has a logarithm */
    bool htk, channel;
} OtoNnMel;
OtoLayer *oto_nn_mel(double sample_rate, OtoNnMel options);
#define oto_nn_mel(sample_rate, ...)                                                                                   \
    oto_nn_mel(sample_rate,                                                                                            \
               OTO_OPTIONS(OtoNnMel, (.n_fft = 2048, .hop_length = 512, .n_mels = 128, .offset = 1e-6), __VA_ARGS__))

/* (x - mean) / std with the mean and standard deviation that the examples have at each index of an axis, by name or
 * number: those of training alone, for what comes later is not known yet. Later x may have more axes before and as many
 * after that axis. Where all numbers are the same, std is 1. */
#define oto_nn_standardize(examples, axis) oto_nn_standardize_axis(examples, OTO_WHICH_AXIS(axis))
OtoLayer *oto_nn_standardize_axis(OtoTensor *examples, OtoWhichAxis axis);

#endif
