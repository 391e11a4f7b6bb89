/* Tempograms, tempo, pulse and beats: agreement with librosa 0.11.0 (tests/golden/make_tempo.py), and what must hold by
 * definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/beat.h"
#include "lib/dsp/onset.h"
#include "lib/dsp/tempogram.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

enum { SR = 22050 };

static void agrees(const char *function, const char *name, OtoTensor *x, double tolerance) {
    assert_agrees("tempo", function, name, x, tolerance);
}
static OtoTensor *beats(void) {
    return golden_signal("beats", SR, 12);
}
static OtoTensor *melody(void) {
    return golden_signal("melody", SR, 8);
}
static OtoTensor *clicks(void) {
    return golden_tensor("tempo", "clicks");
}
static OtoTensor *rough(void) {
    return golden_tensor("tempo", "rough");
}

static void tempograms_agree_with_librosa(void **state) {
    const char *f = "oto_tempogram";
    agrees(f, "beats", oto_tempogram(beats()), 1e-4);
    agrees(f, "clicks, odd window", oto_tempogram(clicks(), .win_length = 201), 2e-6);
    agrees(f, "clicks, not centred, hamming, norm 2",
           oto_tempogram(clicks(), .win_length = 100, .center = false, .window = OTO_HAMMING, .norm = 2), 2e-6);
    agrees(f, "rough, no norm", oto_tempogram(rough(), .win_length = 50, .norm = 0), 2e-6);
    OtoTensor *both = oto_stack(rough(), oto_slice(oto_name_axis(clicks(), 0, "frame"), "frame", 0, 600));
    agrees(f, "two channels", oto_tempogram(both, .win_length = 64), 2e-6);
}

static void a_tempogram_of_an_excerpt_begins_where_it_does(void **state) {
    OtoTensor *excerpt = oto_slice(golden_signal("beats", SR, 8), "time", 2 * SR, 6 * SR);
    OtoTensor *lags = oto_tempogram(excerpt), *tempi = oto_fourier_tempogram(excerpt);
    assert_float_equal(oto_axis_at(lags, 1, 0), 2, 1e-9);
    assert_float_equal(oto_axis_at(tempi, 1, 0), 2, 1e-9);
}

static void fourier_tempograms_agree_with_librosa(void **state) {
    agrees("oto_fourier_tempogram", "clicks", oto_fourier_tempogram(clicks()), 2e-6);
    agrees("oto_fourier_tempogram", "clicks, not centred",
           oto_fourier_tempogram(clicks(), .win_length = 200, .center = false), 2e-6);
}

/* scipy.stats.uniform(30, 300).logpdf, and that of lognorm(loc=np.log(120), scale=120, s=1). */
static double uniform(double bpm) {
    return bpm >= 30 && bpm <= 330 ? log(1.0 / 300) : -INFINITY;
}
static double log_normal(double bpm) {
    double x = (bpm - log(120)) / 120;
    return x > 0 ? -0.5 * log(x) * log(x) - log(x * sqrt(2 * M_PI) * 120) : -INFINITY;
}

static void number(const char *name, double tempo) {
    assert_agrees_number("tempo", "oto_tempo", name, tempo, 1e-7);
}
static void tempi_are_those_of_librosa(void **state) {
    number("clicks", oto_tempo(clicks()));
    number("rough", oto_tempo(rough()));
    number("beats", oto_tempo(beats()));
    number("melody", oto_tempo(melody()));
    number("from 60", oto_tempo(beats(), .start_bpm = 60, .std_bpm = 0.3));
    number("hop 256, short window, any tempo", oto_tempo(melody(), .hop_length = 256, .ac_size = 4, .max_tempo = 0));
    number("median", oto_tempo(clicks(), .aggregate = OTO_AGGREGATE_MEDIAN));
    number("uniform prior", oto_tempo(melody(), .prior = uniform));
    number("of a tempogram", oto_tempo(oto_tempogram(clicks(), .win_length = 201)));
    agrees("oto_tempo_over_time", "clicks", oto_tempo_over_time(clicks()), 1e-7);
}

static void ratios_agree_with_librosa(void **state) {
    OtoTensor *tempogram = oto_tempogram(clicks());
    agrees("oto_tempogram_ratio", "clicks", oto_tempogram_ratio(tempogram), 1e-5);
    agrees("oto_tempogram_ratio", "own tempo and factors",
           oto_tempogram_ratio(tempogram, .bpm = oto_tensor(100), .factors = oto_tensor(1, 2, 3)), 1e-5);
}

static void pulses_agree_with_librosa(void **state) {
    agrees("oto_plp", "clicks", oto_plp(clicks()), 1e-4);
    agrees("oto_plp", "beats", oto_plp(beats()), 1e-3);
    agrees("oto_plp", "clicks, 60 to 180 BPM, short window",
           oto_plp(clicks(), .win_length = 192, .tempo_min = 60, .tempo_max = 180), 1e-4);
    agrees("oto_plp", "clicks, prior", oto_plp(clicks(), .prior = log_normal), 1e-4);
}

/* The same frames, and the tempo too. */
#define ASSERT_BEATS(name, x, tolerance, ...)                                                                          \
    do {                                                                                                               \
        double bpm;                                                                                                    \
        agrees("oto_beat_track", name, oto_beat_track(x, .tempo = &bpm __VA_OPT__(, ) __VA_ARGS__), tolerance);        \
        assert_agrees_number("tempo", "oto_beat_track", name ": tempo", bpm, 1e-7);                                    \
    } while (0)

static void beats_are_those_of_librosa(void **state) {
    ASSERT_BEATS("beats", beats(), 0);
    ASSERT_BEATS("melody", melody(), 0);
    ASSERT_BEATS("clicks", clicks(), 0);
    ASSERT_BEATS("rough", rough(), 0);
    ASSERT_BEATS("rough, not trimmed", rough(), 0, .trim = false);
    ASSERT_BEATS("clicks, loose", clicks(), 0, .tightness = 5);
    ASSERT_BEATS("clicks, tight", clicks(), 0, .tightness = 400.5);
    ASSERT_BEATS("from 60", beats(), 0, .start_bpm = 60);
    ASSERT_BEATS("given tempo", clicks(), 0, .bpm = oto_tensor(110));
    ASSERT_BEATS("odd period", rough(), 0, .bpm = oto_tensor(103));
    ASSERT_BEATS("changing tempo", clicks(), 0, .bpm = golden_tensor("tempo", "changing"));
    ASSERT_BEATS("in seconds, hop 256", melody(), 1e-7, .hop_length = 256, .units = OTO_UNITS_TIME);
    ASSERT_BEATS("in samples", beats(), 0, .units = OTO_UNITS_SAMPLES);
    ASSERT_BEATS("uniform prior", beats(), 0, .prior = uniform);
}

static void beats_of_half_a_second_are_found_within_a_hop(void **state) {
    OtoTensor *seconds = oto_beat_track(beats(), .units = OTO_UNITS_TIME);
    assert_true(seconds->size >= 20);
    for (int64_t i = 0; i < seconds->size; i++) {
        double distance = fabs(oto_at(seconds, i) / 0.5 - rint(oto_at(seconds, i) / 0.5)) * 0.5;
        assert_true(distance < 0.07);
    }
}

/* Rounding must not choose where nothing repeats: of no evidence, the prior's best period wins. */
static void a_single_onset_has_the_tempo_of_the_prior(void **state) {
    OtoTensor *envelope = oto_zeros(300);
    for (int i = 0; i < 6; i++) oto_at(envelope, 40 + i) = 5.0f - (float)i;
    double frame_rate = SR / 512.0;
    assert_float_equal(oto_tempo(envelope), 60 * frame_rate / 22, 1e-9);
    OtoTensor *tempi = oto_tempo_over_time(envelope);
    for (int64_t t = 0; t < tempi->size; t++) assert_float_equal(oto_at(tempi, t), 60 * frame_rate / 22, 1e-4);
}

static void equal_weights_let_every_frame_speak(void **state) {
    OtoTensor *pulse = oto_plp(clicks(), .equal = true);
    assert_float_equal(oto_maximum(pulse), 1, 1e-6);
    assert_float_equal(oto_minimum(pulse), 0, 0);
}

static void silence_has_no_beats(void **state) {
    double bpm = 7;
    OtoTensor *silence = golden_signal("silence", SR, 3);
    assert_int_equal(oto_beat_track(silence, .tempo = &bpm)->size, 0);
    assert_float_equal(bpm, 0, 0);
    assert_float_equal(oto_maximum(oto_plp(silence)), 0, 0);
    assert_float_equal(oto_maximum(oto_tempogram(silence)), 0, 0);
}

static void short_envelopes_are_tracked_without_harm(void **state) {
    for (int64_t length = 1; length < 40; length++) {
        OtoTensor *envelope = oto_zeros(length);
        oto_at(envelope, length / 2) = 1;
        OtoTensor *found = oto_beat_track(envelope);
        for (int64_t i = 0; i < found->size; i++) assert_in_range(oto_int_at(found, i), 0, length - 1);
        assert_int_equal(oto_tempogram(envelope, .win_length = 16)->cols, length);
    }
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    OtoTensor *envelope = oto_onset_strength(golden_signal("melody", SR, 20));
    int before = oto_set_threads(1);
    OtoTensor *one = oto_tempogram(envelope), *beats_one = oto_beat_track(envelope);
    oto_set_threads(3);
    OtoTensor *three = oto_tempogram(envelope), *beats_three = oto_beat_track(envelope);
    oto_set_threads(before);
    assert_memory_equal(one->data, three->data, (size_t)one->size * sizeof(float));
    assert_int_equal(beats_one->size, beats_three->size);
    assert_memory_equal(beats_one->data, beats_three->data, (size_t)beats_one->size * sizeof(int64_t));
}

static void wrong_parameters_are_named(void **state) {
    OtoTensor *x = clicks();
    assert_refused(oto_tempogram(x, .win_length = 0), "win_length is 0, but must lie within [1");
    assert_refused(oto_tempogram(x, .win_length = 1000, .center = false),
                   "win_length is 1000, but the envelope has 900");
    assert_refused(oto_tempogram(x, .norm = -1), "norm is -1");
    assert_refused(oto_tempogram(x, .hop_length = -1), "hop_length is -1");
    assert_refused(oto_tempogram(x, .hop_length = 0), "hop_length is 0, but must lie within [1, ");
    assert_refused(oto_tempo(x, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_plp(x, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_beat_track(x, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_onset_detect(x, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_fourier_tempogram(x, .win_length = -5), "win_length is -5");
    assert_refused(oto_tempogram(oto_zeros(0)), "x is empty");
    assert_refused(oto_tempogram(oto_tensor(1, 2, INFINITY)), "element 2 of x is infinite");
    assert_refused(oto_tempo(x, .start_bpm = 0), "start_bpm is 0");
    assert_refused(oto_tempo(oto_stack(x, x)), "must have one channel");
    assert_refused(oto_tempo(x, .std_bpm = -1), "std_bpm is -1");
    assert_refused(oto_tempo(x, .ac_size = 0.01), "fewer than two frames");
    assert_refused(oto_tempogram_ratio(x), "must be (lag, time)");
    assert_refused(oto_tempogram_ratio(oto_tempogram(x), .bpm = oto_tensor(1, 2)), "bpm is (2)");
    assert_refused(oto_plp(x, .tempo_min = 200, .tempo_max = 100), "tempo_max is 100 BPM, but must be larger");
    assert_refused(oto_beat_track(x, .tightness = 0), "tightness is 0");
    assert_refused(oto_beat_track(x, .bpm = oto_tensor(-100)), "bpm is -100");
    assert_refused(oto_beat_track(x, .bpm = oto_tensor(1e6)), "a beat takes at least one frame");
    assert_refused(oto_beat_track(x, .bpm = oto_tensor(100, 101)), "bpm is (2)");
    assert_refused(oto_beat_track(x, .units = -1), "units is -1");
    assert_refused(oto_beat_track(oto_stack(x, x)), "must have one channel");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tempograms_agree_with_librosa),
        cmocka_unit_test(a_tempogram_of_an_excerpt_begins_where_it_does),
        cmocka_unit_test(fourier_tempograms_agree_with_librosa),
        cmocka_unit_test(tempi_are_those_of_librosa),
        cmocka_unit_test(ratios_agree_with_librosa),
        cmocka_unit_test(pulses_agree_with_librosa),
        cmocka_unit_test(beats_are_those_of_librosa),
        cmocka_unit_test(beats_of_half_a_second_are_found_within_a_hop),
        cmocka_unit_test(a_single_onset_has_the_tempo_of_the_prior),
        cmocka_unit_test(equal_weights_let_every_frame_speak),
        cmocka_unit_test(silence_has_no_beats),
        cmocka_unit_test(short_envelopes_are_tracked_without_harm),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(wrong_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
