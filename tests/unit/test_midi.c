/* MIDI files: what is read, in seconds and notes; what is written; every cut named by its byte. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/midi/midi.h"

#define HEADER(format, tracks) 'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, format, 0, tracks, 0, 96
#define TRACK(length) 'M', 'T', 'r', 'k', 0, 0, 0, length
#define END_OF_TRACK 0, 0xFF, 0x2F, 0
#define PARSE(...) oto_midi_parse(((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__}), "t.mid")

static void a_note_lasts_from_on_to_off(void **state) {
    OtoMidi *midi = PARSE(HEADER(0, 1), TRACK(12), 0, 0x90, 60, 100, 96, 0x80, 60, 0, END_OF_TRACK);
    assert_int_equal(midi->count, 3);
    OtoNotes *notes = oto_midi_notes(midi);
    assert_int_equal(notes->count, 1);
    assert_float_equal(notes->notes[0].duration, 0.5, 1e-9); /* a quarter at 120 bpm */
    assert_float_equal(notes->notes[0].velocity, 100, 0);
    char *text = oto_midi_describe(midi);
    assert_string_equal(text, "MIDI type 0, 1 track, 3 events, 120 bpm, 0.5 s, from t.mid");
    free(text);
}

static void running_status_and_velocity_zero(void **state) {
    OtoNotes *notes = oto_midi_notes(
        PARSE(HEADER(0, 1), TRACK(17), 0, 0x93, 60, 100, 48, 62, 90, 48, 60, 0, 96, 62, 0, END_OF_TRACK));
    assert_int_equal(notes->count, 2);
    assert_float_equal(notes->notes[0].duration, 0.5, 1e-9);
    assert_float_equal(notes->notes[1].onset, 0.25, 1e-9);
    assert_float_equal(notes->notes[1].duration, 0.75, 1e-9);
    assert_int_equal(notes->notes[1].channel, 3);
}

static void tempo_changes_move_what_follows(void **state) {
    /* a tempo track: 60 bpm at 0, 240 bpm after one quarter; the notes are in the second track */
    OtoMidi *midi = PARSE(HEADER(1, 2), TRACK(18), 0, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40, 96, 0xFF, 0x51, 3, 0x03, 0xD0,
                          0x90, END_OF_TRACK, TRACK(13), 96, 0x90, 60, 100, 0x81, 0x40, 0x80, 60, 0, END_OF_TRACK);
    assert_int_equal(midi->timeline.tempo_count, 2);
    assert_float_equal(midi->timeline.tempos[0].bpm, 60, 1e-9);
    assert_float_equal(midi->timeline.tempos[1].bpm, 240, 1e-9);
    OtoNote note = oto_midi_notes(midi)->notes[0];
    assert_float_equal(note.onset, 1, 1e-9);
    assert_float_equal(note.duration, 0.5, 1e-9);
    assert_int_equal(note.track, 1);
}

static void frames_of_film_are_a_clock_too(void **state) {
    /* 25 frames a second, 40 ticks a frame: a tick is a millisecond */
    OtoMidi *midi = PARSE('M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 0, 0, 1, 0xE7, 40, TRACK(13), 0, 0x90, 60, 100, 0x87, 0x68,
                          0x80, 60, 0, END_OF_TRACK);
    assert_float_equal(oto_midi_notes(midi)->notes[0].duration, 1, 1e-9);
}

static void sysex_meta_and_unknown_chunks_are_kept_or_passed(void **state) {
    OtoMidi *midi =
        PARSE(HEADER(0, 1), 'X', 'y', 'z', '!', 0, 0, 0, 2, 1, 2, TRACK(29), 0, 0xF0, 3, 1, 2, 0xF7, 0, 0xFF, 3, 4, 'l',
              'e', 'a', 'd', 0, 0xC1, 40, 0, 0x91, 60, 1, 96, 0x81, 60, 0, 0, 0xFF, 0x2F, 0);
    assert_int_equal(midi->events[0].size, 3);
    assert_int_equal(midi->events[1].meta, 3);
    assert_memory_equal(midi->events[1].data, "lead", 4);
    assert_int_equal(oto_midi_notes(midi)->notes[0].program, 40);
}

static void notes_left_sounding_end_with_their_track(void **state) {
    OtoNotes *notes =
        oto_midi_notes(PARSE(HEADER(0, 1), TRACK(12), 0, 0x90, 60, 9, 48, 0x90, 60, 8, 96, 0xFF, 0x2F, 0));
    assert_int_equal(notes->count, 2);
    assert_float_equal(notes->notes[0].duration, 0.25, 1e-9); /* struck again */
    assert_float_equal(notes->notes[1].duration, 0.5, 1e-9);
}

static void broken_files_are_named_with_the_byte(void **state) {
    assert_refused(PARSE('R', 'I', 'F', 'F'), "oto_midi_load: t.mid, at byte 0 of 4: it does not begin with MThd");
    assert_refused(PARSE('M', 'T', 'h', 'd', 0, 0), "at byte 6 of 6: it is cut short inside its header");
    assert_refused(PARSE(HEADER(2, 1)), "at byte 8 of 14: it is of type 2");
    assert_refused(PARSE(HEADER(0, 1)), "at byte 14 of 14: it is cut short: its header promises more tracks");
    assert_refused(PARSE(HEADER(0, 1), TRACK(20), 0, 0x90),
                   "at byte 24 of 24: it is cut short: a track goes on behind");
    assert_refused(PARSE(HEADER(0, 1), TRACK(2), 0, 0x90), "an event is longer than what is left of its track");
    assert_refused(PARSE(HEADER(0, 1), TRACK(2), 0, 60), "at byte 23 of 24: an event begins with a data byte");
    assert_refused(PARSE(HEADER(0, 1), TRACK(4), 0, 0x90, 60, 200), "at byte 25 of 26: a data byte is larger than 127");
    assert_refused(PARSE(HEADER(0, 1), TRACK(5), 255, 255, 255, 255, 0), "has more than four bytes");
    assert_refused(PARSE(HEADER(0, 1), TRACK(2), 0, 0xF8), "this status byte cannot stand in a file");
    assert_refused(oto_midi_load("/nowhere/tune.mid"), "/nowhere/tune.mid: No such file or directory");
    assert_refused(oto_midi_load("/tmp"), "/tmp is a folder");
    assert_refused(oto_midi_load("/dev/null"), "/dev/null is empty");
}

static void every_prefix_of_a_file_is_refused(void **state) {
    static const uint8_t file[] = {HEADER(1, 2), TRACK(11), 0,    0xFF, 0x51, 3,    0x0F, 0x42, 0x40, END_OF_TRACK,
                                   TRACK(12),    0,         0x90, 60,   100,  0x60, 0x80, 60,   0,    END_OF_TRACK};
    for (size_t size = 0; size < sizeof file; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        memcpy(copy, file, size);
        assert_refused(oto_midi_parse(copy, size, "part.mid"), "part.mid, at byte");
        free(copy);
    }
    assert_int_equal(oto_midi_parse(file, sizeof file, "whole.mid")->tracks, 2);
}

static void what_is_written_is_read_back(void **state) {
    char path[] = "/tmp/oto_test_midi_XXXXXX";
    close(mkstemp(path));
    OtoNotes *tune =
        oto_notes({0, 0.5, 60, 100}, {0.5, 0.25, 64, 90, .channel = 2, .program = 24}, {0.5, 0, 67}, {200, 1, 72});
    oto_midi_save(tune, path, .bpm = 90);
    OtoMidi *midi = oto_midi_load(path);
    OtoNotes *back = oto_midi_notes(midi);
    assert_float_equal(midi->timeline.tempos[0].bpm, 90, 1e-3);
    assert_int_equal(back->count, tune->count);
    for (int i = 0; i < 4; i++) {
        assert_float_equal(back->notes[i].onset, tune->notes[i].onset, 1e-3);
        assert_float_equal(back->notes[i].duration, tune->notes[i].duration, 2e-3);
        assert_float_equal(back->notes[i].pitch, tune->notes[i].pitch, 0);
        assert_int_equal(back->notes[i].program, tune->notes[i].program);
    }
    assert_float_equal(back->notes[2].velocity, 80, 0);
    unlink(path);
    assert_refused((oto_midi_save(tune, "/nowhere/a.mid"), 0), "/nowhere/a.mid: No such file or directory");
    assert_refused((oto_midi_save(oto_notes({0, 1, 60, .channel = 16}), path), 0), "note 0 has channel 16");
}

static void a_timeline_is_written_with_the_notes(void **state) {
    /* A quarter at 60 bpm, then 120 bpm, and 3/4 from the second quarter on: quarters begin at 0, 1 and 1.5 s. */
    static const uint8_t file[] = {HEADER(0, 1), TRACK(50), 0,    0xFF, 0x51,        3,  0x0F, 0x42, 0x40, 0,  0x90,
                                   60,           100,       0x60, 0x80, 60,          0,  0,    0xFF, 0x51, 3,  0x07,
                                   0xA1,         0x20,      0,    0xFF, 0x58,        4,  3,    2,    24,   8,  0,
                                   0x90,         62,        100,  0x60, 0x80,        62, 0,    0,    0x90, 64, 100,
                                   0x60,         0x80,      64,   0,    END_OF_TRACK};
    OtoMidi *piece = oto_midi_parse(file, sizeof file, "piece.mid");
    OtoNotes *notes = oto_midi_notes(piece);
    assert_float_equal(notes->notes[2].onset, 1.5, 1e-9);
    char path[] = "/tmp/oto_test_midi_XXXXXX";
    close(mkstemp(path));
    oto_midi_save(notes, path, .timeline = &piece->timeline);
    OtoMidi *back = oto_midi_load(path);
    unlink(path);
    assert_int_equal(back->timeline.tempo_count, 2);
    assert_float_equal(back->timeline.tempos[1].bpm, 120, 1e-6);
    assert_float_equal(back->timeline.tempos[1].quarter, 1, 1e-9);
    assert_int_equal(back->timeline.meters[back->timeline.meter_count - 1].numerator, 3);
    assert_float_equal(oto_midi_notes(back)->notes[2].onset, 1.5, 1e-9);
    assert_float_equal(oto_seconds_to_quarter(&back->timeline, oto_midi_notes(back)->notes[2].onset), 2, 1e-9);
}

static void assert_written_as(OtoMidi *midi, const uint8_t *bytes, size_t size) {
    size_t written;
    unsigned char *copy = oto_midi_bytes(midi, &written);
    assert_int_equal(written, size);
    assert_memory_equal(copy, bytes, size);
    free(copy);
}

static void what_is_read_is_written_byte_for_byte(void **state) {
    /* running status, sysex in two packets, an escape, a meta event nobody knows; in two tracks, and by SMPTE frames */
    static const uint8_t mixed[] = {
        HEADER(1, 2), TRACK(18), 0,           0xFF, 0x77, 3,         1, 2,    3,    0, 0xFF, 0x51, 3,   0x0F, 0x42,
        0x40,         96,        0xFF,        0x2F, 0,    TRACK(45), 0, 0xC3, 7,    0, 0x93, 60,   100, 10,   62,
        90,           0,         0xF0,        3,    1,    2,         3, 10,   0xF7, 2, 4,    0xF7, 0,   0xF7, 1,
        0xF8,         0x81,      0x48,        0x93, 60,   0,         0, 62,   0,    0, 0xE3, 0,    64,  0,    0xB3,
        64,           127,       END_OF_TRACK};
    static const uint8_t film[] = {'M', 'T',       'h', 'd',  0,  0,   0,    6,    0,    0,  0, 1,           0xE7,
                                   40,  TRACK(13), 0,   0x90, 60, 100, 0x87, 0x68, 0x80, 60, 0, END_OF_TRACK};
    assert_written_as(oto_midi_parse(mixed, sizeof mixed, "mixed.mid"), mixed, sizeof mixed);
    assert_written_as(oto_midi_parse(film, sizeof film, "film.mid"), film, sizeof film);
}

static void real_files_are_written_byte_for_byte(void **state) {
    const char *paths[] = {"data/songs/trio.mid", "data/melodies/sakura.mid", "tests/golden/scores/changes.mid"};
    for (int i = 0; i < 3; i++) {
        OtoMidi *midi = oto_midi_load(paths[i]);
        FILE *file = fopen(paths[i], "rb");
        static uint8_t bytes[1 << 20];
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        assert_written_as(midi, bytes, size);
    }
}

static void what_no_file_can_hold_is_not_written(void **state) {
    OtoMidi *midi = PARSE(HEADER(0, 1), TRACK(8), 0, 0x90, 60, 9, END_OF_TRACK);
    midi->events[0].track = 1;
    assert_refused(oto_midi_write(midi, "/tmp/never.mid"),
                   "event 0 of t.mid is in a track that the file does not have");
    midi->events[0].track = 0;
    midi->events[0].tick = 7;
    assert_refused(oto_midi_write(midi, "/tmp/never.mid"), "event 1 of t.mid comes before the one ahead of it");
    midi->events[0].tick = 0;
    assert_refused(oto_midi_write(midi, "/nowhere/a.mid"), "/nowhere/a.mid: No such file or directory");
}

static void a_pedal_lets_notes_ring(void **state) {
    /* C4 for a quarter with the pedal down until the third, E4 struck again while it rings */
    OtoMidi *midi = PARSE(HEADER(0, 1), TRACK(32), 0, 0xB0, 64, 127, 0, 0x90, 60, 80, 0, 64, 80, 48, 64, 0, 48, 60, 0,
                          0, 64, 80, 96, 0xB0, 64, 0, 0, 0x90, 64, 0, 96, 0xFF, 0x2F, 0, 0, 0, 0, 0, 0, 0);
    OtoNotes *struck = oto_midi_notes(midi), *ringing = oto_midi_notes(midi, .sustain = true);
    assert_float_equal(struck->notes[0].duration, 0.5, 1e-9);
    assert_float_equal(ringing->notes[0].duration, 1, 1e-9);
    assert_float_equal(ringing->notes[1].duration, 0.5, 1e-9); /* until the same note comes again */
}

static void a_wheel_bends_pitches_and_banks_come_with_programs(void **state) {
    /* bend range 12 by RPN 0, wheel half way up; bank 3 * 128 + 1, then a program */
    OtoMidi *midi = PARSE(HEADER(0, 1), TRACK(34), 0, 0xB0, 101, 0, 0, 100, 0, 0, 6, 12, 0, 0, 3, 0, 32, 1, 0, 0xC0, 5,
                          0, 0xE0, 0, 96, 0, 0x90, 60, 80, 96, 60, 0, 0, 0xFF, 0x2F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    OtoNote note = oto_midi_notes(midi, .bend = true)->notes[0];
    assert_float_equal(note.pitch, 66, 1e-9);
    assert_int_equal(note.bank, 3 * 128 + 1);
    assert_int_equal(note.program, 5);
    assert_float_equal(oto_midi_notes(midi)->notes[0].pitch, 60, 0);
}

static void bars_and_beats_are_counted_through_meters(void **state) {
    OtoTimeline *timeline = &oto_midi_load("tests/golden/scores/changes.mid")->timeline; /* 2 of 3/4, 2 of 6/8, 5/4 */
    OtoBarBeat place = oto_quarter_to_bar_beat(timeline, 7.5);
    assert_int_equal(place.bar, 3);
    assert_float_equal(place.beat, 2, 1e-9);
    assert_int_equal(oto_quarter_to_bar_beat(timeline, 12).bar, 5);
    for (double quarter = 0; quarter < 20; quarter += 0.375)
        assert_float_equal(oto_bar_beat_to_quarter(timeline, oto_quarter_to_bar_beat(timeline, quarter)), quarter,
                           1e-9);
    assert_float_equal(oto_seconds_to_quarter(timeline, oto_quarter_to_seconds(timeline, 7.25)), 7.25, 1e-9);
    assert_string_equal(oto_key_name(oto_key_at(timeline, 0)), "Eb major");
    assert_string_equal(oto_key_name(oto_key_at(timeline, 8)), "F# minor");
}

static void a_real_file_is_read(void **state) {
    OtoNotes *notes = oto_midi_notes(oto_midi_load("data/songs/trio.mid"));
    assert_true(notes->count > 20);
    for (int64_t i = 1; i < notes->count; i++) assert_true(notes->notes[i].onset >= notes->notes[i - 1].onset);
    assert_string_equal(notes->origin, "trio.mid");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_lasts_from_on_to_off),
        cmocka_unit_test(running_status_and_velocity_zero),
        cmocka_unit_test(tempo_changes_move_what_follows),
        cmocka_unit_test(frames_of_film_are_a_clock_too),
        cmocka_unit_test(sysex_meta_and_unknown_chunks_are_kept_or_passed),
        cmocka_unit_test(notes_left_sounding_end_with_their_track),
        cmocka_unit_test(broken_files_are_named_with_the_byte),
        cmocka_unit_test(every_prefix_of_a_file_is_refused),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_timeline_is_written_with_the_notes),
        cmocka_unit_test(what_is_read_is_written_byte_for_byte),
        cmocka_unit_test(real_files_are_written_byte_for_byte),
        cmocka_unit_test(what_no_file_can_hold_is_not_written),
        cmocka_unit_test(a_pedal_lets_notes_ring),
        cmocka_unit_test(a_wheel_bends_pitches_and_banks_come_with_programs),
        cmocka_unit_test(bars_and_beats_are_counted_through_meters),
        cmocka_unit_test(a_real_file_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
