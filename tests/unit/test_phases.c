/* Griffin-Lim, phase vocoder, harmonics: agreement with librosa 0.11 (tests/golden/make_tonal.py), and what must hold
 * whatever it says. */
#include "interrupt.h"
#include "tonal_signals.h"

#include "lib/dsp/constant_q.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/griffin_lim.h"
#include "lib/dsp/harmonics.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/phase_vocoder.h"
#include "lib/dsp/yin.h"
#include "lib/music/sound.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"

static OtoTensor *part(void) {
    return golden_signal("melody", SAMPLE_RATE, 0.6);
}
static OtoTensor *magnitudes(void) {
    return oto_magnitude(oto_stft(part(), .n_fft = 512));
}
static void agrees(const char *function, const char *name, OtoTensor *x, double tolerance) {
    assert_agrees("phases", function, name, x, tolerance);
}
static void assert_same(OtoTensor *x, OtoTensor *y) {
    assert_int_equal(x->size, y->size);
    assert_memory_equal(x->data, y->data, (size_t)x->size * (x->type == OTO_FLOAT32 ? 4 : 8));
}

/* Where a rebuilt magnitude is nearly 0 its phase is a matter of rounding, which every iteration enlarges. */
static void griffin_lim_agrees_with_librosa(void **state) {
    OtoTensor *M = magnitudes();
    agrees("oto_griffin_lim", "0 iterations from zero", oto_griffin_lim(M, .init = OTO_INIT_ZERO, .n_iter = 0), 1e-5);
    agrees("oto_griffin_lim", "1 iterations from zero", oto_griffin_lim(M, .init = OTO_INIT_ZERO, .n_iter = 1), 1e-3);
    agrees("oto_griffin_lim", "3 iterations from zero", oto_griffin_lim(M, .init = OTO_INIT_ZERO, .n_iter = 3), 5e-3);
    OtoTensor *left =
        oto_magnitude(oto_stft(part(), .n_fft = 700, .hop_length = 200, .win_length = 600, .center = false));
    int64_t length = 700 + (left->cols - 1) * 200;
    OtoTensor *x = oto_griffin_lim(left, .init = OTO_INIT_ZERO, .n_iter = 2, .momentum = 0.2, .length = length);
    agrees("oto_griffin_lim", "not centred", x, 1e-3);
}

/* How far the magnitudes of x are from those wanted. */
static double distance(OtoTensor *M, OtoTensor *x) {
    OtoTensor *difference = oto_sub(oto_magnitude(oto_stft(x, .n_fft = 512)), M);
    return sqrt(oto_sum(oto_power(difference)) / oto_sum(oto_power(M)));
}

static void griffin_lim_comes_near_the_magnitudes(void **state) {
    OtoTensor *M = magnitudes();
    oto_seed(5);
    OtoTensor *x = oto_griffin_lim(M), *one = oto_griffin_lim(M, .n_iter = 1);
    assert_true(distance(M, x) < 0.15);
    assert_true(distance(M, x) < 0.7 * distance(M, one));
    assert_int_equal(x->size, part()->size);
    oto_seed(5);
    assert_same(x, oto_griffin_lim(M));
}

static void griffin_lim_needs_no_memory_of_frames(void **state) {
    OtoTensor *M = magnitudes(), *plain = oto_copy(M);
    plain->framing = (OtoFraming){};
    OtoTensor *x = oto_griffin_lim(plain, .init = OTO_INIT_ZERO);
    assert_int_equal(x->size, (M->cols - 1) * 128);
    OtoTensor *channels = oto_griffin_lim(oto_magnitude(oto_stft(stereo())), .n_iter = 1);
    assert_string_equal(oto_shape_quoted(channels), "(channels 2, time 33075)");
}

static void griffin_lim_of_silence_is_silent(void **state) {
    OtoTensor *x = oto_griffin_lim(oto_magnitude(oto_stft(silence())), .n_iter = 3);
    assert_float_equal(oto_maximum(oto_magnitude(x)), 0, 0);
    assert_int_equal(oto_count_nan(x), 0);
}

static void phase_vocoder_agrees_with_librosa(void **state) {
    OtoTensor *D = oto_stft(part(), .n_fft = 512);
    agrees("oto_phase_vocoder", "faster", oto_phase_vocoder(D, 1.3), 1e-3);
    agrees("oto_phase_vocoder", "slower", oto_phase_vocoder(D, 0.4), 1e-3);
}

static void stretching_and_shifting_agree_with_librosa(void **state) {
    OtoTensor *y = part();
    agrees("oto_time_stretch", "slower", oto_time_stretch(y, 0.7), 1e-3);
    agrees("oto_time_stretch", "faster, fine", oto_time_stretch(y, 2.5, .n_fft = 1024, .hop_length = 128), 1e-3);
    agrees("oto_pitch_shift", "up", oto_pitch_shift(y, 3.3), 1e-3);
    agrees("oto_pitch_shift", "down, quarter tones", oto_pitch_shift(y, -5, .bins_per_octave = 24, .n_fft = 1024),
           1e-3);
}

static void the_same_speed_is_the_same_sound(void **state) {
    OtoTensor *y = stereo();
    assert_true(oto_maximum(oto_magnitude(oto_sub(oto_time_stretch(y, 1), y))) < 1e-4);
    assert_true(oto_maximum(oto_magnitude(oto_sub(oto_pitch_shift(y, 0), y))) < 1e-4);
}

static void a_shifted_tone_is_higher(void **state) {
    OtoTensor *higher = oto_pitch_shift(oto_sine(440, 1), 7);
    assert_int_equal(higher->size, SAMPLE_RATE);
    assert_float_equal(oto_at(oto_yin(higher, 100, 2000), 20), 440 * pow(2, 7.0 / 12), 2);
    OtoTensor *slower = oto_time_stretch(oto_sine(440, 1), 0.5);
    assert_int_equal(slower->size, 2 * SAMPLE_RATE);
    assert_float_equal(oto_at(oto_yin(slower, 100, 2000), 40), 440, 2);
}

static void harmonics_agree_with_librosa(void **state) {
    OtoTensor *M = magnitudes(), *C = oto_magnitude(oto_cqt(part()));
    agrees("oto_interp_harmonics", "of an STFT", oto_interp_harmonics(M, oto_tensor(0.5, 1, 2.75)), 1e-5);
    agrees("oto_interp_harmonics", "of a CQT", oto_interp_harmonics(C, oto_tensor(0.5, 2, 3), .fill_value = -1), 1e-5);
    OtoTensor *weights = oto_tensor(1, 0.5, 0.25);
    agrees("oto_salience", "peaks", oto_salience(M, oto_tensor(1, 2, 3), .weights = weights, .fill_value = 0), 1e-5);
    agrees("oto_salience", "everywhere", oto_salience(M, oto_tensor(1, 2, 3, 4), .filter_peaks = false), 1e-5);
}

static void threads_change_nothing(void **state) {
    OtoTensor *M = magnitudes(), *D = oto_stft(part()), *sounds[3], *stretched[3];
    for (int i = 0; i < 3; i++) {
        oto_set_threads(i + 1);
        oto_seed(2);
        sounds[i] = oto_griffin_lim(M, .n_iter = 4);
        stretched[i] = oto_phase_vocoder(D, 1.7);
    }
    oto_set_threads(0);
    for (int i = 1; i < 3; i++) {
        assert_same(sounds[0], sounds[i]);
        assert_same(stretched[0], stretched[i]);
    }
}

static void an_interrupt_ends_it(void **state) {
    interrupt_after(50);
    oto_griffin_lim(magnitudes(), .n_iter = 1000000);
    interrupt_never();
}

static void misuse_is_refused(void **state) {
    OtoTensor *y = part(), *M = magnitudes(), *D = oto_stft(y);
    assert_refused(oto_griffin_lim(D), "S has phases already");
    assert_refused(oto_griffin_lim(oto_db(M)), "S holds dB");
    assert_refused(oto_griffin_lim(oto_power(D)), "S holds power");
    assert_refused(oto_griffin_lim(M, .n_iter = -1), "n_iter is -1");
    assert_refused(oto_griffin_lim(M, .momentum = -1), "momentum is -1");
    assert_refused(oto_griffin_lim(M, .hop_length = 0), "hop_length is 0, but must lie within [1, n_fft = 512]");
    assert_refused(oto_griffin_lim(M, .hop_length = 1000), "hop_length is 1000, but must lie within [1, n_fft = 512]");
    assert_refused(oto_griffin_lim(M, .win_length = 1000), "win_length is 1000");
    assert_refused(oto_griffin_lim(M, .length = 5),
                   "length is 5, which does not have the 104 frames of S; 13184 to 13311");
    assert_refused(oto_griffin_lim(y), "must be (frequency 1 + n_fft / 2, time)");
    assert_refused(oto_phase_vocoder(D, 0), "rate is 0");
    assert_refused(oto_phase_vocoder(M, 2), "D is float32 without phases");
    assert_refused(oto_phase_vocoder(oto_transpose(D), 2), "does not come from oto_stft");
    assert_refused(oto_time_stretch(y, -1), "rate is -1");
    assert_refused(oto_time_stretch(y, 1e12), "rate is 1e+12, but must be positive and below a million");
    assert_refused(oto_time_stretch(y, 1e5), "leaves nothing of 13230 samples");
    assert_refused(oto_time_stretch(with_nan(), 1), "element 77 of audio is NaN");
    assert_refused(oto_pitch_shift(y, 1000), "n_steps is 1000");
    assert_refused(oto_pitch_shift(y, 1, .bins_per_octave = 0), "bins_per_octave is 0");
    assert_refused(oto_interp_harmonics(y, oto_tensor(1)), "must be (frequency in Hz, time)");
    assert_refused(oto_interp_harmonics(M, oto_tensor(1, 0)), "harmonics has 0");
    assert_refused(oto_salience(M, oto_tensor(1, 2), .weights = oto_tensor(1)),
                   "weights has 1 numbers for 2 harmonics");
    assert_refused(oto_salience(M, oto_tensor(1, 2), .weights = oto_tensor(1, -1)), "the weights add up to 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(griffin_lim_agrees_with_librosa),
        cmocka_unit_test(griffin_lim_comes_near_the_magnitudes),
        cmocka_unit_test(griffin_lim_needs_no_memory_of_frames),
        cmocka_unit_test(griffin_lim_of_silence_is_silent),
        cmocka_unit_test(phase_vocoder_agrees_with_librosa),
        cmocka_unit_test(stretching_and_shifting_agree_with_librosa),
        cmocka_unit_test(the_same_speed_is_the_same_sound),
        cmocka_unit_test(a_shifted_tone_is_higher),
        cmocka_unit_test(harmonics_agree_with_librosa),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(an_interrupt_ends_it),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
