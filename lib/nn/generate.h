/* generate: sequences that a net continues, one step after the other, each drawn from what the net holds for likely.
 *
 *     OtoTensor *song = oto_generate(net, prompt, 200, .temperature = 0.9, .top_p = 0.95);
 */
#ifndef OTO_NN_GENERATE_H
#define OTO_NN_GENERATE_H

#include "cache.h"

typedef struct OtoSampleOptions {
    double temperature;
    int top_k;
    double top_p;
    int64_t end;
} OtoSampleOptions;
#define OTO_SAMPLE_OPTIONS(...)                                                                                        \
    OTO_OPTIONS(OtoSampleOptions, (.temperature = 1, .top_k = 0, .top_p = 1, .end = -1), __VA_ARGS__)

/* One class for each row of logits (batch, classes): int64 (batch), drawn with the probabilities
 * softmax(logits / temperature), from the library's generator.
 *
 *     .temperature 1    below 1 the likely becomes likelier; 0: always the likeliest
 *     .top_k 0          only the k likeliest are drawn from (Fan et al. 2018); 0: all
 *     .top_p 1          only the likeliest that together have this probability, one at least (Holtzman et al. 2020)
 *
 * Refuses NaN. */
OtoTensor *oto_sample(OtoTensor *logits, OtoSampleOptions options);
#define oto_sample(logits, ...) oto_sample(logits, OTO_SAMPLE_OPTIONS(__VA_ARGS__))

/* prompt (batch, time) of class numbers, at least one, continued by `count`: int64 (batch, time + count). net makes of
 * class numbers (batch, time) logits (batch, time, classes); it is used with a cache (oto_apply_cached), in evaluation
 * mode. Options are those of oto_sample, and .end: a sequence is over after this number, which fills what is left; it
 * is as long as the longest then. Interrupted, it returns what it has. */
OtoTensor *oto_generate(OtoLayer *net, OtoTensor *prompt, int64_t count, OtoSampleOptions options);
#define oto_generate(net, prompt, count, ...) oto_generate(net, prompt, count, OTO_SAMPLE_OPTIONS(__VA_ARGS__))

#endif
