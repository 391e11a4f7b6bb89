/* Delta, stacking, emphasis, mu-law, PCEN, masks, mel bands undone: agreement with librosa 0.11.0
 * (tests/golden/make_preprocess.py), and what must hold or be refused. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/decibel.h"
#include "lib/dsp/delta.h"
#include "lib/dsp/emphasis.h"
#include "lib/dsp/frames.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/mel.h"
#include "lib/dsp/mfcc.h"
#include "lib/dsp/mu_law.h"
#include "lib/dsp/pcen.h"
#include "lib/dsp/spec_augment.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/random.h"

enum { SAMPLE_RATE = 22050 };

static OtoTensor *y, *noise, *stereo, *x, *mel, *both, *few, *D;

static int make_inputs(void **state) {
    y = golden_signal("melody", SAMPLE_RATE, 0.6);
    noise = golden_signal("noise", SAMPLE_RATE, 0.6);
    stereo = oto_as_audio(oto_stack(y, noise), SAMPLE_RATE);
    x = oto_mul(oto_slice(noise, "time", 0, 200), 2);
    mel = oto_mel(y, .n_mels = 16);
    both = oto_mel(stereo, .n_mels = 8);
    few = oto_slice(mel, "time", 0, 5);
    D = oto_db(mel);
    return 0;
}

/* ---- agreement ---- */

static void deltas_agree_with_librosa(void **state) {
    assert_agrees("preprocess", "oto_delta", "defaults", oto_delta(D), 1e-5);
    assert_agrees("preprocess", "oto_delta", "second", oto_delta(D, .order = 2), 1e-5);
    assert_agrees("preprocess", "oto_delta", "width 5, order 3", oto_delta(D, .width = 5, .order = 3), 1e-5);
    assert_agrees("preprocess", "oto_delta", "nearest", oto_delta(D, .mode = OTO_DELTA_NEAREST), 1e-5);
    assert_agrees("preprocess", "oto_delta", "mirror", oto_delta(D, .width = 7, .mode = OTO_DELTA_MIRROR), 1e-5);
    assert_agrees("preprocess", "oto_delta", "constant", oto_delta(D, .mode = OTO_DELTA_CONSTANT), 1e-5);
    assert_agrees("preprocess", "oto_delta", "wrap", oto_delta(D, .mode = OTO_DELTA_WRAP), 1e-5);
    assert_agrees("preprocess", "oto_delta", "few frames, nearest", oto_delta(few, .mode = OTO_DELTA_NEAREST), 1e-5);
    assert_agrees("preprocess", "oto_delta", "stereo", oto_delta(both), 1e-5);
}

static void stacks_agree_with_librosa(void **state) {
    assert_agrees("preprocess", "oto_stack_memory", "defaults", oto_stack_memory(few), 1e-6);
    assert_agrees("preprocess", "oto_stack_memory", "3 steps of 2", oto_stack_memory(few, .n_steps = 3, .delay = 2),
                  1e-6);
    assert_agrees("preprocess", "oto_stack_memory", "future", oto_stack_memory(few, .n_steps = 3, .delay = -1), 1e-6);
    assert_agrees("preprocess", "oto_stack_memory", "edge", oto_stack_memory(few, .n_steps = 4, .mode = OTO_PAD_EDGE),
                  1e-6);
    assert_agrees("preprocess", "oto_stack_memory", "one row",
                  oto_stack_memory(oto_slice(noise, "time", 0, 7), .n_steps = 3), 1e-6);
}

static void emphasis_agrees_with_librosa(void **state) {
    OtoTensor *part = oto_slice(y, "time", 0, 500);
    assert_agrees("preprocess", "oto_preemphasis", "defaults", oto_preemphasis(part), 1e-6);
    assert_agrees("preprocess", "oto_preemphasis", "0.5", oto_preemphasis(part, .coef = 0.5), 1e-6);
    assert_agrees("preprocess", "oto_preemphasis", "zi 0", oto_preemphasis(part, .zi = 0), 1e-6);
    assert_agrees("preprocess", "oto_preemphasis", "stereo", oto_preemphasis(oto_slice(stereo, "time", 0, 100)), 1e-6);
    assert_agrees("preprocess", "oto_deemphasis", "defaults", oto_deemphasis(part), 1e-5);
    assert_agrees("preprocess", "oto_deemphasis", "0.5", oto_deemphasis(part, .coef = 0.5), 1e-5);
    assert_agrees("preprocess", "oto_deemphasis", "zi 0", oto_deemphasis(part, .zi = 0), 1e-5);
}

static void mu_law_agrees_with_librosa(void **state) {
    assert_agrees("preprocess", "oto_mu_compress", "defaults", oto_mu_compress(x), 0);
    assert_agrees("preprocess", "oto_mu_compress", "not quantised", oto_mu_compress(x, .quantize = false), 1e-6);
    assert_agrees("preprocess", "oto_mu_compress", "mu 15", oto_mu_compress(x, .mu = 15), 0);
    assert_agrees("preprocess", "oto_mu_expand", "defaults", oto_mu_expand(oto_mu_compress(x)), 1e-6);
    OtoTensor *fine = oto_mu_expand(oto_mu_compress(x, .quantize = false), .quantize = false);
    assert_agrees("preprocess", "oto_mu_expand", "not quantised", fine, 1e-6);
    assert_agrees("preprocess", "oto_mu_expand", "mu 15", oto_mu_expand(oto_mu_compress(x, .mu = 15), .mu = 15), 1e-6);
}

static void pcen_agrees_with_librosa(void **state) {
    assert_agrees("preprocess", "oto_pcen", "defaults", oto_pcen(mel), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "loud", oto_pcen(oto_mul(mel, 2147483648.0)), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "no bias", oto_pcen(mel, .bias = 0), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "logarithm", oto_pcen(mel, .power = 0), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "b 0.3, gain 0.5, power 0.25",
                  oto_pcen(mel, .b = 0.3, .gain = 0.5, .power = 0.25), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "maximum over 3", oto_pcen(mel, .max_size = 3), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "maximum over 4", oto_pcen(mel, .max_size = 4), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "stereo", oto_pcen(both, .time_constant = 0.1, .eps = 1e-3), 1e-5);
    assert_agrees("preprocess", "oto_pcen", "hop 256 at 16000", oto_pcen(mel, .hop_length = 256, .sample_rate = 16000),
                  1e-5);
}

static void lengths_agree_with_librosa(void **state) {
    OtoTensor *part = oto_slice(x, "time", 0, 20);
    assert_agrees("preprocess", "oto_fix_length", "cut", oto_fix_length(x, 50), 1e-8);
    assert_agrees("preprocess", "oto_fix_length", "longer", oto_fix_length(part, 30), 1e-8);
    assert_agrees("preprocess", "oto_pad_center", "odd", oto_pad_center(part, 31), 1e-8);
}

/* ---- what must hold by definition ---- */

static double largest_difference(OtoTensor *a, OtoTensor *b) {
    assert_int_equal(a->size, b->size);
    return oto_maximum(oto_magnitude(oto_sub(a, b)));
}

static void deemphasis_undoes_preemphasis(void **state) {
    assert_true(largest_difference(oto_deemphasis(oto_preemphasis(stereo)), stereo) < 1e-5);
}

/* The length of a - b beside that of b. */
static double rest_of(OtoTensor *a, OtoTensor *b) {
    double target = 0, rest = 0;
    for (int64_t i = 0; i < b->size; i++) {
        double value = (double)((float *)b->data)[i], difference = (double)((float *)a->data)[i] - value;
        target += value * value;
        rest += difference * difference;
    }
    return sqrt(rest / target);
}

static void a_spectrum_out_of_mel_bands_has_these_bands(void **state) {
    OtoTensor *bands = oto_mel(y), *S = oto_mel_to_stft(bands);
    assert_string_equal(oto_shape_quoted(S), "(frequency 1025, time 26)");
    assert_true(oto_minimum(S) >= 0);
    assert_true(rest_of(oto_mel(S), bands) < 3e-3); /* librosa stops at 3e-3 */
    OtoTensor *htk = oto_mel(y, .n_mels = 40, .htk = true, .power = 1, .n_fft = 512);
    OtoTensor *T = oto_mel_to_stft(htk, .htk = true, .power = 1);
    assert_true(largest_difference(oto_mel(T, .n_mels = 40, .htk = true, .power = 1), htk) < 3e-3 * oto_maximum(htk));
    assert_float_equal(oto_maximum(oto_mel_to_stft(oto_mel(golden_signal("silence", SAMPLE_RATE, 0.1)))), 0, 0);
    assert_string_equal(oto_shape_quoted(oto_mel_to_stft(both)), "(channels 2, frequency 1025, time 26)");
}

static void a_sound_out_of_mel_bands_has_these_bands(void **state) {
    OtoTensor *chirp = golden_signal("chirp", SAMPLE_RATE, 0.8), *bands = oto_mel(chirp);
    OtoTensor *sound = oto_mel_to_audio(bands);
    assert_int_equal(sound->size, chirp->size);
    assert_true(rest_of(oto_mel(sound), bands) < 0.3);
    OtoTensor *coarse = oto_mel_to_audio(oto_mfcc_to_mel(oto_mfcc(chirp)), .n_iter = 2, .length = 17500);
    assert_int_equal(coarse->size, 17500);
    assert_true(oto_maximum(coarse) > 0.01);
}

static void masks_leave_out_stripes_and_nothing_else(void **state) {
    OtoTensor *ones = oto_add(oto_zeros(40, 300), 1);
    oto_seed(3);
    OtoTensor *masked = oto_spec_augment(ones, .freq_masks = 1, .freq_width = 10, .time_masks = 1, .time_width = 50);
    oto_seed(3);
    OtoTensor *again = oto_spec_augment(ones, .freq_masks = 1, .freq_width = 10, .time_masks = 1, .time_width = 50);
    assert_true(largest_difference(masked, again) == 0);
    int rows = 0, columns = 0;
    for (int i = 0; i < 40; i++) {
        double sum = 0;
        for (int t = 0; t < 300; t++) sum += (double)oto_at(masked, i, t);
        rows += sum == 0;
    }
    for (int t = 0; t < 300; t++) {
        double sum = 0;
        for (int i = 0; i < 40; i++) sum += (double)oto_at(masked, i, t);
        columns += sum == 0;
    }
    assert_true(rows > 0 && rows <= 10 && columns > 0 && columns <= 50);
    assert_float_equal(oto_sum(masked), (40 - rows) * (300 - columns), 0);
}

static void masks_can_hold_the_mean(void **state) {
    OtoTensor *ones = oto_add(oto_zeros(40, 300), 1);
    assert_true(largest_difference(oto_spec_augment(ones, .value = OTO_MEAN_VALUE), ones) < 1e-6);
    assert_true(largest_difference(oto_spec_augment(ones, .freq_masks = 0, .max_time = 0), ones) == 0);
}

static void misuse_is_refused(void **state) {
    assert_refused(oto_delta(D, .width = 4), "width is 4, but must be odd");
    assert_refused(oto_delta(D, .order = 0), "order is 0");
    assert_refused(oto_delta(few), "width is 9, but x has 5 frames");
    assert_refused(oto_delta(D, .mode = (OtoDeltaMode)8), "mode is 8");
    assert_refused(oto_stack_memory(few, .n_steps = 0), "n_steps is 0");
    assert_refused(oto_stack_memory(few, .delay = 0), "delay is 0");
    assert_refused(oto_stack_memory(oto_zeros(4, 0)), "x is empty");
    assert_refused(oto_preemphasis(oto_zeros(1)), "two samples are needed");
    assert_refused(oto_preemphasis(y, .coef = INFINITY), "coef is inf");
    assert_refused(oto_mu_compress(oto_tensor(0.5, 1.5)), "element 1 of x is 1.5");
    assert_refused(oto_mu_compress(x, .mu = 0), "mu is 0");
    assert_refused(oto_mu_expand(oto_tensor(-300)), "element 0 of x is -2.34375");
    assert_refused(oto_pcen(mel, .gain = -1), "gain is -1");
    assert_refused(oto_pcen(mel, .eps = 0), "eps is 0");
    assert_refused(oto_pcen(mel, .time_constant = 0), "time_constant is 0 s");
    assert_refused(oto_pcen(mel, .b = 2), "b is 2");
    assert_refused(oto_pcen(mel, .max_size = 0), "max_size is 0");
    assert_refused(oto_pcen(D), "S is in dB");
    assert_refused(oto_pcen(y), "must be a spectrogram");
    assert_refused(oto_spec_augment(y), "must be a spectrogram");
    assert_refused(oto_spec_augment(mel, .freq_masks = -1), "freq_masks is -1");
    assert_refused(oto_spec_augment(mel, .max_time = 2), "max_time is 2");
    assert_refused(oto_mel_to_stft(oto_zeros(3, 4)), "does not know the sample rate");
    assert_refused(oto_mel_to_stft(D), "M holds dB");
    assert_refused(oto_mel_to_audio(oto_as_audio(oto_zeros(3, 4), 8000)), "does not remember how its sound was cut");
    assert_refused(oto_fix_length(x, -1), "size is -1");
    assert_refused(oto_pad_center(x, 10), "size is 10, but x has 200");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deltas_agree_with_librosa),
        cmocka_unit_test(stacks_agree_with_librosa),
        cmocka_unit_test(emphasis_agrees_with_librosa),
        cmocka_unit_test(mu_law_agrees_with_librosa),
        cmocka_unit_test(pcen_agrees_with_librosa),
        cmocka_unit_test(lengths_agree_with_librosa),
        cmocka_unit_test(deemphasis_undoes_preemphasis),
        cmocka_unit_test(a_spectrum_out_of_mel_bands_has_these_bands),
        cmocka_unit_test(a_sound_out_of_mel_bands_has_these_bands),
        cmocka_unit_test(masks_leave_out_stripes_and_nothing_else),
        cmocka_unit_test(masks_can_hold_the_mean),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, make_inputs, NULL);
}
