/* tonal_signals: the sounds of tests/golden/make_tonal.py. */
#ifndef OTO_TESTS_TONAL_SIGNALS_H
#define OTO_TESTS_TONAL_SIGNALS_H

#include "golden.h"
#include "refusal.h"

#include "lib/tensor/arithmetic.h"

enum { SAMPLE_RATE = 22050 };

static inline OtoTensor *melody(void) {
    return golden_signal("melody", SAMPLE_RATE, 1.5);
}
static inline OtoTensor *white_noise(void) {
    return golden_signal("noise", SAMPLE_RATE, 0.5);
}
static inline OtoTensor *chirp(void) {
    return golden_signal("chirp", 8000, 1);
}
static inline OtoTensor *beats(void) {
    return golden_signal("beats", 44100, 0.7);
}
static inline OtoTensor *silence(void) {
    return golden_signal("silence", SAMPLE_RATE, 0.3);
}
static inline OtoTensor *one_sample(void) {
    return oto_as_audio(oto_slice(melody(), "time", 0, 1), SAMPLE_RATE);
}
static inline OtoTensor *stereo(void) {
    return oto_as_audio(oto_stack(melody(), golden_signal("chirp", SAMPLE_RATE, 1.5)), SAMPLE_RATE);
}
static inline OtoTensor *with_nan(void) {
    OtoTensor *x = white_noise();
    oto_at(x, 77) = NAN;
    return x;
}

#endif
