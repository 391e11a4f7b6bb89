/* Constant-Q and variable-Q transforms, there and back: agreement with librosa 0.11 (tests/golden/make_tonal.py), and
 * what must hold whatever the peer says. */
#include "tonal_signals.h"

#include "lib/dsp/constant_q.h"
#include "lib/dsp/magnitude.h"
#include "lib/music/pitch.h"
#include "lib/music/sound.h"
#include "lib/tensor/parallel.h"

static void agrees(const char *function, const char *name, OtoTensor *x) {
    assert_agrees("constant_q", function, name, x, 2e-6);
}

static void cqt_agrees_with_librosa(void **state) {
    OtoTensor *y = melody();
    agrees("oto_cqt", "defaults", oto_cqt(y));
    agrees("oto_cqt", "36 bins an octave", oto_cqt(y, .n_bins = 252, .bins_per_octave = 36));
    agrees("oto_cqt", "two octaves: halved early", oto_cqt(y, .n_bins = 24));
    agrees("oto_cqt", "two octaves, not scaled", oto_cqt(y, .n_bins = 24, .scale = false));
    agrees("oto_cqt", "odd hop, norm 2, tuned",
           oto_cqt(y, .n_bins = 40, .hop_length = 100, .fmin = 110, .scale = false, .norm = 2, .tuning = 0.3));
    agrees("oto_cqt", "up to the top, hamming, reflected",
           oto_cqt(y, .n_bins = 98, .filter_scale = 0.8, .window = OTO_HAMMING, .pad_mode = OTO_PAD_REFLECT));
    agrees("oto_cqt", "noise", oto_cqt(white_noise(), .norm = 0, .sparsity = 0));
    agrees("oto_cqt", "8000 Hz", oto_cqt(chirp(), .n_bins = 60, .norm = INFINITY));
    agrees("oto_cqt", "44100 Hz", oto_cqt(beats(), .n_bins = 72, .hop_length = 1024));
    agrees("oto_cqt", "estimated tuning", oto_cqt(y, .tuning = OTO_ESTIMATE));
}

static void cqt_agrees_with_librosa_at_the_edges(void **state) {
    agrees("oto_cqt", "silence", oto_cqt(silence()));
    agrees("oto_cqt", "one sample", oto_cqt(one_sample()));
    agrees("oto_cqt", "one bin", oto_cqt(melody(), .n_bins = 1, .fmin = 440));
    agrees("oto_cqt", "stereo", oto_cqt(stereo(), .hop_length = 2048));
}

static void vqt_agrees_with_librosa(void **state) {
    agrees("oto_vqt", "defaults", oto_vqt(melody()));
    agrees("oto_vqt", "gamma 20", oto_vqt(melody(), .gamma = 20, .bins_per_octave = 24, .n_bins = 96, .fmin = 55));
}

static void icqt_agrees_with_librosa(void **state) {
    agrees("oto_icqt", "defaults", oto_icqt(oto_cqt(melody())));
    OtoTensor *fine =
        oto_cqt(melody(), .n_bins = 90, .hop_length = 128, .bins_per_octave = 24, .fmin = 110, .scale = false);
    agrees("oto_icqt", "not scaled, cut", oto_icqt(fine, .scale = false, .length = 30000));
}

static void hcqt_agrees_with_librosa(void **state) {
    agrees("oto_hcqt", "four harmonics", oto_hcqt(melody(), oto_tensor(0.5, 1, 2, 3), .n_bins = 60));
}

static void a_tone_is_loudest_in_its_bin(void **state) {
    OtoTensor *C = oto_magnitude(oto_cqt(oto_sine(440, 2)));
    OtoTensor *mean = oto_mean_over(C, "time");
    assert_float_equal(oto_axis_at(C, 0, oto_argmax(mean)), 440, 0.01);
    assert_string_equal(C->axes[0].unit, "Hz");
    assert_string_equal(C->origin, "magnitude of cqt of sine");
}

static void a_tone_comes_back(void **state) {
    OtoTensor *tone = oto_sine(523.25, 2);
    OtoTensor *C = oto_cqt(tone, .hop_length = 128, .n_bins = 180, .bins_per_octave = 36, .fmin = 110);
    OtoTensor *back = oto_icqt(C);
    /* Away from the ends, where the windows reach beyond the sound. */
    OtoTensor *x = oto_slice(tone, "time", 10000, 34000), *y = oto_slice(back, "time", 10000, 34000);
    assert_true(oto_maximum(oto_magnitude(oto_sub(x, y))) < 0.05 * oto_maximum(x));
}

static void threads_change_nothing(void **state) {
    OtoTensor *y = melody(), *results[3];
    for (int i = 0; i < 3; i++) {
        oto_set_threads(i + 1);
        results[i] = oto_cqt(y);
    }
    oto_set_threads(0);
    for (int i = 1; i < 3; i++)
        assert_memory_equal(results[0]->data, results[i]->data, (size_t)results[0]->size * sizeof(float _Complex));
}

static void misuse_is_refused(void **state) {
    OtoTensor *y = melody(), *C = oto_cqt(y);
    assert_refused(oto_cqt(oto_zeros(100)), "audio is (100), not a sound");
    assert_refused(oto_cqt(with_nan()), "element 77 of audio is NaN");
    assert_refused(oto_cqt(y, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_cqt(y, .n_bins = 120), "at 31608.5 Hz, reaches up to 32976.3 Hz, above half the sample rate");
    assert_refused(oto_cqt(y, .n_bins = 0), "n_bins is 0");
    assert_refused(oto_cqt(y, .bins_per_octave = -1), "bins_per_octave is -1");
    assert_refused(oto_cqt(y, .fmin = -5), "fmin is -5");
    assert_refused(oto_cqt(y, .filter_scale = 0), "filter_scale is 0");
    assert_refused(oto_cqt(y, .sparsity = 1), "sparsity is 1");
    assert_refused(oto_cqt(y, .norm = -1), "norm is -1");
    assert_refused(oto_cqt(y, .pad_mode = (OtoPad)99), "pad_mode is 99");
    assert_refused(oto_vqt(y, .gamma = -3), "gamma is -3 Hz");
    assert_refused(oto_cqt(y, .fmin = 0.01, .n_bins = 12),
                   "the window of the lowest bin, at 0.01 Hz, would be 3.82e+07 samples");
    assert_refused(oto_hcqt(stereo(), oto_tensor(1)), "oto_mono or oto_row");
    assert_refused(oto_hcqt(y, oto_tensor(1, -2)), "each of harmonics is -2");
    assert_refused(oto_icqt(oto_magnitude(C)), "C is float32 without phases");
    assert_refused(oto_icqt(oto_transpose(C)), "does not come from oto_cqt");
    assert_refused(oto_icqt(C, .length = -1), "length is -1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cqt_agrees_with_librosa),  cmocka_unit_test(cqt_agrees_with_librosa_at_the_edges),
        cmocka_unit_test(vqt_agrees_with_librosa),  cmocka_unit_test(icqt_agrees_with_librosa),
        cmocka_unit_test(hcqt_agrees_with_librosa), cmocka_unit_test(a_tone_is_loudest_in_its_bin),
        cmocka_unit_test(a_tone_comes_back),        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
