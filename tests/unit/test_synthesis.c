/* Synthesis from formulas, sonified labels, chords and loudness, beside mir_eval, librosa and pyloudnorm. */
#include "golden.h"

#include "refusal.h"

#include "lib/dsp/fourier.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/window.h"
#include "lib/music/chord.h"
#include "lib/music/loudness.h"
#include "lib/music/sonify.h"
#include "lib/music/sound.h"
#include "lib/music/synthesis.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/random.h"

static void loudness_is_that_of_pyloudnorm(void **state) {
    OtoTensor *melody = golden_signal("melody", 22050, 3);
    assert_agrees_number("synthesis", "oto_loudness", "melody", oto_loudness(melody), 1e-6);
    assert_agrees_number("synthesis", "oto_loudness", "noise_48000", oto_loudness(golden_signal("noise", 48000, 2)),
                         1e-6);
    OtoTensor *stereo = oto_stereo(golden_signal("chirp", 44100, 2), oto_mul(golden_signal("beats", 44100, 2), 0.25));
    assert_agrees_number("synthesis", "oto_loudness", "stereo", oto_loudness(stereo), 1e-6);
    OtoTensor *gated = oto_concatenate(melody, oto_mul(melody, 1e-3), golden_signal("silence", 22050, 1));
    assert_agrees_number("synthesis", "oto_loudness", "gated", oto_loudness(gated), 1e-6);
    OtoTensor *noise = golden_signal("noise", 16000, 1), *parts[5];
    for (int c = 0; c < 5; c++) parts[c] = oto_mul(noise, (c + 1) / 8.0);
    OtoTensor *five = oto_as_audio(oto_stack_all(5, parts), 16000);
    assert_agrees_number("synthesis", "oto_loudness", "five_channels", oto_loudness(five), 1e-6);
    assert_agrees_number("synthesis", "oto_loudness", "shortest", oto_loudness(oto_slice(melody, "time", 0, 8820)),
                         1e-6);
    assert_agrees_number("synthesis", "oto_loudness", "odd_length", oto_loudness(oto_slice(melody, "time", 0, 23457)),
                         1e-6);
}

static void loudness_has_the_standards_reference_level(void **state) {
    /* BS.1770: a sine of 997 Hz at full scale in one channel measures -3.01 LUFS. */
    assert_float_equal(oto_loudness(oto_sine(997, 3, .sample_rate = 48000)), -3.01, 0.05);
    assert_true(isinf(oto_loudness(oto_silence(1))));
}

static void a_sound_is_brought_to_a_loudness(void **state) {
    OtoTensor *melody = golden_signal("melody", 22050, 3);
    assert_float_equal(oto_loudness(oto_normalise(melody, .lufs = -23)), -23, 1e-4);
    assert_float_equal(oto_peak(oto_normalise(oto_silence(1), .lufs = -23)), 0, 0);
    assert_refused(oto_normalise(melody, .lufs = 3), "lufs is 3");
}

static void loudness_refuses_what_it_cannot_measure(void **state) {
    assert_refused(oto_loudness(oto_sine(440, 0.39)), "audio lasts 0.39");
    assert_refused(oto_loudness(oto_as_audio(oto_zeros(6, 22050), 22050)), "audio has 6 channels");
    OtoTensor *broken = oto_sine(440, 1);
    oto_at(broken, 7) = NAN;
    assert_refused(oto_loudness(broken), "audio holds NaN: 1 samples");
}

static void a_pitch_contour_sounds_as_that_of_mir_eval(void **state) {
    OtoTensor *times = golden_tensor("synthesis", "pitch_times"), *hz = golden_tensor("synthesis", "pitch_frequencies");
    assert_agrees("synthesis", "oto_sonify_pitch", "defaults", oto_sonify_pitch(times, hz), 1e-4);
    assert_agrees("synthesis", "oto_sonify_pitch", "longer",
                  oto_sonify_pitch(times, hz, .seconds = 1, .sample_rate = 8000), 1e-4);
    assert_agrees("synthesis", "oto_sonify_beats", "defaults", oto_sonify_beats(times, NULL), 1e-4);
}

static void downbeats_sound_higher(void **state) {
    OtoTensor *clicks = oto_sonify_beats(oto_tensor(0, 0.5), oto_tensor(1, 2), .seconds = 1);
    OtoTensor *first = oto_magnitude(oto_rfft(oto_cut(clicks, 0, 0.1))),
              *second = oto_magnitude(oto_rfft(oto_cut(clicks, 0.5, 0.6)));
    assert_float_equal(oto_axis_at(first, 0, oto_argmax(first)), 3000, 20);
    assert_float_equal(oto_axis_at(second, 0, oto_argmax(second)), 1000, 20);
}

static void grids_chroma_and_chords_sound_as_those_of_mir_eval(void **state) {
    OtoTensor *grid = golden_tensor("synthesis", "grid"), *rows = golden_tensor("synthesis", "rows");
    OtoTensor *starts = golden_tensor("synthesis", "starts"), *pairs = golden_tensor("synthesis", "pairs");
    assert_agrees("synthesis", "oto_sonify_grid", "starts", oto_sonify_grid(grid, rows, starts, .seconds = 0.6), 1e-4);
    assert_agrees("synthesis", "oto_sonify_grid", "pairs", oto_sonify_grid(grid, rows, pairs), 1e-4);
    OtoTensor *chroma = golden_tensor("synthesis", "chroma");
    assert_agrees("synthesis", "oto_sonify_chroma", "pairs", oto_sonify_chroma(chroma, pairs), 1e-4);
    const char *labels[] = {"C:maj", "A:min7", "N", "G:7", "F:maj/3"};
    assert_agrees("synthesis", "oto_sonify_chords", "pairs", oto_sonify_chords(5, labels, pairs), 1e-4);
}

static void chroma_sounds_when_its_time_axis_says(void **state) {
    OtoTensor *chroma = oto_zeros(12, 2);
    oto_at(chroma, 9, 1) = 1;
    oto_name_axis(chroma, 1, "time", .unit = "s", .step = 0.5);
    OtoTensor *sound = oto_sonify_chroma(chroma, NULL);
    assert_float_equal(oto_seconds(sound), 1, 1e-3);
    assert_true(oto_rms(oto_cut(sound, 0, 0.48)) < 1e-3);
    OtoTensor *X = oto_magnitude(oto_rfft(oto_cut(sound, 0.5, 1)));
    double octaves = log2(oto_axis_at(X, 0, oto_argmax(X)) / 440);
    assert_float_equal(octaves, round(octaves), 0.02);
}

static void what_cannot_be_sonified_is_refused(void **state) {
    OtoTensor *grid = oto_zeros(2, 3), *rows = oto_tensor(100, 200), *starts = oto_tensor(0, 1, 2);
    assert_refused(oto_sonify_grid(grid, oto_tensor(100), starts), "each row of the grid needs a frequency");
    assert_refused(oto_sonify_grid(grid, oto_tensor(100, 0), starts), "row 1 has the frequency 0 Hz");
    assert_refused(oto_sonify_grid(grid, rows, oto_tensor(0)), "intervals is (1), but must be (time)");
    assert_refused(oto_sonify_grid(grid, rows, oto_tensor(0, NAN, 2)), "interval 1 begins or ends at nan s");
    assert_refused(oto_sonify_chroma(oto_zeros(12, 2), NULL), "so it needs intervals");
    assert_refused(oto_sonify_chroma(grid, starts), "must be (chroma 12, time)");
    assert_refused(oto_sonify_pitch(oto_tensor(0, 1), oto_tensor(100)), "each time needs a frequency");
    assert_refused(oto_sonify_pitch(oto_tensor(1, 0), oto_tensor(1, 1)), "time 1, 0 s, is before the one before it");
    assert_refused(oto_sonify_beats(oto_tensor(-1), NULL), "time 0 is -1 s");
    assert_refused(oto_sonify_beats(oto_tensor(1), oto_tensor(1, 2)), "1 times, but 2 places");
}

static void nothing_to_sonify_is_silence(void **state) {
    OtoTensor *none = oto_zeros(0);
    assert_float_equal(oto_peak(oto_sonify_pitch(none, none, .seconds = 0.5)), 0, 0);
    assert_float_equal(oto_peak(oto_sonify_beats(none, NULL, .seconds = 0.5)), 0, 0);
    assert_float_equal(oto_peak(oto_sonify_chords(0, NULL, oto_zeros(0, 2), .seconds = 0.5)), 0, 0);
}

static void chord_labels_mean_what_they_mean_to_mir_eval(void **state) {
    const char *labels[] = {"C",       "C:maj",   "Bb:min7",     "F#:hdim7", "D:7(b9)",     "A:min/b3",
                            "G:sus4",  "E:(1,5)", "C:maj(*5)",   "Gb:13",    "B:minmaj7/5", "D#:aug",
                            "Ab:dim7", "F:5",     "E:maj6(9)/3", "N"};
    for (int i = 0; i < 16; i++) {
        OtoChord chord = oto_chord(labels[i]);
        double numbers[14] = {chord.root, chord.bass};
        for (int class = 0; class < 12; class ++) numbers[2 + class] = chord.notes[class];
        char name[20];
        snprintf(name, sizeof name, "label_%d", i);
        assert_agrees("synthesis", "oto_chord", name, oto_from(numbers, 14), 0);
    }
    assert_true(oto_chord("X").is_unknown);
    const char *refused[] = {"", "H", "C:", "C:major", "C:maj(", "C:maj(15)", "C/", "C:maj/3x", "c:maj", "C:maj(3"};
    for (int i = 0; i < 10; i++) assert_refused(oto_chord(refused[i]), "is no chord");
}

static void a_sweep_is_the_chirp_of_librosa(void **state) {
    assert_agrees("synthesis", "oto_sweep", "linear", oto_sweep(110, 3520, 1), 1e-4);
    assert_agrees("synthesis", "oto_sweep", "exponential", oto_sweep(110, 3520, 1, .exponential = true), 1e-4);
}

static void frequency_modulation_follows_its_formula(void **state) {
    assert_agrees("synthesis", "oto_fm", "bell", oto_fm(200, 0.5, .ratio = 1.4, .index = 5, .index_end = 0), 1e-5);
    /* Index 0 is the carrier alone; 2.405, the first zero of J_0, takes it away. */
    OtoTensor *X = oto_magnitude(oto_rfft(oto_fm(1000, 1, .ratio = 0.1, .index = 2.404826)));
    assert_true(oto_at(X, 1000) < 1e-3 * oto_at(X, 1100));
    assert_refused(oto_fm(-1, 1), "carrier is -1");
    assert_refused(oto_fm(100, 1, .index = -2), "index is -2");
    assert_int_equal(oto_fm(100, 0)->size, 0);
}

static void partials_add_up_and_none_aliases(void **state) {
    int64_t n = 11025;
    OtoTensor *f = oto_stack(oto_linspace(200, 400, n), oto_linspace(10000, 12000, n));
    OtoTensor *a = oto_stack(oto_linspace(1, 0, n), oto_linspace(0, 1, n));
    assert_agrees("synthesis", "oto_additive", "glide", oto_additive(f, a), 1e-3);
    OtoTensor *still =
        oto_additive(oto_tensor(300, 700), oto_tensor(0.5, 0.25), .seconds = 1, .phases = oto_tensor(0, 1));
    assert_float_equal(oto_at(still, 100),
                       0.5 * sin(2 * M_PI * 300 * 100 / 22050) + 0.25 * sin(2 * M_PI * 700 * 100 / 22050 + 1), 1e-5);
    assert_refused(oto_additive(f, oto_tensor(1, 1)), "each partial needs both");
    assert_refused(oto_additive(oto_tensor(1, NAN), oto_tensor(1, 1)), "value 1 is nan Hz");
    assert_refused(oto_additive(oto_tensor(1), oto_tensor(1), .phases = oto_tensor(0, 0)), "there are 1 partials");
}

/* Where the spectrum peaks near a frequency, between bins by a parabola through their logarithms. */
static double peak_near(OtoTensor *x, double hz) {
    OtoTensor *X = oto_magnitude(oto_rfft(oto_mul(x, oto_window(OTO_HANN, x->size))));
    double step = X->axes[0].step;
    int64_t k = (int64_t)(0.9 * hz / step);
    for (int64_t i = k; i < (int64_t)(1.1 * hz / step); i++)
        if (oto_at(X, i) > oto_at(X, k)) k = i;
    double a = log(oto_at(X, k - 1)), b = log(oto_at(X, k)), c = log(oto_at(X, k + 1));
    return step * ((double)k + 0.5 * (a - c) / (a - 2 * b + c));
}

static void a_plucked_string_is_in_tune_to_two_cents(void **state) {
    const double pitches[] = {55, 220, 440, 1318.51, 3000};
    for (int i = 0; i < 5; i++) {
        oto_seed(i);
        double cents = 1200 * log2(peak_near(oto_pluck(pitches[i], 2, .decay = 4), pitches[i]) / pitches[i]);
        assert_float_equal(cents, 0, 2);
    }
}

static void a_plucked_string_dies_away(void **state) {
    oto_seed(1);
    OtoTensor *x = oto_pluck(110, 3, .decay = 1);
    assert_float_equal(oto_peak(x), 1, 1e-6);
    double fall = 20 * log10(oto_rms(oto_cut(x, 0.5, 0.6)) / oto_rms(oto_cut(x, 1.5, 1.6)));
    assert_true(fall > 55 && fall < 75);
    oto_seed(1);
    assert_memory_equal(x->data, oto_pluck(110, 3, .decay = 1)->data, (size_t)x->size * sizeof(float));
}

static void a_string_plucked_in_the_middle_has_no_even_partials(void **state) {
    oto_seed(2);
    OtoTensor *X = oto_power(oto_rfft(oto_pluck(100.0, 1, .pluck = 0.5, .decay = 4)));
    double odd = 0, even = 0;
    for (int k = 1; k <= 7; k += 2) odd += oto_sum(oto_slice(X, "frequency", 100 * k - 5, 100 * k + 6));
    for (int k = 2; k <= 8; k += 2) even += oto_sum(oto_slice(X, "frequency", 100 * k - 5, 100 * k + 6));
    assert_true(even < 0.02 * odd);
    assert_refused(oto_pluck(5, 1), "frequency is 5");
    assert_refused(oto_pluck(6000, 1), "frequency is 6000");
    assert_refused(oto_pluck(100, 1, .pluck = 0.7), "pluck is 0.7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loudness_is_that_of_pyloudnorm),
        cmocka_unit_test(loudness_has_the_standards_reference_level),
        cmocka_unit_test(a_sound_is_brought_to_a_loudness),
        cmocka_unit_test(loudness_refuses_what_it_cannot_measure),
        cmocka_unit_test(a_pitch_contour_sounds_as_that_of_mir_eval),
        cmocka_unit_test(downbeats_sound_higher),
        cmocka_unit_test(grids_chroma_and_chords_sound_as_those_of_mir_eval),
        cmocka_unit_test(chroma_sounds_when_its_time_axis_says),
        cmocka_unit_test(what_cannot_be_sonified_is_refused),
        cmocka_unit_test(nothing_to_sonify_is_silence),
        cmocka_unit_test(chord_labels_mean_what_they_mean_to_mir_eval),
        cmocka_unit_test(a_sweep_is_the_chirp_of_librosa),
        cmocka_unit_test(frequency_modulation_follows_its_formula),
        cmocka_unit_test(partials_add_up_and_none_aliases),
        cmocka_unit_test(a_plucked_string_is_in_tune_to_two_cents),
        cmocka_unit_test(a_plucked_string_dies_away),
        cmocka_unit_test(a_string_plucked_in_the_middle_has_no_even_partials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
