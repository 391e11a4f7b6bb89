/* Notes and MIDI files played by recorded instruments, through FluidSynth's library. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/dsp/fourier.h"
#include "lib/dsp/magnitude.h"
#include "lib/midi/render.h"
#include "lib/music/fluidsynth.h"
#include "lib/music/notes.h"
#include "lib/music/pitch.h"
#include "lib/music/soundfont.h"
#include "lib/tensor/arithmetic.h"

enum { FLUTE = 73 };
#define PLAYED .soundfont = "TimGM6mb"

static double loudest(OtoTensor *x) {
    OtoTensor *X = oto_magnitude(oto_rfft(x));
    return oto_axis_at(X, 0, oto_argmax(X));
}

static double level(OtoTensor *x, double from, double to) {
    return oto_rms(oto_cut(x, from, to));
}

static void a_soundfont_is_found_by_name_or_path(void **state) {
    assert_non_null(oto_soundfont_path("TimGM6mb"));
    assert_non_null(oto_soundfont_path("any"));
    assert_null(oto_soundfont_problem("TimGM6mb"));
    assert_string_equal(oto_soundfont_path(oto_soundfont_path("TimGM6mb")), oto_soundfont_path("TimGM6mb"));
    assert_refused(oto_soundfont_path("piano"), "\"piano\" is no soundfont; use \"MuseScore_General\"");
    assert_refused(oto_soundfont_path("/nowhere/piano.sf2"), "there is no soundfont /nowhere/piano.sf2");
}

/* The frequency of a flute's note. TimGM6mb's flute is itself a little sharp, so pitches are compared with each other.
 */
static double flute_at(double pitch) {
    return loudest(oto_cut(oto_render(oto_notes({0, 3, pitch, .program = FLUTE}), PLAYED), 0.5, 2.5));
}

static void a_note_has_its_pitch_to_the_cent(void **state) {
    double a4 = flute_at(69);
    assert_float_equal(a4, 440, 5);
    assert_float_equal(flute_at(69.5), a4 * exp2(0.5 / 12), 1);
    assert_float_equal(flute_at(68.75), a4 * exp2(-0.25 / 12), 1);
    double before = oto_set_tuning(415), baroque = flute_at(69);
    oto_set_tuning(before);
    assert_float_equal(baroque, a4 * 415 / 440, 1);
}

static void notes_sound_when_they_should(void **state) {
    OtoTensor *x = oto_render(oto_notes({0.5, 0.5, 69, .program = FLUTE}, {2, 0.5, 69, .program = FLUTE}), PLAYED);
    assert_float_equal(oto_seconds(x), 3.5, 0.001);
    assert_true(level(x, 0, 0.49) < 1e-3);
    assert_true(level(x, 0.6, 0.9) > 0.1);
    assert_true(level(x, 1.7, 1.99) < 0.01);
    assert_true(level(x, 2.1, 2.4) > 0.1);
    assert_float_equal(oto_peak(x), 0.9, 1e-6);
}

static void a_note_struck_again_is_not_cut_short_by_the_first_ones_end(void **state) {
    OtoTensor *x = oto_render(oto_notes({0, 1, 69, .program = FLUTE}, {0.5, 2, 69, .program = FLUTE}), PLAYED);
    assert_true(level(x, 1.8, 2.3) > 0.1);
}

static void a_note_without_duration_ends(void **state) {
    OtoTensor *x = oto_render(oto_notes({0, 0, 69, .program = FLUTE}, {3, 0.1, 60, .velocity = 1}), PLAYED);
    assert_true(level(x, 2, 2.9) < 0.01);
}

static void two_instruments_may_share_a_channel_and_percussion_has_its_own(void **state) {
    OtoTensor *both = oto_render(oto_notes({0, 1, 45, .program = 32}, {0, 1, 81, .program = FLUTE}), PLAYED);
    OtoTensor *X = oto_magnitude(oto_rfft(oto_cut(both, 0.2, 0.9)));
    OtoTensor *low = oto_slice(X, "frequency", 65, 90), *high = oto_slice(X, "frequency", 600, 640);
    assert_float_equal(oto_axis_at(low, 0, oto_argmax(low)), 110, 4);
    assert_float_equal(oto_axis_at(high, 0, oto_argmax(high)), 880, 4);
    assert_true(level(oto_render(oto_notes({0, 0.1, 38, .channel = 9}), PLAYED), 0, 0.2) > 0.01);
}

static void the_same_notes_give_the_same_samples(void **state) {
    OtoNotes *notes = oto_notes({0, 0.5, 60}, {0.25, 0.5, 64, .program = 40}, {0.5, 0.5, 42, .channel = 9});
    OtoTensor *once = oto_render(notes, PLAYED), *again = oto_render(notes, PLAYED);
    assert_memory_equal(once->data, again->data, (size_t)once->size * sizeof(float));
}

static void take_peak(void *peak, int64_t first, int n, float *const left[], float *const right[]) {
    for (int i = 0; i < n; i++) *(float *)peak = fmaxf(*(float *)peak, fabsf(left[0][i]));
}

static void a_player_keeps_nothing_sounding_for_the_next_call(void **state) {
    OtoFluidsynth *synth = oto_fluidsynth_open(oto_soundfont_path("TimGM6mb"), 44100, false, false);
    assert_non_null(synth);
    const OtoSynthEvent note = {0, 0x90, {60, 127}, 0}; /* a piano's, that nobody ends */
    float during = 0, after = 0;
    assert_true(oto_fluidsynth_play(synth, &note, 1, 22050, take_peak, &during));
    assert_true(oto_fluidsynth_play(synth, NULL, 0, 22050, take_peak, &after));
    assert_true(during > 0.01f);
    assert_true(after < 1e-6f);
    oto_fluidsynth_close(synth);
}

static void no_notes_are_silence(void **state) {
    assert_float_equal(oto_peak(oto_render(oto_notes_from(NULL, 0), PLAYED)), 0, 0);
}

static void a_file_is_played_with_its_controllers(void **state) {
    /* A flute's A4, bent up by two semitones after a second. */
    static const unsigned char file[] = {'M',  'T',  'h',   'd',  0,    0,   0,   6,    0,    0,    0,
                                         1,    0,    100,   'M',  'T',  'r', 'k', 0,    0,    0,    22,
                                         0,    0xC0, FLUTE, 0,    0x90, 69,  100, 0x81, 0x48, 0xE0, 0x7F,
                                         0x7F, 0x81, 0x48,  0x80, 69,   0,   0,   0xFF, 0x2F, 0,    0};
    OtoTensor *x = oto_midi_render(oto_midi_parse(file, sizeof file, "bent"), PLAYED);
    assert_float_equal(loudest(oto_cut(x, 0.3, 0.9)), 440, 5);
    assert_float_equal(loudest(oto_cut(x, 1.3, 1.9)), oto_midi_to_hz(71), 5);
}

static void misuse_is_refused(void **state) {
    assert_refused(oto_render(oto_notes({0, 1, 60, .program = 128}), PLAYED), "has channel 0 and program 128");
    assert_refused(oto_render(oto_notes({0, 1, 60, .channel = 16}), PLAYED), "has channel 16 and program 0");
    assert_refused(oto_render(oto_notes({0, 1, 60}), PLAYED, .sample_rate = 0), "sample_rate is 0");
    char path[] = "/tmp/oto-soundfont-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, "RIFF", 4) == 4 && close(file) == 0);
    assert_refused(oto_render(oto_notes({0, 1, 60}), .soundfont = path), "FluidSynth cannot read the soundfont /tmp/");
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_soundfont_is_found_by_name_or_path),
        cmocka_unit_test(a_note_has_its_pitch_to_the_cent),
        cmocka_unit_test(notes_sound_when_they_should),
        cmocka_unit_test(a_note_struck_again_is_not_cut_short_by_the_first_ones_end),
        cmocka_unit_test(a_note_without_duration_ends),
        cmocka_unit_test(two_instruments_may_share_a_channel_and_percussion_has_its_own),
        cmocka_unit_test(the_same_notes_give_the_same_samples),
        cmocka_unit_test(a_player_keeps_nothing_sounding_for_the_next_call),
        cmocka_unit_test(no_notes_are_silence),
        cmocka_unit_test(a_file_is_played_with_its_controllers),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
