/* Scores: what MusicXML and ABC say, repeats and upbeats, how a score sounds, and each way in which a file is broken.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/score/score.h"

#define ABC(text, ...) oto_abc_parse(text, strlen(text), "t.abc", __VA_ARGS__)
#define XML(text, ...) oto_musicxml_parse(text, strlen(text), "t.xml", __VA_ARGS__)
/* A MusicXML score of one part with these measures. */
#define PART(measures)                                                                                                 \
    "<score-partwise><part-list><score-part id='P'><part-name>X</part-name></score-part></part-list><part "            \
    "id='P'>" measures "</part></score-partwise>"
#define NOTE(step, octave, duration)                                                                                   \
    "<note><pitch><step>" step "</step><octave>" octave "</octave></pitch><duration>" duration "</duration></note>"

/* "C4 E4 G4": the notes by their spelling; '+' joins what begins together. */
static const char *melody(OtoScore *score) {
    static char text[1000];
    size_t at = 0;
    for (int64_t i = 0; i < score->count && at < sizeof text - 20; i++) {
        const OtoScoreNote *note = &score->notes[i];
        const char *gap = i == 0 ? "" : note->quarter == score->notes[i - 1].quarter ? "+" : " ";
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", gap, oto_score_spelling(note));
    }
    text[at] = '\0';
    return text;
}

static void parts_are_played_in_the_order_of_the_header(void **state) {
    static const char tune[] = "X:1\nP:A2(BA)2\nL:1/1\nK:C\nP:A\nC|D|\nP:B\n|:E:|\n";
    assert_string_equal(melody(ABC(tune)), "C4 D4 C4 D4 E4 E4 C4 D4 E4 E4 C4 D4");
    assert_string_equal(melody(ABC(tune, .repeats = false)), "C4 D4 E4");
    assert_string_equal(melody(ABC("X:1\nP:BA\nL:1/1\nK:C\nG|\nP:A\nC|\nP:B\nE|\n")), "G4 E4 C4");
    assert_string_equal(melody(ABC("X:1\nP:AB\nL:1/1\nK:C\nC|D|\n")), "C4 D4");
    assert_refused(ABC("X:1\nP:AC\nL:1/1\nK:C\nP:A\nC|\n"), "none of them begins with P:C");
    assert_refused(ABC("X:1\nP:(A\nL:1/1\nK:C\nP:A\nC|\n"), "this bracket of P: has no )");
    assert_refused(ABC("X:1\nP:A)\nL:1/1\nK:C\nP:A\nC|\n"), "P: has a ) without its (");
    assert_refused(ABC("X:1\nP:((A99)99)99\nL:1/1\nK:C\nP:A\nC|\n"), "P: plays more than 4096 parts");
}

static void repeats_and_voltas_are_played(void **state) {
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\n|:C|1 D:|2 E||F|\n")), "C4 D4 C4 E4 F4");
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\n|:C|1,2 D:|3 E|]\n")), "C4 D4 C4 D4 C4 E4");
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\nC::D:|\n")), "C4 C4 D4 D4");
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\n|:C::D|E:|\n")), "C4 C4 D4 E4 D4 E4");
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\n|:C|1 D:|2 E|]\n", .repeats = false)), "C4 D4 E4");
}

static void da_capo_dal_segno_coda_and_fine(void **state) {
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\nC!fine!|D!D.C.!|\n")), "C4 D4 C4");
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\nC|!segno!D!dacoda!|E!D.S.!|!coda!F|\n")), "C4 D4 E4 D4 F4");
    assert_string_equal(melody(ABC("X:1\nL:1/1\nK:C\n|:C|1 D:|2 E|]F!D.C.!|\n")), "C4 D4 C4 E4 F4 C4 E4 F4");
    assert_string_equal(melody(XML(PART("<measure>" NOTE("C", "4", "4") "<sound fine='yes'/></measure><measure>" NOTE(
                            "D", "4", "4") "<sound dacapo='yes'/></measure>"))),
                        "C4 D4 C4");
}

static void lengths_of_abc(void **state) {
    OtoScore *score = ABC("X:1\nM:4/4\nL:1/8\nK:C\nC D2 E/ F// G3/2 A>B c<<d|(3efg (2ab z2|\n");
    const double durations[] = {0.5,   1,     0.25,   0.125,  0.75,   0.75, 0.25,
                                0.125, 0.875, 1 / 3., 1 / 3., 1 / 3., 0.75, 0.75};
    assert_int_equal(score->count, 14);
    for (int i = 0; i < 14; i++) assert_float_equal(score->notes[i].duration, durations[i], 1e-9);
}

static void accidentals_last_for_a_bar_and_over_ties(void **state) {
    assert_string_equal(melody(ABC("X:1\nK:D\n^G G c =c c|G c f|\n")), "G#4 G#4 C#5 C5 C5 G4 C#5 F#5");
    OtoScore *tied = ABC("X:1\nL:1/4\nM:2/4\nK:C\nC ^F-|F F|\n");
    assert_string_equal(melody(tied), "C4 F#4 F4");
    assert_float_equal(tied->notes[1].duration, 2, 1e-9);
}

static void keys_and_modes(void **state) {
    const char *const keys[][2] = {{"K:Am", "A minor"},   {"K:Ddor", "C major"},
                                   {"K:Bb", "Bb major"},  {"K:F# minor", "F# minor"},
                                   {"K:Gmix", "C major"}, {"K:Eb Major clef=bass", "Eb major"}};
    for (int i = 0; i < 6; i++) {
        char text[100];
        snprintf(text, sizeof text, "X:1\n%s\nC|\n", keys[i][0]);
        assert_string_equal(oto_key_name(ABC(text)->timeline.keys[0].key), keys[i][1]);
    }
}

static void voices_and_tunes_of_abc(void **state) {
    const char *file = "M:3/4\n\nX:1\nK:C\nC|\n\nX:7\nT:Two\nL:1/4\nK:C\nV:up name=\"Violin\"\nV:low clef=bass-8\n"
                       "[V:up]c d e|\n[V:low]C,3|\n";
    OtoScore *two = ABC(file, .tune = 7);
    assert_string_equal(two->title, "Two");
    assert_int_equal(two->part_count, 2);
    assert_string_equal(two->parts[0].name, "Violin");
    assert_string_equal(melody(two), "C5+C3 D5 E5");
    assert_float_equal(two->notes[1].pitch, 36, 0); /* an octave below what is written */
    assert_int_equal(two->timeline.meters[0].numerator, 3);
    assert_int_equal(ABC(file)->count, 1);
    assert_refused(ABC(file, .tune = 3), "t.abc has no tune X:3");
}

static void settings_of_a_voice_end_with_their_line(void **state) {
    assert_float_equal(ABC("X:1\nK:C transpose=-2\nC|\n")->notes[0].pitch, 58, 0);
    assert_float_equal(ABC("X:1\nK:C octave=+1\nC|\n")->notes[0].pitch, 72, 0);
    assert_float_equal(ABC("X:1\nK:C octave=\n2C|\n")->notes[0].pitch, 60, 0); /* 2 is no octave of K: */
    static const char text[] = {'X', ':', '1', '\n', 'K', ':', 'C', ' ', 'o', 'c', 't', 'a', 'v', 'e', '='};
    assert_int_equal(oto_abc_parse(text, sizeof text, "t.abc")->count, 0);
}

static void upbeats_are_bar_0(void **state) {
    OtoTimeline *timeline = &ABC("X:1\nM:3/4\nL:1/4\nQ:1/4=60\nK:C\nC|D E F|G A B|c2:|\n", .repeats = false)->timeline;
    assert_int_equal(oto_quarter_to_bar_beat(timeline, 0).bar, 0);
    assert_float_equal(oto_quarter_to_bar_beat(timeline, 0).beat, 3, 1e-9);
    assert_int_equal(oto_quarter_to_bar_beat(timeline, 4).bar, 2);
    OtoTensor *downbeats = oto_timeline_downbeats(timeline);
    assert_int_equal(downbeats->size, 3);
    assert_float_equal(oto_at(downbeats, 0), 1, 1e-6);
}

static void an_upbeat_that_is_repeated_goes_on_in_the_bar(void **state) {
    OtoTimeline *timeline = &ABC("X:1\nM:3/4\nL:1/4\nQ:1/4=60\nK:C\n|:C|D E F|G A:|\n")->timeline;
    OtoTensor *downbeats = oto_timeline_downbeats(timeline); /* C | D E F | G A C | D E F | G A */
    assert_int_equal(downbeats->size, 4);
    for (int i = 0; i < 4; i++) assert_float_equal(oto_at(downbeats, i), 1 + 3 * i, 1e-6);
}

static void tempo_changes_reach_the_seconds(void **state) {
    OtoNotes *notes = oto_score_notes(ABC("X:1\nM:2/4\nL:1/4\nQ:1/4=60\nK:C\nC D|[Q:1/4=120]E F|\n"));
    assert_float_equal(notes->notes[2].onset, 2, 1e-9);
    assert_float_equal(notes->notes[3].onset, 2.5, 1e-9);
    OtoScore *xml = XML(PART(
        "<measure><direction><direction-type><metronome><beat-unit>half</beat-unit>"
        "<per-minute>c. 60</per-minute></metronome></direction-type></direction>" NOTE("C", "4", "1") "</measure>"));
    assert_float_equal(xml->timeline.tempos[0].bpm, 120, 1e-9);
}

static void grace_notes_sound_before_their_note(void **state) {
    OtoScore *score = ABC("X:1\nM:4/4\nL:1/4\nQ:1/4=60\nK:C\nC {de}f2 z|\n");
    assert_true(score->notes[1].grace);
    assert_float_equal(score->notes[1].duration, 0, 0);
    OtoNotes *notes = oto_score_notes(score);
    assert_float_equal(notes->notes[1].onset, 0.75, 1e-9);
    assert_float_equal(notes->notes[2].onset, 0.875, 1e-9);
    assert_float_equal(notes->notes[3].onset, 1, 1e-9);
    assert_float_equal(oto_score_notes(ABC("X:1\nL:1/4\nQ:1/4=60\nK:C\n{d}C|\n"))->notes[1].onset, 0.125, 1e-9);
}

static void transposing_instruments_drums_and_microtones(void **state) {
    OtoScore *horn = XML(PART("<measure><attributes><transpose><chromatic>-7</chromatic></transpose></attributes>" NOTE(
        "C", "5", "1") "</measure>"));
    assert_float_equal(horn->notes[0].pitch, 65, 0);
    assert_int_equal(horn->notes[0].step, 'C');
    OtoScore *quarter_tone = XML(PART("<measure><note><pitch><step>A</step><alter>0.5</alter><octave>4</octave></pitch>"
                                      "<duration>1</duration></note></measure>"));
    assert_float_equal(quarter_tone->notes[0].pitch, 69.5, 1e-9);
    OtoScore *drum = XML("<score-partwise><part-list><score-part id='P'><midi-instrument id='S'><midi-unpitched>39"
                         "</midi-unpitched></midi-instrument></score-part></part-list><part id='P'><measure><note>"
                         "<unpitched/><duration>1</duration><instrument id='S'/></note></measure></part>"
                         "</score-partwise>");
    assert_float_equal(drum->notes[0].pitch, 38, 0);
    assert_int_equal(drum->parts[0].channel, 9);
}

static void rests_do_not_make_a_measure_longer_than_its_bar(void **state) {
    OtoScore *score = XML(PART("<measure>" NOTE(
        "C", "4", "2") "<note><rest/><duration>4</duration></note></measure>"
                       "<measure>" NOTE("D", "4", "5") "</measure><measure>" NOTE("E", "4", "4") "</measure>"));
    assert_float_equal(score->notes[1].quarter, 4, 1e-9);
    assert_float_equal(score->notes[2].quarter, 9, 1e-9); /* but notes do */
}

static void a_timewise_score_and_a_zipped_one(void **state) {
    OtoScore *score =
        XML("<score-timewise><part-list><score-part id='A'/><score-part id='B'/></part-list><measure>"
            "<part id='A'>" NOTE("C", "4", "1") "</part><part id='B'>" NOTE(
                "E", "4", "1") "</part></measure>"
                               "<measure><part id='A'>" NOTE("D", "4", "1") "</part></measure></score-timewise>");
    assert_string_equal(melody(score), "C4+E4 D4");
    OtoScore *plain = oto_score_load("tests/golden/scores/orchestra.musicxml");
    OtoScore *zipped = oto_score_load("tests/golden/scores/orchestra.mxl");
    assert_int_equal(zipped->count, plain->count);
    assert_string_equal(zipped->title, "Upbeat");
}

static void a_score_as_text(void **state) {
    char *text = oto_score_text(ABC("X:1\nT:Scale\nM:2/4\nL:1/4\nK:G\nG F|\n"));
    assert_string_equal(text, "score, 1 part, 2 notes, 1 bars of 2/4, G major, 120 bpm, \"Scale\", from t.abc\n"
                              "   bar   beat  quarters  pitch  part\n"
                              "     1      1         1     G4     0\n"
                              "     1      2         1    F#4     0\n");
    free(text);
}

static void broken_scores_are_named_with_the_line(void **state) {
    assert_refused(ABC("X:1\nK:C\nC ^ D|\n"), "t.abc, line 3, column 3: there must be a note");
    assert_refused(ABC("X:1\nK:C\n[CE\n"), "line 3, column 1: this chord has no ]");
    assert_refused(ABC("X:1\nK:C\n{CE\n"), "these grace notes have no }");
    assert_refused(ABC("X:1\nK:C\n\"Am\n"), "this text has no closing \"");
    assert_refused(ABC("X:1\nK:C\nC/0|\n"), "a length is divided by 0");
    assert_refused(ABC("X:1\nM:0/4\nK:C\n"), "M: must be a meter");
    assert_refused(ABC("X:1\nL:x\nK:C\n"), "L: must be a length");
    assert_refused(ABC("X:1\nK:7\nC|\n"), "K: must be a key");
    assert_refused(ABC("X:1\nC D E|\n"), "t.abc has no K: field");
    assert_refused(XML("<score-partwise><part-list>"), "t.xml, line 1: this is not well-formed XML");
    assert_refused(XML("<html/>"), "this is XML, but no MusicXML score");
    assert_refused(XML("<score-partwise/>"), "there is no <part-list>");
    assert_refused(XML("<score-partwise><part-list/></score-partwise>"), "t.xml has no parts");
    assert_refused(XML(PART("<measure><note><pitch><step>H</step></pitch><duration>1</duration></note></measure>")),
                   "the step of a pitch must be A to G");
    assert_refused(XML(PART("<measure>" NOTE("C", "4", "x") "</measure>")), "<duration> is not a number");
    assert_refused(XML(PART("<measure>\n" NOTE("C", "11", "1") "</measure>")), "line 2: a pitch lies outside MIDI's");
    assert_refused(XML(PART("<measure><attributes><divisions>0</divisions></attributes></measure>")),
                   "<divisions> must be positive");
    assert_refused(oto_score_load("/nowhere/a.xml"), "/nowhere/a.xml: No such file or directory");
    assert_refused(oto_score_load("tests/golden/scores/changes.mid"), "does not end in .musicxml, .xml, .mxl or .abc");
}

static void a_score_that_would_never_end_is_refused(void **state) {
    char *text = malloc(1 << 20), *at = text + sprintf(text, "X:1\nL:1/8\nK:C\n");
    for (int i = 0; i < 2000; i++) at += sprintf(at, ":::::::::::::::::::::::::::::::|Z999Z999Z999Z999\n|:C");
    assert_refused(oto_abc_parse(text, strlen(text), "t.abc"), "t.abc has more than 1048576 measures");
    free(text);
    assert_refused(
        XML("<!DOCTYPE a [<!ENTITY x 'aaaaaaaaaa'><!ENTITY y '&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;'>]><score-partwise>"
            "<part-list><score-part id='&y;'/></part-list></score-partwise>junk"),
        "not well-formed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_played_in_the_order_of_the_header),
        cmocka_unit_test(repeats_and_voltas_are_played),
        cmocka_unit_test(da_capo_dal_segno_coda_and_fine),
        cmocka_unit_test(lengths_of_abc),
        cmocka_unit_test(accidentals_last_for_a_bar_and_over_ties),
        cmocka_unit_test(keys_and_modes),
        cmocka_unit_test(voices_and_tunes_of_abc),
        cmocka_unit_test(settings_of_a_voice_end_with_their_line),
        cmocka_unit_test(upbeats_are_bar_0),
        cmocka_unit_test(an_upbeat_that_is_repeated_goes_on_in_the_bar),
        cmocka_unit_test(tempo_changes_reach_the_seconds),
        cmocka_unit_test(grace_notes_sound_before_their_note),
        cmocka_unit_test(transposing_instruments_drums_and_microtones),
        cmocka_unit_test(rests_do_not_make_a_measure_longer_than_its_bar),
        cmocka_unit_test(a_timewise_score_and_a_zipped_one),
        cmocka_unit_test(a_score_as_text),
        cmocka_unit_test(broken_scores_are_named_with_the_line),
        cmocka_unit_test(a_score_that_would_never_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
