/* frequency_filter: filters that are given by how much of each frequency they let through, and that a loss can train
 * (DDSP). Differentiable, again too. */
#ifndef OTO_FREQUENCY_FILTER_H
#define OTO_FREQUENCY_FILTER_H

#include "../tensor/options.h"
#include "../tensor/tensor.h"

/* The impulse response of gains (..., frequency bins), evenly from 0 Hz to half the sample rate: (..., time taps), even
 * around its middle taps / 2, so that no frequency is delayed against another. The inverse transform of the gains has
 * 2 (bins - 1) numbers; a Hann window cuts it to
 *     .taps 0: all of them; fewer make it smoother in frequency.
 * bins at least 2. Engel et al., "DDSP", 2020, appendix B.5. */
typedef struct OtoImpulseOptions {
    int64_t taps;
} OtoImpulseOptions;
OtoTensor *oto_impulse_response(OtoTensor *gains, OtoImpulseOptions options);
#define oto_impulse_response(gains, ...)                                                                               \
    oto_impulse_response(gains, OTO_OPTIONS(OtoImpulseOptions, (.taps = 0), __VA_ARGS__))

/* audio (time) through a filter that changes: gains (frame, frequency bins) lie evenly over the sound, each for its
 * stretch of ceil(samples / frames) samples; the responses of neighbours overlap. gains (frequency bins): one filter
 * for all. As long as audio, and not delayed. Noise filtered like this is the breath of a flute. */
OtoTensor *oto_frequency_filter(OtoTensor *audio, OtoTensor *gains, OtoImpulseOptions options);
#define oto_frequency_filter(audio, gains, ...)                                                                        \
    oto_frequency_filter(audio, gains, OTO_OPTIONS(OtoImpulseOptions, (.taps = 0), __VA_ARGS__))

#endif
