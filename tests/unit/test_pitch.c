/* YIN and pYIN: agreement with librosa 0.11 (tests/golden/make_tonal.py), and what must hold whatever it says. */
#include "tonal_signals.h"

#include "lib/dsp/yin.h"
#include "lib/music/sound.h"
#include "lib/tensor/parallel.h"

static void agrees(const char *name, OtoTensor *f0, double tolerance) {
    assert_agrees("pitch", "oto_yin", name, f0, tolerance);
}

static void yin_agrees_with_librosa(void **state) {
    OtoTensor *y = melody();
    agrees("melody", oto_yin(y, 65, 2093), 1e-5);
    agrees("chirp", oto_yin(chirp(), 90, 3900, .frame_length = 512, .hop_length = 100), 1e-4);
    agrees("noise", oto_yin(white_noise(), 65, 2093, .pad_mode = OTO_PAD_REFLECT), 1e-4);
    agrees("stereo", oto_yin(stereo(), 65, 2093, .hop_length = 1000), 1e-5);
    OtoTensor *left =
        oto_yin(y, 50, 500, .frame_length = 1500, .hop_length = 333, .center = false, .trough_threshold = 0.3);
    agrees("not centred", left, 1e-4);
}

static void yin_agrees_with_librosa_at_the_edges(void **state) {
    OtoTensor *constant = oto_as_audio(oto_add(oto_zeros(4000), 1), SAMPLE_RATE);
    agrees("silence", oto_yin(silence(), 65, 2093), 1e-6);
    agrees("constant", oto_yin(constant, 65, 2093), 1e-3);
}

/* The same frames voiced, at the same pitch: a bin is 10 cents or more, so 1e-6 allows for no other one. */
static void follows(const char *name, OtoPitchTrack track) {
    char text[60];
    snprintf(text, sizeof text, "f0, %s", name);
    assert_agrees("pitch", "oto_pyin", text, track.f0, 1e-6);
    snprintf(text, sizeof text, "voiced, %s", name);
    assert_agrees("pitch", "oto_pyin", text, track.voiced, 0);
    snprintf(text, sizeof text, "probability, %s", name);
    assert_agrees("pitch", "oto_pyin", text, track.probability, 1e-4);
}

static void pyin_takes_the_same_frames_as_librosa(void **state) {
    follows("melody", oto_pyin(melody(), 65, 2093));
    follows("other options",
            oto_pyin(melody(), 80, 700, .resolution = 0.2, .beta_a = 1.5, .beta_b = 7.3, .switch_prob = 0.1,
                     .frame_length = 1024, .hop_length = 256, .pad_mode = OTO_PAD_REFLECT, .fill_na = -1));
    follows("chirp", oto_pyin(chirp(), 90, 3900, .frame_length = 512, .max_transition_rate = 100));
    follows("beats", oto_pyin(beats(), 65, 2093, .hop_length = 1024, .frame_length = 4096, .n_thresholds = 50));
    follows("noise", oto_pyin(white_noise(), 65, 2093));
    follows("silence", oto_pyin(silence(), 65, 2093));
}

static void a_tone_has_its_frequency(void **state) {
    OtoTensor *f0 = oto_yin(oto_sine(196, 1), 65, 1000);
    OtoPitchTrack track = oto_pyin(oto_sine(196, 1), 65, 1000);
    for (int t = 4; t < 36; t++) {
        assert_float_equal(oto_at(f0, t), 196, 0.5);
        assert_float_equal(oto_at(track.f0, t), 196, 196 * 0.006);
        assert_int_equal(oto_int_at(track.voiced, t), 1);
    }
    assert_int_equal(f0->quantity, OTO_FREQUENCY);
    assert_float_equal(oto_axis_at(f0, 0, 10), 10 * 512 / 22050.0, 1e-9);
}

/* An impulse has no period: whatever rounding finds lies where it was looked for. */
static void one_sample_gets_some_frequency(void **state) {
    OtoTensor *f0 = oto_yin(one_sample(), 65, 2093);
    assert_int_equal(f0->size, 1);
    assert_true(oto_at(f0, 0) > 64 && oto_at(f0, 0) < 2300);
    assert_int_equal(oto_pyin(one_sample(), 65, 2093).f0->size, 1);
}

static void silence_is_unvoiced(void **state) {
    OtoPitchTrack track = oto_pyin(silence(), 65, 2093, .fill_na = 0);
    assert_float_equal(oto_maximum(track.f0), 0, 0);
    assert_float_equal(oto_maximum(track.probability), 0, 0);
}

static void channels_are_tracked_apart(void **state) {
    OtoTensor *both = oto_pyin(stereo(), 65, 2093, .hop_length = 1024).f0;
    OtoTensor *first = oto_pyin(melody(), 65, 2093, .hop_length = 1024).f0;
    assert_int_equal(both->rank, 2);
    assert_memory_equal(both->data, first->data, (size_t)first->size * sizeof(float));
}

static void threads_change_nothing(void **state) {
    OtoTensor *y = melody(), *f0[3];
    OtoPitchTrack track[3];
    for (int i = 0; i < 3; i++) {
        oto_set_threads(i + 1);
        f0[i] = oto_yin(y, 65, 2093);
        track[i] = oto_pyin(y, 65, 2093);
    }
    oto_set_threads(0);
    size_t bytes = (size_t)f0[0]->size * sizeof(float);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(f0[0]->data, f0[i]->data, bytes);
        assert_memory_equal(track[0].f0->data, track[i].f0->data, bytes);
        assert_memory_equal(track[0].probability->data, track[i].probability->data, bytes);
    }
}

static void misuse_is_refused(void **state) {
    OtoTensor *y = melody();
    assert_refused(oto_yin(oto_zeros(5000), 65, 2093), "audio is (5000), not a sound");
    assert_refused(oto_yin(with_nan(), 65, 2093), "element 77 of audio is NaN");
    assert_refused(oto_yin(y, 65, 12000), "fmax is 12000 Hz");
    assert_refused(oto_yin(y, 65, 2093, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_yin(y, 0, 500), "fmin is 0 Hz");
    assert_refused(oto_yin(y, 500, 500), "below fmax = 500 Hz");
    assert_refused(oto_yin(y, 10, 500), "too long for frame_length = 2048; raise fmin above 10.8 Hz");
    assert_refused(oto_yin(y, 65, 500, .hop_length = -1), "hop_length is -1");
    assert_refused(oto_yin(y, 65, 500, .frame_length = 0), "frame_length is 0");
    assert_refused(oto_yin(y, 65, 500, .frame_length = 40000, .center = false), "fewer than one frame");
    assert_refused(oto_yin(y, 65, 500, .trough_threshold = -1), "trough_threshold is -1");
    assert_refused(oto_pyin(y, 65, 500, .n_thresholds = 0), "n_thresholds is 0");
    assert_refused(oto_pyin(y, 65, 500, .resolution = 0), "resolution is 0");
    assert_refused(oto_pyin(y, 65, 500, .switch_prob = 2), "switch_prob is 2");
    assert_refused(oto_pyin(y, 65, 2093, .resolution = 0.001), "pitches; 2 to 32767 can be told apart");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yin_agrees_with_librosa),
        cmocka_unit_test(yin_agrees_with_librosa_at_the_edges),
        cmocka_unit_test(pyin_takes_the_same_frames_as_librosa),
        cmocka_unit_test(a_tone_has_its_frequency),
        cmocka_unit_test(one_sample_gets_some_frequency),
        cmocka_unit_test(silence_is_unvoiced),
        cmocka_unit_test(channels_are_tracked_apart),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
