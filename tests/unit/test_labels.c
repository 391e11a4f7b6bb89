/* Labels: chords by name, files as mir_eval and jams read them, what is written, and each way to be broken. */
#include <unistd.h>

#include "golden.h"
#include "refusal.h"

#include "lib/labels/labels.h"
#include "lib/music/pitch.h"

/* As in tests/golden/make_labels.py. */
static const char *const chord_names[] = {"C",
                                          "C#:min",
                                          "Db:maj7",
                                          "Gb:min7/b3",
                                          "A:7/3",
                                          "B:dim",
                                          "F:aug",
                                          "E:sus4",
                                          "Bb:sus2",
                                          "G:maj6",
                                          "D:min6",
                                          "Ab:dim7",
                                          "F#:hdim7",
                                          "C:minmaj7",
                                          "E:maj9",
                                          "A:9",
                                          "D:min11",
                                          "G:13",
                                          "C:1",
                                          "C:5",
                                          "C:(1,4,b7)",
                                          "D:min7(*5,11)",
                                          "E:maj(9)",
                                          "G/7",
                                          "A:min(*b3,2)/5",
                                          "Cbb:maj/b7",
                                          "N",
                                          "X"};
enum { CHORDS = sizeof chord_names / sizeof *chord_names };

static void chords_are_what_mir_eval_says(void **state) {
    OtoTensor *rows = oto_zeros(CHORDS, 14);
    for (int i = 0; i < CHORDS; i++) {
        OtoChord chord = oto_chord(chord_names[i]);
        oto_at(rows, i, 0) = (float)chord.root;
        for (int s = 0; s < 12; s++) oto_at(rows, i, 1 + s) = chord.notes[(chord.root + 12 + s) % 12];
        oto_at(rows, i, 13) = chord.root < 0 ? -1 : (float)((chord.bass - chord.root + 12) % 12);
    }
    assert_agrees("labels", "oto_chord", "names", rows, 0);
}

static void a_chord_is_named_again(void **state) {
    for (int i = 0; i < CHORDS; i++) {
        OtoChord chord = oto_chord(chord_names[i]), again = oto_chord(oto_chord_name(chord));
        assert_int_equal(again.root, chord.root);
        assert_memory_equal(again.notes, chord.notes, sizeof chord.notes);
        assert_int_equal(again.bass, chord.bass);
    }
    assert_string_equal(oto_chord_name(oto_chord("Gb:min7/b3")), "F#:min7/b3");
}

static void what_is_no_chord_is_refused(void **state) {
    const char *wrong[] = {"",        "H",         "C:",      "C:foo", "C/",    "C:maj(",
                           "C:maj()", "C:maj(14)", "C:maj7 ", "c",     "N:maj", "C:(1,"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(oto_is_chord(wrong[i]));
        assert_refused(oto_chord(wrong[i]), "is no chord");
    }
}

static void text_files(void **state) {
    OtoLabels *chords = oto_labels_load("tests/golden/labels/song.lab");
    assert_int_equal(chords->kind, OTO_CHORDS);
    assert_string_equal(chords->labels[1].text, "A:min7/b3");
    assert_agrees("labels", "oto_labels_load", "song.lab", oto_label_intervals(chords), 1e-6);
    OtoLabels *beats = oto_labels_load("tests/golden/labels/song.beats");
    assert_int_equal(beats->kind, OTO_BEATS);
    assert_agrees("labels", "oto_labels_load", "song.beats", oto_label_times(beats), 1e-6);
    OtoLabels *notes = oto_labels_load("tests/golden/labels/notes.txt");
    OtoTensor *rows = oto_zeros(notes->count, 3);
    for (int64_t i = 0; i < notes->count; i++) {
        oto_at(rows, i, 0) = (float)notes->labels[i].time;
        oto_at(rows, i, 1) = (float)(notes->labels[i].time + notes->labels[i].duration);
        oto_at(rows, i, 2) = (float)oto_midi_to_hz(notes->labels[i].value);
    }
    assert_agrees("labels", "oto_labels_load", "notes.txt", rows, 1e-6);
}

static void jams_files(void **state) {
    const char *path = "tests/golden/labels/song.jams";
    OtoLabels *beats = oto_labels_load(path);
    assert_int_equal(beats->kind, OTO_BEATS);
    assert_float_equal(beats->labels[5].value, 2, 0);
    assert_float_equal(beats->labels[5].confidence, 0.9, 1e-9);
    assert_agrees("labels", "oto_labels_load", "song.jams_beat", oto_label_intervals(beats), 1e-6);
    OtoLabels *chords = oto_labels_load(path, .kind = OTO_CHORDS);
    assert_string_equal(chords->labels[1].text, "A:min/b3");
    assert_agrees("labels", "oto_labels_load", "song.jams_chord", oto_label_intervals(chords), 1e-6);
    OtoLabels *sections = oto_labels_load(path, .kind = OTO_SECTIONS);
    assert_string_equal(oto_label_at(sections, 7)->text, "chorus");
    assert_agrees("labels", "oto_labels_load", "song.jams_segment_open", oto_label_intervals(sections), 1e-6);
    OtoLabels *notes = oto_labels_load(path, .kind = OTO_NOTE_LABELS);
    assert_float_equal(notes->labels[0].value, 57, 1e-3);
    assert_agrees("labels", "oto_labels_load", "song.jams_note_hz", oto_label_intervals(notes), 1e-6);
    assert_string_equal(oto_labels_load(path, .kind = OTO_KEYS)->labels[0].text, "Eb minor");
    assert_refused(oto_labels_load(path, .kind = OTO_TAGS),
                   "song.jams has 0 annotations with tags, so there is none with index 0; it holds: beat, chord, "
                   "segment_open, note_hz, key_mode");
}

static void assert_same(OtoLabels *a, OtoLabels *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++) {
        assert_float_equal(a->labels[i].time, b->labels[i].time, 1e-6);
        assert_float_equal(a->labels[i].duration, b->labels[i].duration, 1e-6);
        assert_float_equal(a->labels[i].value, b->labels[i].value, 1e-6);
        assert_string_equal(a->labels[i].text, b->labels[i].text);
    }
}

static void what_is_written_is_read_back(void **state) {
    OtoLabels *lists[] = {oto_labels(OTO_ONSETS, {.time = 0.25}, {.time = 1.5}),
                          oto_labels(OTO_BEATS, {.time = 0.5, .value = 1}, {.time = 1, .value = 2}),
                          oto_labels(OTO_CHORDS, {0, 2, "C"}, {2, 1.5, "G:7/3"}),
                          oto_labels(OTO_SECTIONS, {0, 10, "verse one"}, {10, 8, "chorus"}),
                          oto_labels(OTO_NOTE_LABELS, {0, 1, .value = 60}, {1, 1, .value = 61.5}),
                          oto_labels(OTO_KEYS, {0, 30, "F# minor"})};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char text[] = "/tmp/oto_test_labels_XXXXXX.lab", jams[] = "/tmp/oto_test_labels_XXXXXX.jams";
        close(mkstemps(text, 4));
        close(mkstemps(jams, 5));
        oto_labels_save(lists[i], text);
        assert_same(oto_labels_load(text, .kind = lists[i]->kind), lists[i]);
        oto_jams_save(jams, lists[0], lists[i]);
        assert_same(oto_labels_load(jams, .kind = lists[i]->kind), lists[i]);
        unlink(text);
        unlink(jams);
    }
    assert_refused((oto_labels_save(lists[0], "/nowhere/a.lab"), 0), "/nowhere/a.lab: No such file or directory");
    assert_refused((oto_jams_save("/nowhere/a.jams", lists[0]), 0), "/nowhere/a.jams could not be written");
}

#define PARSE(text, ...) oto_labels_parse(text, strlen(text), "t.lab", (OtoLabelsLoad){__VA_ARGS__})
#define PARSE_JAMS(text) oto_jams_parse(text, strlen(text), "t.jams", (OtoLabelsLoad){0})

static void broken_files_are_named_with_the_line(void **state) {
    assert_refused(PARSE("0 1 C\nzero 1 C\n"), "t.lab, line 2: \"zero 1 C\" does not begin with a time");
    assert_refused(PARSE("0 1 C\n2 1 C\n"), "t.lab, line 2: the end, 1 s, comes before the start, 2 s");
    assert_refused(PARSE("-1 1 C\n"), "t.lab, line 1 (-1 s, \"C\"): its time must be seconds, from 0");
    assert_refused(PARSE("0 1 Q\n", .kind = OTO_CHORDS), "line 1 (0 s, \"Q\"): this is not a chord");
    assert_refused(PARSE("0 1\n", .kind = OTO_NOTE_LABELS), "line 1: a note has start, end and frequency");
    assert_refused(PARSE("nan\n"), "a number that is infinite or NaN");
    assert_refused(PARSE("# nothing\n\n"), "t.lab has no labels in it");
    assert_refused(oto_labels_parse("0 1\0", 4, "t.lab", (OtoLabelsLoad){0}), "t.lab has a zero byte at 3");
    assert_refused(oto_labels_load("/nowhere/a.lab"), "/nowhere/a.lab: No such file or directory");
    assert_refused(oto_labels_load("/tmp"), "/tmp is a folder");
    assert_refused(oto_labels_load("/dev/null"), "/dev/null is empty");
    assert_refused(PARSE_JAMS("{"), "t.jams, line 1, column 1: this is not JSON");
    assert_refused(PARSE_JAMS("{\"a\": 1}"), "t.jams is JSON, but no JAMS");
    assert_refused(PARSE_JAMS("{\"annotations\": [{\"namespace\": \"beat\", \"data\": [{\"value\": 1}]}]}"),
                   "t.jams, observation 0 of \"beat\" has no time");
    assert_refused(PARSE_JAMS("{\"annotations\": [{\"namespace\": \"mood_thayer\"}]}"), "it holds: mood_thayer");
    assert_refused(oto_labels(OTO_CHORDS, {0, 1, "Q"}), "\"Q\" is no chord");
    assert_refused(oto_labels(OTO_ONSETS, {.time = -1}), "label 0 has -1 as its time");
}

static void labels_become_tensors_and_notes(void **state) {
    OtoLabels *beats = oto_labels_from_times(OTO_BEATS, oto_tensor(0.5, 1, 1.5));
    assert_int_equal(beats->count, 3);
    assert_float_equal(oto_at(oto_label_times(beats), 2), 1.5, 1e-6);
    OtoNotes *notes = oto_notes({0, 1, 60}, {1, 0.5, 64});
    OtoNotes *again = oto_label_notes(oto_labels_from_notes(notes));
    assert_float_equal(again->notes[1].pitch, 64, 0);
    assert_refused(oto_label_notes(beats), "labels are beats, but must be notes");
    OtoTensor *roll = oto_chord_roll(oto_labels(OTO_CHORDS, {0, 1, "C"}, {1, 1, "N"}), .frame_rate = 4);
    assert_string_equal(oto_shape_quoted(roll), "(pitch class 12, time 8)");
    assert_float_equal(oto_at(roll, 7, 3), 1, 0);
    assert_float_equal(oto_at(roll, 7, 4), 0, 0);
    char *text = oto_labels_text(oto_labels(OTO_CHORDS, {0, 2, "A:min"}));
    assert_string_equal(text, "1 chords, 0 to 2 s\n      time s  duration s  label\n       0.000       2.000  A:min\n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chords_are_what_mir_eval_says),
        cmocka_unit_test(a_chord_is_named_again),
        cmocka_unit_test(what_is_no_chord_is_refused),
        cmocka_unit_test(text_files),
        cmocka_unit_test(jams_files),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(broken_files_are_named_with_the_line),
        cmocka_unit_test(labels_become_tensors_and_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
