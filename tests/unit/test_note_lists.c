/* Lists of notes on their way into other forms and back: rolls, tensors, tables, grids, keys. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/io/notes_file.h"
#include "lib/io/table.h"
#include "lib/music/key.h"
#include "lib/music/piano_roll.h"
#include "lib/music/quantise.h"

static void assert_same_notes(OtoNotes *a, OtoNotes *b, double tolerance) {
    assert_int_equal(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++) {
        assert_float_equal(a->notes[i].onset, b->notes[i].onset, tolerance);
        assert_float_equal(a->notes[i].duration, b->notes[i].duration, tolerance);
        assert_float_equal(a->notes[i].pitch, b->notes[i].pitch, tolerance);
        assert_float_equal(a->notes[i].velocity, b->notes[i].velocity, tolerance);
    }
}

static OtoNotes *tune(void) {
    return oto_notes({0, 0.5, 60, 100}, {0, 0.25, 64, 1}, {0.5, 0.5, 62, 127}, {0.29, 0.01, 71, 64});
}

static void a_roll_gives_its_notes_back(void **state) {
    OtoTensor *roll = oto_piano_roll(tune(), .velocity = true);
    assert_float_equal(oto_at(roll, 71, 29), 64 / 127.0, 1e-6);
    assert_float_equal(oto_at(roll, 71, 30), 0, 0);
    assert_same_notes(oto_notes_from_roll(roll, .velocity = true), tune(), 1e-6);
}

static void rolls_of_other_shapes(void **state) {
    OtoTensor *roll = oto_zeros(88, 10);
    for (int t = 2; t < 7; t++) oto_at(roll, 39, t) = 0.7f;
    OtoTensor *onsets = oto_zeros(88, 10);
    oto_at(onsets, 39, 2) = oto_at(onsets, 39, 5) = 1;
    OtoNotes *notes = oto_notes_from_roll(roll, .lowest = 21, .frame_rate = 10, .threshold = 0.5, .onsets = onsets);
    assert_int_equal(notes->count, 2);
    assert_float_equal(notes->notes[0].pitch, 60, 0);
    assert_float_equal(notes->notes[1].onset, 0.5, 1e-9);
    assert_int_equal(oto_notes_from_roll(roll, .frame_rate = 10, .threshold = 0.8)->count, 0);
    assert_int_equal(oto_notes_from_roll(roll, .frame_rate = 10, .shortest = 0.6)->count, 0);
    assert_int_equal(
        oto_notes_from_roll(oto_piano_roll(oto_notes({0, 1, 36, .channel = 9}), .percussion = false))->count, 0);
    assert_refused(oto_notes_from_roll(oto_zeros(10)), "roll is (10), but must be (pitch, time)");
    assert_refused(oto_notes_from_roll(roll, .lowest = 60), "lowest + rows - 1 is 147");
    assert_refused(oto_notes_from_roll(roll, .onsets = oto_zeros(88, 9)), "onsets is (88, 9)");
    oto_at(roll, 3, 4) = NAN;
    assert_refused(oto_notes_from_roll(roll), "roll is NaN at pitch 3, frame 4");
}

static void a_list_as_a_tensor(void **state) {
    OtoTensor *x = oto_notes_tensor(tune());
    assert_string_equal(oto_shape_quoted(x), "(note 4, field 7)");
    assert_same_notes(oto_notes_from_tensor(x), tune(), 1e-6);
    assert_refused(oto_notes_from_tensor(oto_zeros(4, 2)), "x is (4, 2), but must be (note, field)");
    OtoTensor *bad = oto_zeros(1, 3);
    oto_at(bad, 0, 2) = 128;
    assert_refused(oto_notes_from_tensor(bad), "note 0 has 128 as its pitch");
}

static void a_list_as_a_table(void **state) {
    char csv[] = "/tmp/oto_test_notes_XXXXXX.csv", tsv[] = "/tmp/oto_test_notes_XXXXXX.tsv";
    close(mkstemps(csv, 4));
    close(mkstemps(tsv, 4));
    oto_notes_save(tune(), csv);
    oto_notes_save(tune(), tsv);
    assert_same_notes(oto_notes_load(csv), tune(), 1e-8);
    assert_same_notes(oto_notes_load(tsv), tune(), 1e-8);
    FILE *file = fopen(csv, "w");
    fputs("OnsetTime,OffsetTime,pitch\n0.5,1.5,C#4\n", file);
    fclose(file);
    assert_same_notes(oto_notes_load(csv), oto_notes({0.5, 1, 61}), 1e-9);
    file = fopen(csv, "w");
    fputs("onset,end,pitch\n1,0.5,60\n", file);
    fclose(file);
    assert_refused(oto_notes_load(csv), "line 2: 1 s, -0.5 s and pitch 60 are no note");
    file = fopen(csv, "w");
    fputs("a,b\n1,2\n", file);
    fclose(file);
    assert_refused(oto_notes_load(csv), "so it is no list of notes");
    unlink(csv);
    unlink(tsv);
    assert_refused((oto_notes_save(tune(), "/tmp/a.mid"), 0), "does not end in .csv, .tsv or .txt");
}

static void tables_with_quotes_and_gaps(void **state) {
    const char *text = "\xEF\xBB\xBF"
                       "name,note\r\n# a remark\r\n\"Bach, J. S.\",\"a \"\"fugue\"\"\r\nin two lines\"\r\n\r\nB\n";
    OtoTable *table = oto_table_parse(text, strlen(text), "t.csv", (OtoTableLoad){.header = true});
    assert_int_equal(table->rows, 2);
    assert_int_equal(oto_table_column(table, "NOTE"), 1);
    assert_string_equal(oto_table_cell(table, 0, 0), "Bach, J. S.");
    assert_string_equal(oto_table_cell(table, 0, 1), "a \"fugue\"\r\nin two lines");
    assert_string_equal(oto_table_cell(table, 1, 1), "");
    assert_int_equal(table->lines[1], 6);
    assert_refused(oto_table_number(table, 1, 0), "t.csv, line 6, column 1: \"B\" is not a number");
    assert_refused(oto_table_cell(table, 2, 0), "(2, 0) lies outside the 2 rows and 2 columns of t.csv");
    assert_refused(oto_table_parse("a,\"b\n", 5, "t.csv", (OtoTableLoad){0}),
                   "t.csv, line 1: a cell in quotes does not end");
    assert_refused(oto_table_load("/dev/null"), "/dev/null is empty");
    const char *spaces = "1.5  2 \n3 4\n";
    OtoTable *numbers = oto_table_parse(spaces, strlen(spaces), "t.txt", (OtoTableLoad){0});
    assert_int_equal(numbers->columns, 2);
    assert_float_equal(oto_table_number(numbers, 1, 1), 4, 0);
}

static void notes_move_onto_the_grid(void **state) {
    OtoNotes *played = oto_notes({0.02, 0.2, 60}, {0.27, 0.24, 62}, {0.49, 0.6, 64});
    OtoNotes *exact = oto_quantise_notes(played, .grid = 0.5); /* eighths at 120 bpm: 0.25 s */
    const double onsets[] = {0, 0.25, 0.5}, durations[] = {0.25, 0.25, 0.5};
    for (int i = 0; i < 3; i++) {
        assert_float_equal(exact->notes[i].onset, onsets[i], 1e-9);
        assert_float_equal(exact->notes[i].duration, durations[i], 1e-9);
    }
    assert_float_equal(oto_quantise_notes(played, .grid = 0.5, .strength = 0.5)->notes[1].onset, 0.26, 1e-9);
    assert_float_equal(oto_quantise_notes(played, .grid = 0.5, .ends = false)->notes[1].duration, 0.24, 1e-9);
    OtoNotes *swung = oto_quantise_notes(oto_notes({0.31, 0.1, 60}), .grid = 0.5, .swing = 2.0 / 3);
    assert_float_equal(swung->notes[0].onset, 1 / 3.0, 1e-9);
    assert_refused(oto_quantise_notes(played, .grid = 0), "grid is 0");
    assert_refused(oto_quantise_notes(played, .strength = 2), "strength is 2");
    assert_refused(oto_quantise_notes(played, .swing = 0.4), "swing is 0.4");
}

static void keys_by_name(void **state) {
    assert_string_equal(oto_key_name(oto_key("Eb:major")), "Eb major");
    assert_string_equal(oto_key_name(oto_key("f#m")), "F# minor");
    assert_int_equal(oto_key_fifths(oto_key("D")), 2);
    assert_int_equal(oto_key_fifths(oto_key("F minor")), -4);
    for (int fifths = -5; fifths <= 6; fifths++)
        for (int minor = 0; minor < 2; minor++)
            assert_int_equal(oto_key_fifths(oto_key_of_fifths(fifths, minor)), fifths);
    assert_refused(oto_key("H major"), "\"H major\" is not a key");
    assert_refused(oto_key_of_fifths(8, false), "fifths is 8");
}

static void a_key_is_heard(void **state) {
    OtoKey key = oto_estimate_key(oto_notes({0, 1, 69}, {1, 1, 71}, {2, 1, 72}, {3, 1, 76}, {4, 1, 68}, {5, 2, 69}));
    assert_string_equal(oto_key_name(key), "A minor");
    assert_refused(oto_estimate_key(oto_notes({0, 1, 36, .channel = 9})), "there are no notes with a pitch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_roll_gives_its_notes_back),
        cmocka_unit_test(rolls_of_other_shapes),
        cmocka_unit_test(a_list_as_a_tensor),
        cmocka_unit_test(a_list_as_a_table),
        cmocka_unit_test(tables_with_quotes_and_gaps),
        cmocka_unit_test(notes_move_onto_the_grid),
        cmocka_unit_test(keys_by_name),
        cmocka_unit_test(a_key_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
