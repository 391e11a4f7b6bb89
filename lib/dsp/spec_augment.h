/* spec_augment: bands and moments of a spectrogram left out at random, so that a network learns to do without. */
#ifndef OTO_SPEC_AUGMENT_H
#define OTO_SPEC_AUGMENT_H

#include "../tensor/tensor.h"

/* x (band, time), or with channels in front (all masked alike), with .freq_masks stripes of bands and .time_masks
 * stripes of frames set to .value (0; OTO_MEAN_VALUE: the mean of x). A stripe's width is drawn evenly from 0 ...
 * .freq_width (27) bands or .time_width (100) frames, its place evenly from where it fits; a stripe of time is at most
 * the fraction .max_time (1) of all frames. Two and two stripes, as policy LD without warping (Park et al. 2019, as
 * torchaudio's FrequencyMasking and TimeMasking). Random numbers are those of oto_seed. */
#define OTO_MEAN_VALUE (__builtin_nan(""))
typedef struct OtoSpecAugment {
    int freq_masks, freq_width, time_masks, time_width;
    double max_time, value;
} OtoSpecAugment;
OtoTensor *oto_spec_augment(OtoTensor *x, OtoSpecAugment options);
#define oto_spec_augment(x, ...)                                                                                       \
    oto_spec_augment(                                                                                                  \
        x, OTO_OPTIONS(OtoSpecAugment,                                                                                 \
                       (.freq_masks = 2, .freq_width = 27, .time_masks = 2, .time_width = 100, .max_time = 1),         \
                       __VA_ARGS__))

#endif
