/* fingerprint: a recording recognised from a few noisy seconds of it. */
#ifndef OTO_FINGERPRINT_H
#define OTO_FINGERPRINT_H

#include "../tensor/tensor.h"

/* Peaks of the magnitude spectrogram of a sound (time): bins that no bin within .bins and .frames around them exceeds.
 * int64 (peak n, place 2): frame and bin, in order of frames.
 *     .n_fft 2048  .hop_length 512
 *     .bins 15  .frames 7   reach of the neighbourhood to each side
 *     .threshold 0.01       of the largest magnitude; what is weaker is no peak
 * (The constellation map of Wang, ISMIR 2003; FMP 7.1.) */
typedef struct OtoFingerprint {
    int n_fft, hop_length, bins, frames;
    double threshold;
    int fan_out, from, to, reach;
} OtoFingerprint;
#define OTO_FINGERPRINT(...)                                                                                           \
    OTO_OPTIONS(OtoFingerprint,                                                                                        \
                (.n_fft = 2048, .hop_length = 512, .bins = 15, .frames = 7, .threshold = 0.01, .fan_out = 10,          \
                 .from = 1, .to = 64, .reach = 128),                                                                   \
                __VA_ARGS__)
OtoTensor *oto_constellation(OtoTensor *audio, OtoFingerprint options);
#define oto_constellation(audio, ...) oto_constellation(audio, OTO_FINGERPRINT(__VA_ARGS__))

/* Landmarks: each peak (f, t) paired with the next .fan_out 10 peaks (f', t') in its target zone, t + .from 1 <= t' <=
 * t + .to 64 frames, |f' - f| <= .reach 128 bins. int64 (landmark n, part 2): the hash (f << 40) + (f' << 16) + t' - t,
 * and t. Other options as oto_constellation. */
OtoTensor *oto_fingerprint(OtoTensor *audio, OtoFingerprint options);
#define oto_fingerprint(audio, ...) oto_fingerprint(audio, OTO_FINGERPRINT(__VA_ARGS__))

/* The landmarks of several recordings, ordered by hash, to search in: oto_fingerprint_index(a, b, c) of three
 * fingerprints, or of an array of them. int64 (landmark n, part 3): hash, number of the recording from 0, frame.
 * Refuses fingerprints made with different hops. */
#define oto_fingerprint_index(...) oto_fingerprint_index_of(OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_fingerprint_index_of(int count, OtoTensor *fingerprints[]);

/* The recording of an index that a fingerprint is part of: the one with most landmarks at the same offset in time. */
typedef struct OtoMatch {
    int64_t recording; /* its number, or -1: no landmark is known */
    double offset;     /* s: where the query begins in it */
    int64_t hits;      /* landmarks that agree on that */
    int64_t runner_up; /* the most that agree on another recording */
    int64_t landmarks; /* of the query */
} OtoMatch;
OtoMatch oto_fingerprint_match(OtoTensor *index, OtoTensor *fingerprint);

#endif
