/* Making sounds and putting them together; pitches; note lists and the synthesiser. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/dsp/fourier.h"
#include "lib/dsp/magnitude.h"
#include "lib/music/notes.h"
#include "lib/music/piano_roll.h"
#include "lib/music/pitch.h"
#include "lib/music/sound.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/random.h"

/* The frequency of the loudest bin, in Hz. */
static double loudest(OtoTensor *x) {
    OtoTensor *X = oto_magnitude(oto_rfft(x));
    return oto_axis_at(X, 0, oto_argmax(X));
}

/* The part of the energy that lies in bins whose frequency is no multiple of the fundamental. */
static double inharmonic(OtoTensor *x, double fundamental) {
    OtoTensor *X = oto_power(oto_rfft(x));
    double outside = 0, all = oto_sum(X);
    for (int64_t k = 0; k < X->size; k++) {
        double harmonic = oto_axis_at(X, 0, k) / fundamental;
        if (fabs(harmonic - round(harmonic)) > 1e-6) outside += (double)oto_at(X, k);
    }
    return outside / all;
}

static void a_tone_follows_its_formula(void **state) {
    OtoTensor *x = oto_sine(440, 0.5, .amplitude = 0.5, .phase = 1, .sample_rate = 8000);
    assert_int_equal(x->size, 4000);
    for (int n = 0; n < 4000; n += 371)
        assert_float_equal(oto_at(x, n), 0.5 * sin(2 * M_PI * 440 * n / 8000 + 1), 1e-6);
    assert_float_equal(oto_peak(x), 0.5, 1e-4);
    assert_float_equal(oto_rms(x), 0.5 / sqrt(2), 1e-4);
    assert_float_equal(oto_seconds(x), 0.5, 0);
}

static void plain_waves_have_their_shapes(void **state) {
    const double saw[] = {-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75}, square[] = {1, 1, 1, 1, -1, -1, -1, -1},
                 triangle[] = {0, 0.5, 1, 0.5, 0, -0.5, -1, -0.5};
    for (int n = 0; n < 8; n++) {
        assert_float_equal(oto_at(oto_saw(1000, 0.001, .sample_rate = 8000), n), saw[n], 1e-6);
        assert_float_equal(oto_at(oto_square(1000, 0.001, .sample_rate = 8000), n), square[n], 1e-6);
        assert_float_equal(oto_at(oto_triangle(1000, 0.001, .sample_rate = 8000), n), triangle[n], 1e-6);
    }
}

static void band_limited_waves_do_not_alias(void **state) {
    const OtoWave waves[] = {OTO_SAW, OTO_SQUARE, OTO_TRIANGLE};
    for (int i = 0; i < 3; i++) {
        OtoTensor *plain = oto_tone(waves[i], 997, 1, .sample_rate = 8000);
        OtoTensor *clean = oto_tone(waves[i], 997, 1, .sample_rate = 8000, .band_limited = true);
        assert_true(inharmonic(clean, 997) < 1e-8);
        assert_true(inharmonic(plain, 997) > 1e-4);
        /* At a low frequency there are so many harmonics that the shape is nearly the plain one. */
        plain = oto_tone(waves[i], 20, 1);
        clean = oto_tone(waves[i], 20, 1, .band_limited = true);
        assert_true(oto_rms(oto_sub(plain, clean)) < 0.05);
    }
}

static void a_changing_frequency_never_jumps(void **state) {
    OtoTensor *frequency = oto_concatenate(oto_add(oto_zeros(5000), 300), oto_add(oto_zeros(5000), 310));
    OtoTensor *x = oto_oscillator(OTO_SINE, frequency);
    double step = 0;
    for (int n = 1; n < 10000; n++) step = fmax(step, fabs((double)(oto_at(x, n) - oto_at(x, n - 1))));
    assert_true(step <= 2 * M_PI * 310 / 22050 + 1e-6);
    OtoTensor *sweep = oto_sweep(100, 1000, 2, .exponential = true);
    assert_float_equal(loudest(oto_cut(sweep, 0.95, 1.05)), sqrt(100 * 1000), 20);
}

static void noise_repeats_with_its_seed_and_has_its_color(void **state) {
    oto_seed(3);
    OtoTensor *white = oto_noise(2);
    oto_seed(3);
    assert_float_equal(oto_maximum(oto_magnitude(oto_sub(white, oto_noise(2)))), 0, 0);
    assert_float_equal(oto_mean(white), 0, 0.02);
    assert_float_equal(oto_rms(white), 1 / sqrt(3), 0.01);
    /* Pink: as much power from 100 to 200 Hz as from 1600 to 3200. */
    OtoTensor *X = oto_power(oto_rfft(oto_noise(8, .color = OTO_PINK)));
    double low = oto_sum(oto_slice(X, "frequency", 800, 1600)), high = oto_sum(oto_slice(X, "frequency", 12800, 25600));
    assert_float_equal(10 * log10(low / high), 0, 2.5);
}

static void an_envelope_has_its_corners(void **state) {
    OtoTensor *e = oto_adsr(1, .attack = 0.1, .decay = 0.2, .sustain = 0.5, .release = 0.4, .sample_rate = 1000);
    const int at[] = {0, 50, 100, 200, 300, 500, 600, 800, 999};
    const double level[] = {0, 0.5, 1, 0.75, 0.5, 0.5, 0.5, 0.25, 0.00125};
    for (int i = 0; i < 9; i++) assert_float_equal(oto_at(e, at[i]), level[i], 1e-6);
    OtoTensor *short_one = oto_adsr(0.1, .attack = 1, .decay = 0, .release = 1, .sustain = 1, .sample_rate = 1000);
    assert_float_equal(oto_at(short_one, 25), 0.5, 1e-6);
    OtoTensor *shaped =
        oto_shape(oto_add(oto_silence(1, .sample_rate = 1000), 1), .attack = 0.5, .decay = 0, .sustain = 1);
    assert_float_equal(oto_at(shaped, 250), 0.5, 1e-6);
}

static void a_mix_is_the_sum_and_as_long_as_the_longest(void **state) {
    OtoTensor *a = oto_add(oto_silence(0.002, .sample_rate = 1000), 0.75),
              *b = oto_add(oto_silence(0.004, .sample_rate = 1000), 0.5);
    OtoTensor *mix = oto_mix(a, b);
    assert_int_equal(mix->size, 4);
    assert_float_equal(oto_at(mix, 1), 1.25, 1e-6); /* nothing is clipped */
    assert_float_equal(oto_at(mix, 2), 0.5, 1e-6);
    OtoTensor *wide = oto_mix(oto_pan(a, -1), b);
    assert_int_equal(oto_channels(wide), 2);
    assert_float_equal(oto_at(wide, 0, 0), 1.25, 1e-6);
    assert_float_equal(oto_at(wide, 1, 0), 0.5, 1e-6);
    assert_refused(oto_mix(a, oto_silence(1)), "sound 0 has 1000 samples a second and sound 1 22050");
}

static void levels_are_set_and_measured(void **state) {
    OtoTensor *x = oto_sine(551.25, 1, .amplitude = 0.25);
    assert_float_equal(oto_peak(oto_gain(x, 6.0206)), 0.5, 1e-4);
    assert_float_equal(oto_peak(oto_normalise(x)), 1, 1e-6);
    assert_float_equal(oto_peak(oto_normalise(x, .peak = 0.8)), 0.8, 1e-6);
    assert_float_equal(oto_rms(oto_normalise(x, .rms = 0.1)), 0.1, 1e-6);
    assert_float_equal(oto_peak(oto_normalise(oto_silence(1))), 0, 0);
    OtoTensor *pair = oto_pan(x, 0);
    assert_float_equal(oto_rms(pair), oto_rms(x) / sqrt(2), 1e-6);
    assert_float_equal(oto_peak(oto_mono(oto_stereo(x, oto_mul(x, -1)))), 0, 0);
}

static void time_is_cut_delayed_faded(void **state) {
    OtoTensor *x = oto_audio(((float[]){1, 2, 3, 4}), 4, 1000);
    OtoTensor *late = oto_delay(x, 0.002), *cut = oto_cut(x, 0.001, 0.006);
    assert_int_equal(late->size, 6);
    assert_float_equal(oto_at(late, 1), 0, 0);
    assert_float_equal(oto_at(late, 2), 1, 0);
    assert_int_equal(cut->size, 5);
    assert_float_equal(oto_at(cut, 0), 2, 0);
    assert_float_equal(oto_at(cut, 4), 0, 0);
    assert_float_equal(oto_axis_at(cut, 0, 0), 0.001, 1e-12);
    OtoTensor *faded = oto_fade(oto_add(oto_silence(1, .sample_rate = 100), 1), .in = 0.1, .out = 0.2);
    assert_float_equal(oto_at(faded, 0), 0, 0);
    assert_float_equal(oto_at(faded, 5), 0.5, 1e-6);
    assert_float_equal(oto_at(faded, 50), 1, 0);
    assert_float_equal(oto_at(faded, 89), 0.5, 1e-6);
    assert_float_equal(oto_at(faded, 99), 0, 0);
}

static void note_names_midi_numbers_and_hertz(void **state) {
    assert_float_equal(oto_note_to_midi("A4"), 69, 0);
    assert_float_equal(oto_note_to_midi("C#4"), 61, 0);
    assert_float_equal(oto_note_to_midi("Db-1"), 1, 0);
    assert_float_equal(oto_note_to_midi("F##3"), 55, 0);
    assert_float_equal(oto_note_to_midi("bb"), 70, 0);
    assert_float_equal(oto_note_to_midi("A4+20"), 69.2, 1e-9);
    assert_refused(oto_note_to_midi("C-50"), "is not a note"); /* octave -50; cents come behind an octave */
    assert_float_equal(oto_note_to_midi("C4-50"), 59.5, 1e-9);
    assert_float_equal(oto_note_to_hz("A5"), 880, 1e-9);
    assert_float_equal(oto_hz_to_midi(220), 57, 1e-9);
    assert_string_equal(oto_midi_to_note(61), "C#4");
    assert_string_equal(oto_midi_to_note(-1), "B-2");
    assert_string_equal(oto_hz_to_note(450), "A4");
    double before = oto_set_tuning(442);
    assert_float_equal(oto_note_to_hz("A4"), 442, 1e-9);
    oto_set_tuning(before);
    const char *wrong[] = {"", "H4", "A4x", "C44", "A4+", "4A"};
    for (int i = 0; i < 6; i++) assert_refused(oto_note_to_midi(wrong[i]), "is not a note; write a letter A to G");
    assert_refused(oto_hz_to_midi(0), "hz is 0");
}

static void a_note_list_is_sorted_and_checked(void **state) {
    OtoNotes *tune = oto_notes({1, 0.5, 64}, {0, 0.5, 60, .velocity = 100}, {0, 0.5, 55});
    assert_int_equal(tune->count, 3);
    assert_float_equal(tune->notes[0].pitch, 55, 0);
    assert_float_equal(tune->notes[2].onset, 1, 0);
    assert_float_equal(oto_notes_seconds(tune), 1.5, 0);
    assert_float_equal(oto_transpose_notes(tune, 12)->notes[1].pitch, 72, 0);
    char *text = oto_notes_describe(tune);
    assert_string_equal(text, "3 notes, 0 to 1.5 s, G3 to E4");
    free(text);
    assert_refused(oto_notes({0, 1, 200}), "note 0 has 200 as its pitch");
    assert_refused(oto_notes({0, -1, 60}), "note 0 has -1 as its duration");
    assert_refused(oto_transpose_notes(tune, 100), "would come to");
    assert_refused(oto_render((OtoNotes *)oto_tensor(1)), "notes is a tensor (OtoTensor *), but must be a note list");
}

static void a_piano_roll_shows_when_a_pitch_sounds(void **state) {
    OtoTensor *roll =
        oto_piano_roll(oto_notes({0.1, 0.2, 60}, {0.5, 0.5, 72, .velocity = 127}), .velocity = true, .frame_rate = 10);
    assert_string_equal(oto_shape_quoted(roll), "(pitch 128, time 10)");
    assert_float_equal(oto_at(roll, 60, 0), 0, 0);
    assert_float_equal(oto_at(roll, 60, 1), 80 / 127.0, 1e-6);
    assert_float_equal(oto_at(roll, 60, 3), 0, 0);
    assert_float_equal(oto_at(roll, 72, 9), 1, 0);
}

static void rendered_notes_have_their_pitch_time_and_loudness(void **state) {
    OtoTensor *sound =
        oto_render(oto_notes({0.5, 1, 69, .velocity = 127}, {2, 1, 81, .velocity = 64}), .wave = OTO_SINE);
    assert_float_equal(oto_seconds(sound), 3.15, 1e-3);
    assert_float_equal(oto_peak(sound), 0.9, 1e-6);
    assert_float_equal(oto_peak(oto_cut(sound, 0, 0.5)), 0, 0);
    assert_float_equal(loudest(oto_cut(sound, 0.5, 1.5)), 440, 1.01);
    assert_float_equal(loudest(oto_cut(sound, 2, 3)), 880, 1.01);
    double ratio = oto_peak(oto_cut(sound, 2, 3)) / oto_peak(oto_cut(sound, 0.5, 1.5));
    assert_float_equal(ratio, 64.0 * 64 / 127 / 127, 0.02);
    /* A high saw keeps only the partials below half the sample rate: none is folded down below its fundamental. */
    OtoTensor *high = oto_rfft(oto_cut(oto_render(oto_notes({0, 2, 105}), .sustain = 1, .decay = 0), 0.5, 1.5));
    OtoTensor *below = oto_slice(oto_power(high), "frequency", 0, 3000);
    assert_true(oto_sum(below) < 1e-4 * oto_sum(oto_power(high)));
    assert_true(oto_peak(oto_render(oto_notes({0, 0.2, 38, .channel = 9}))) > 0.5);
    assert_float_equal(oto_peak(oto_render(oto_notes_from(NULL, 0))), 0, 0);
}

/* Where the energy of a drum lies, in Hz: the centre of its power spectrum. */
static double drum_centre(double key) {
    OtoTensor *X = oto_power(oto_rfft(oto_render(oto_notes({0, 0.1, key, .channel = 9}))));
    double weighted = 0;
    for (int64_t k = 0; k < X->size; k++) weighted += oto_axis_at(X, 0, k) * (double)oto_at(X, k);
    return weighted / oto_sum(X);
}

static void drums_are_told_apart(void **state) {
    enum { BASS_DRUM = 36, SNARE = 38, CLOSED_HAT = 42, HIGH_TOM = 50, OPEN_HAT = 46, CRASH = 49 };
    assert_true(drum_centre(BASS_DRUM) < 200);
    assert_true(drum_centre(SNARE) > 1000 && drum_centre(SNARE) < 6000);
    assert_true(drum_centre(CLOSED_HAT) > 6000);
    assert_true(drum_centre(HIGH_TOM) > 150 && drum_centre(HIGH_TOM) < 400);
    assert_true(oto_seconds(oto_render(oto_notes({0, 0.1, OPEN_HAT, .channel = 9}))) >
                3 * oto_seconds(oto_render(oto_notes({0, 0.1, CLOSED_HAT, .channel = 9}))));
    for (int key = 0; key < 128; key++) assert_true(oto_peak(oto_render(oto_notes({0, 0.1, key, .channel = 9}))) > 0.8);
}

static void misuse_is_refused(void **state) {
    assert_refused(oto_sine(440, -1), "oto_sine: seconds is -1");
    assert_refused(oto_sine(NAN, 1), "frequency is nan");
    assert_refused(oto_sine(440, 1, .sample_rate = 0), "sample_rate is 0");
    assert_refused(oto_sweep(0, 100, 1, .exponential = true), "cannot start or end at 0 Hz");
    assert_refused(oto_adsr(1, .sustain = 2), "sustain is 2, but must lie within [0, 1]");
    assert_refused(oto_pan(oto_pan(oto_sine(1, 1), 0), 0), "mono is (channels 2, time 22050)");
    assert_refused(oto_fade(oto_sine(1, 1), .in = 2), "in is 2");
    assert_refused(oto_clicks(oto_tensor(-1)), "time 0 is -1 s");
    assert_refused(oto_clicks(oto_tensor(1e12)), "time 0 is 1e+12 s, but must lie within [0, 1000000] s");
    assert_refused(oto_rms(oto_zeros(0)), "audio is empty");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tone_follows_its_formula),
        cmocka_unit_test(plain_waves_have_their_shapes),
        cmocka_unit_test(band_limited_waves_do_not_alias),
        cmocka_unit_test(a_changing_frequency_never_jumps),
        cmocka_unit_test(noise_repeats_with_its_seed_and_has_its_color),
        cmocka_unit_test(an_envelope_has_its_corners),
        cmocka_unit_test(a_mix_is_the_sum_and_as_long_as_the_longest),
        cmocka_unit_test(levels_are_set_and_measured),
        cmocka_unit_test(time_is_cut_delayed_faded),
        cmocka_unit_test(note_names_midi_numbers_and_hertz),
        cmocka_unit_test(a_note_list_is_sorted_and_checked),
        cmocka_unit_test(a_piano_roll_shows_when_a_pitch_sounds),
        cmocka_unit_test(rendered_notes_have_their_pitch_time_and_loudness),
        cmocka_unit_test(drums_are_told_apart),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
