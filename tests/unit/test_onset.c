/* Onset strength, peaks, onsets, features by segment, autocorrelation and LPC: agreement with librosa 0.11.0
 * (tests/golden/make_onset.py), and what must hold by definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/autocorrelation.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/onset.h"
#include "lib/dsp/stft.h"
#include "lib/dsp/sync.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

enum { SR = 22050 };

static void agrees(const char *function, const char *name, OtoTensor *x, double tolerance) {
    assert_agrees("onset", function, name, x, tolerance);
}
static OtoTensor *beats(void) {
    return golden_signal("beats", SR, 4);
}
static OtoTensor *melody(void) {
    return golden_signal("melody", SR, 3);
}
static OtoTensor *wiggle(void) {
    return golden_tensor("onset", "wiggle");
}

static void onset_strength_agrees_with_librosa(void **state) {
    const char *f = "oto_onset_strength";
    agrees(f, "beats", oto_onset_strength(beats()), 1e-4);
    agrees(f, "melody", oto_onset_strength(melody()), 1e-4);
    OtoTensor *both = oto_stack(oto_slice(melody(), "time", 0, 40000), oto_slice(beats(), "time", 0, 40000));
    agrees(f, "stereo", oto_onset_strength(oto_as_audio(both, SR)), 1e-4);
    agrees(f, "one frame", oto_onset_strength(oto_slice(melody(), "time", 0, 400)), 1e-4);
    agrees(f, "median", oto_onset_strength(beats(), .aggregate = OTO_AGGREGATE_MEDIAN), 1e-4);
    agrees(f, "superflux",
           oto_onset_strength(melody(), .n_fft = 1024, .hop_length = 220, .n_mels = 138, .fmin = 27.5, .fmax = 10000,
                              .lag = 2, .max_size = 3),
           1e-4);
    agrees(f, "even max_size", oto_onset_strength(melody(), .max_size = 4), 1e-4);
    agrees(f, "detrended", oto_onset_strength(beats(), .detrend = true), 1e-4);
    agrees(f, "not centred", oto_onset_strength(beats(), .center = false), 1e-4);
    agrees(f, "of a spectrogram", oto_onset_strength(oto_magnitude(oto_stft(melody()))), 1e-4);
}

static void onset_strength_of_ranges_agrees_with_librosa(void **state) {
    agrees("oto_onset_strength_multi", "four ranges",
           oto_onset_strength_multi(melody(), .channels = oto_tensor(0, 32, 64, 96, 128)), 1e-4);
    agrees("oto_onset_strength_multi", "maximum of unequal ranges",
           oto_onset_strength_multi(melody(), .channels = oto_tensor(5, 20, 100), .aggregate = OTO_AGGREGATE_MAXIMUM),
           1e-4);
}

static void peaks_are_those_of_librosa(void **state) {
    OtoTensor *x = wiggle();
    agrees("oto_peak_pick", "narrow",
           oto_peak_pick(x, .pre_max = 3, .post_max = 3, .pre_avg = 3, .post_avg = 5, .delta = 0.2, .wait = 4), 0);
    agrees("oto_peak_pick", "wide",
           oto_peak_pick(x, .pre_max = 20, .post_max = 11, .pre_avg = 1, .post_avg = 30, .delta = 0, .wait = 0), 0);
    agrees("oto_peak_pick", "wide, long wait",
           oto_peak_pick(x, .pre_max = 1, .post_max = 1, .pre_avg = 0, .post_avg = 1, .delta = 0, .wait = 30), 0);
    OtoTensor *quantised = oto_map(oto_mul(x, 4), rintf);
    agrees("oto_peak_pick", "ties",
           oto_peak_pick(quantised, .pre_max = 2, .post_max = 3, .pre_avg = 2, .post_avg = 3, .delta = 0.1, .wait = 1),
           0);
}

static void onsets_are_those_of_librosa(void **state) {
    const char *f = "oto_onset_detect";
    OtoTensor *sounds[] = {beats(), melody(), golden_signal("noise", SR, 2)};
    const char *names[] = {"beats", "melody", "noise"};
    for (int i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s, backtracked", names[i]);
        agrees(f, names[i], oto_onset_detect(sounds[i]), 0);
        agrees(f, name, oto_onset_detect(sounds[i], .backtrack = true), 0);
    }
    agrees(f, "in seconds, hop 256", oto_onset_detect(melody(), .hop_length = 256, .units = OTO_UNITS_TIME), 1e-7);
    agrees(f, "in samples, delta 0.3, wait 10",
           oto_onset_detect(melody(), .units = OTO_UNITS_SAMPLES, .delta = 0.3, .wait = 10), 0);
    agrees(f, "not normalised", oto_onset_detect(wiggle(), .normalize = false), 0);
    OtoTensor *rms = golden_tensor("onset", "rms");
    agrees(f, "backtracked by RMS", oto_onset_detect(melody(), .backtrack = true, .energy = rms), 0);
    agrees("oto_onset_backtrack", "events", oto_onset_backtrack(oto_tensor(0, 1, 7, 50, 51, 299), wiggle()), 0);
}

static void features_by_segment_agree_with_librosa(void **state) {
    OtoTensor *data = oto_map(oto_reshape(wiggle(), 4, 75), fabsf), *edges = oto_tensor(3, 10, 11, 40, 60);
    agrees("oto_sync", "mean", oto_sync(data, edges), 1e-6);
    agrees("oto_sync", "median", oto_sync(data, edges, .aggregate = OTO_AGGREGATE_MEDIAN), 1e-7);
    agrees("oto_sync", "min", oto_sync(data, edges, .aggregate = OTO_AGGREGATE_MINIMUM), 1e-7);
    agrees("oto_sync", "max", oto_sync(data, edges, .aggregate = OTO_AGGREGATE_MAXIMUM), 1e-7);
    agrees("oto_sync", "without ends", oto_sync(data, edges, .pad = false), 1e-6);
    OtoTensor *frames = oto_tensor(5, 3, 3, 90, 0, 41);
    agrees("oto_fix_frames", "start added", oto_fix_frames(frames), 0);
    agrees("oto_fix_frames", "limits 4 and 75", oto_fix_frames(frames, .x_min = 4, .x_max = 75), 0);
    agrees("oto_fix_frames", "no pad", oto_fix_frames(frames, .x_min = 4, .x_max = 75, .pad = false), 0);
}

static void autocorrelation_agrees_with_librosa(void **state) {
    agrees("oto_autocorrelate", "all lags", oto_autocorrelate(wiggle()), 1e-6);
    agrees("oto_autocorrelate", "100 lags of audio",
           oto_autocorrelate(oto_slice(melody(), "time", 0, 5001), .max_size = 100), 1e-6);
    agrees("oto_autocorrelate", "rows", oto_autocorrelate(oto_map(oto_reshape(wiggle(), 4, 75), fabsf)), 1e-6);
}

static void linear_prediction_agrees_with_librosa(void **state) {
    agrees("oto_lpc", "order 16", oto_lpc(oto_slice(melody(), "time", 0, 3000), 16), 1e-6);
    agrees("oto_lpc", "order 2 of noise", oto_lpc(wiggle(), 2), 1e-6);
    agrees("oto_lpc", "order 100 of noise", oto_lpc(wiggle(), 100), 1e-4);
    agrees("oto_lpc", "channels", oto_lpc(oto_map(oto_reshape(wiggle(), 4, 75), fabsf), 4), 1e-6);
}

static void silence_has_no_onsets(void **state) {
    OtoTensor *silence = golden_signal("silence", SR, 1);
    assert_float_equal(oto_maximum(oto_onset_strength(silence)), 0, 0);
    assert_int_equal(oto_onset_detect(silence)->size, 0);
    assert_int_equal(oto_onset_detect(silence, .backtrack = true)->size, 0);
    assert_int_equal(oto_onset_detect(oto_add(oto_zeros(50), 3))->size, 0);
}

static void one_sample_has_one_frame_without_onset(void **state) {
    OtoTensor *strength = oto_onset_strength(oto_audio(((float[]){0.5f}), 1, SR));
    assert_int_equal(strength->size, 1);
    assert_float_equal(oto_at(strength, 0), 0, 0);
}

static void a_lag_beyond_the_end_gives_zeros(void **state) {
    OtoTensor *strength = oto_onset_strength(beats(), .lag = 100000);
    assert_float_equal(oto_maximum(strength), 0, 0);
}

static void strength_remembers_its_frames(void **state) {
    OtoTensor *strength = oto_onset_strength(beats(), .hop_length = 256);
    assert_int_equal(strength->framing.hop_length, 256);
    assert_float_equal(strength->axes[0].step, 256.0 / SR, 1e-12);
    OtoTensor *seconds = oto_onset_detect(strength, .units = OTO_UNITS_TIME);
    assert_float_equal(oto_at(seconds, 1) - oto_at(seconds, 0), 0.5, 0.02);
}

static void segments_lie_where_they_start(void **state) {
    OtoTensor *synced = oto_sync(oto_onset_strength(beats()), oto_tensor(10, 30));
    assert_float_equal(oto_axis_at(synced, 0, 1), 10 * 512.0 / SR, 1e-12);
    assert_int_equal(synced->size, 3);
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    OtoTensor *sound = golden_signal("melody", SR, 20);
    int before = oto_set_threads(1);
    OtoTensor *one = oto_onset_strength(sound),
              *one_median = oto_onset_strength(sound, .aggregate = OTO_AGGREGATE_MEDIAN);
    oto_set_threads(3);
    OtoTensor *three = oto_onset_strength(sound),
              *three_median = oto_onset_strength(sound, .aggregate = OTO_AGGREGATE_MEDIAN);
    oto_set_threads(before);
    assert_memory_equal(one->data, three->data, (size_t)one->size * sizeof(float));
    assert_memory_equal(one_median->data, three_median->data, (size_t)one->size * sizeof(float));
}

static void wrong_parameters_are_named(void **state) {
    OtoTensor *y = beats(), *x = wiggle();
    assert_refused(oto_onset_strength(y, .lag = 0), "lag is 0, but must");
    assert_refused(oto_onset_strength(y, .max_size = 0), "max_size is 0, but must");
    assert_refused(oto_onset_strength(y, .hop_length = 0), "hop_length is 0, but must");
    assert_refused(oto_onset_strength(y, .fmax = 20000), "fmax is 20000");
    assert_refused(oto_onset_strength(y, .ref = oto_zeros(3, 3)), "ref is (3, 3), but must have the shape");
    assert_refused(oto_onset_strength(x), "neither a sound nor a spectrogram");
    assert_refused(oto_onset_strength(y, .aggregate = 9), "aggregate is 9");
    assert_refused(oto_onset_strength_multi(y, .channels = oto_tensor(5)), "channels has no two");
    assert_refused(oto_peak_pick(x, .post_max = 1), "post_avg is 0, but must lie within [1, ");
    assert_refused(oto_peak_pick(x, .pre_max = -3, .post_max = 1, .post_avg = 1), "pre_max is -3");
    assert_refused(oto_onset_detect(y, .wait = -7), "wait is -7");
    assert_refused(oto_onset_detect(y, .units = 5), "units is 5");
    assert_refused(oto_onset_detect(oto_reshape(x, 3, 100)), "must have one channel");
    assert_refused(oto_onset_detect(oto_tensor(1, NAN, 3)), "element 1 of x is NaN");
    assert_refused(oto_onset_backtrack(oto_tensor(0.5), x), "frame numbers are whole");
    assert_refused(oto_sync(x, oto_tensor(-1, 3)), "boundaries has -1 at index 0");
    assert_refused(oto_sync(x, oto_tensor(400, 500), .pad = false), "leave no segment");
    assert_refused(oto_fix_frames(x), "frame numbers are whole");
    assert_refused(oto_autocorrelate(oto_zeros(0)), "y is empty");
    assert_refused(oto_autocorrelate(x, .max_size = -1), "max_size is -1");
    assert_refused(oto_lpc(x, 0), "order is 0, but must lie within [1, 299]");
    assert_refused(oto_lpc(x, 300), "order is 300");
    assert_refused(oto_lpc(oto_tensor(1), 1), "y has 1 sample");
    assert_refused(oto_lpc(oto_tensor(1, NAN), 1), "NaN");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(onset_strength_agrees_with_librosa),
        cmocka_unit_test(onset_strength_of_ranges_agrees_with_librosa),
        cmocka_unit_test(peaks_are_those_of_librosa),
        cmocka_unit_test(onsets_are_those_of_librosa),
        cmocka_unit_test(features_by_segment_agree_with_librosa),
        cmocka_unit_test(autocorrelation_agrees_with_librosa),
        cmocka_unit_test(linear_prediction_agrees_with_librosa),
        cmocka_unit_test(silence_has_no_onsets),
        cmocka_unit_test(one_sample_has_one_frame_without_onset),
        cmocka_unit_test(a_lag_beyond_the_end_gives_zeros),
        cmocka_unit_test(strength_remembers_its_frames),
        cmocka_unit_test(segments_lie_where_they_start),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(wrong_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
