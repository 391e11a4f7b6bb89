/* Files of notes beside what pretty_midi and music21 read in them. */
#include <stdlib.h>
#include <unistd.h>

#include "golden.h"

#include "lib/midi/midi.h"
#include "lib/music/key.h"
#include "lib/music/piano_roll.h"
#include "lib/score/score.h"
#include "lib/tensor/arithmetic.h"

static const char *const midi_files[][2] = {{"trio", "data/songs/trio.mid"},
                                            {"changes", "tests/golden/scores/changes.mid"}};
enum { MIDI_FILES = sizeof midi_files / sizeof *midi_files };

static void notes_of_midi_files(void **state) {
    for (int i = 0; i < MIDI_FILES; i++) {
        OtoTensor *notes = oto_notes_tensor(oto_midi_notes(oto_midi_load(midi_files[i][1])));
        assert_agrees("symbolic", "oto_midi_notes", midi_files[i][0], oto_slice(notes, "field", 0, 4), 1e-6);
    }
}

static void beats_and_downbeats(void **state) {
    for (int i = 0; i < MIDI_FILES; i++) {
        OtoMidi *midi = oto_midi_load(midi_files[i][1]);
        assert_agrees("symbolic", "oto_timeline_beats", midi_files[i][0], oto_timeline_beats(&midi->timeline), 1e-6);
        assert_agrees("symbolic", "oto_timeline_downbeats", midi_files[i][0], oto_timeline_downbeats(&midi->timeline),
                      1e-6);
    }
}

static void tempo_changes(void **state) {
    const char *cases[] = {"trio_tempos", "changes_tempos"};
    for (int i = 0; i < MIDI_FILES; i++) {
        OtoTimeline *timeline = &oto_midi_load(midi_files[i][1])->timeline;
        OtoTensor *tempos = oto_zeros(timeline->tempo_count, 2);
        for (int64_t t = 0; t < timeline->tempo_count; t++) {
            oto_at(tempos, t, 0) = (float)timeline->tempos[t].seconds;
            oto_at(tempos, t, 1) = (float)timeline->tempos[t].bpm;
        }
        assert_agrees("symbolic", "oto_midi_load", cases[i], tempos, 1e-6);
    }
}

static void ticks_in_seconds(void **state) {
    for (int i = 0; i < MIDI_FILES; i++) {
        OtoMidi *midi = oto_midi_load(midi_files[i][1]);
        OtoTensor *seconds = oto_zeros(28);
        for (int k = 0; k < 28; k++) {
            oto_at(seconds, k) = (float)oto_tick_to_seconds(midi, 37 * k);
            assert_int_equal(oto_seconds_to_tick(midi, oto_tick_to_seconds(midi, 37 * k)), 37 * k);
        }
        assert_agrees("symbolic", "oto_tick_to_seconds", midi_files[i][0], seconds, 1e-6);
    }
}

static void piano_rolls(void **state) {
    for (int i = 0; i < MIDI_FILES; i++) {
        OtoNotes *notes = oto_midi_notes(oto_midi_load(midi_files[i][1]));
        OtoTensor *roll = oto_piano_roll(notes, .frame_rate = 20, .velocity = true, .percussion = false);
        struct golden_entry golden = golden_of("symbolic", "oto_piano_roll", midi_files[i][0]);
        roll = oto_slice(oto_slice(roll, "pitch", 36, 88), "time", 0, golden.shape[1]); /* pretty_midi's is cut */
        golden_free(&golden);
        assert_agrees("symbolic", "oto_piano_roll", midi_files[i][0], roll, 1e-6);
    }
}

static int by_quarter_and_pitch(const void *a, const void *b) {
    const OtoScoreNote *x = a, *y = b;
    if (x->quarter != y->quarter) return x->quarter < y->quarter ? -1 : 1;
    if (x->pitch != y->pitch) return x->pitch < y->pitch ? -1 : 1;
    return (x->duration > y->duration) - (x->duration < y->duration);
}

/* (note, 3): quarter, duration, pitch, without grace notes. */
static OtoTensor *rows_of(OtoScore *score) {
    int64_t count = 0;
    for (int64_t i = 0; i < score->count; i++)
        if (!score->notes[i].grace) score->notes[count++] = score->notes[i];
    qsort(score->notes, (size_t)count, sizeof *score->notes, by_quarter_and_pitch);
    OtoTensor *rows = oto_zeros(count, 3);
    for (int64_t i = 0; i < count; i++) {
        oto_at(rows, i, 0) = (float)score->notes[i].quarter;
        oto_at(rows, i, 1) = (float)score->notes[i].duration;
        oto_at(rows, i, 2) = (float)score->notes[i].pitch;
    }
    return rows;
}

static void scores(void **state) {
    const char *names[] = {"orchestra.musicxml", "tune.abc"};
    for (int i = 0; i < 2; i++) {
        char path[100], written[100], played[100];
        snprintf(path, sizeof path, "tests/golden/scores/%s", names[i]);
        snprintf(written, sizeof written, "%s_written", names[i]);
        snprintf(played, sizeof played, "%s_played", names[i]);
        assert_agrees("symbolic", "oto_score_load", written, rows_of(oto_score_load(path, .repeats = false)), 1e-6);
        assert_agrees("symbolic", "oto_score_load", played, rows_of(oto_score_load(path)), 1e-6);
    }
}

static void keys(void **state) {
    OtoKey key = oto_estimate_key(oto_midi_notes(oto_midi_load("data/melodies/sakura.mid")));
    assert_agrees("symbolic", "oto_estimate_key", "sakura", oto_tensor(key.tonic, key.minor), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_of_midi_files),
        cmocka_unit_test(beats_and_downbeats),
        cmocka_unit_test(tempo_changes),
        cmocka_unit_test(ticks_in_seconds),
        cmocka_unit_test(piano_rolls),
        cmocka_unit_test(scores),
        cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
