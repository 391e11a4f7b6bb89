/* Chords, keys and sections against a reference: agreement with mir_eval (tests/golden/make_annotations.py), and what
 * must hold by definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/metrics/harmony.h"
#include "lib/metrics/segments.h"

#include <unistd.h>

enum { NAME_SIZE = 200 };

/* One side of a case; without a file it is empty. */
static OtoLabels *side(const char *name, const char *which, OtoLabelKind kind) {
    char path[NAME_SIZE];
    snprintf(path, sizeof path, "tests/golden/annotations/%s.%s.lab", name, which);
    return access(path, R_OK) ? oto_labels_from(kind, NULL, 0) : oto_labels_load(path, .kind = kind);
}

static void assert_numbers(const char *function, const char *name, const char *detail, OtoTensor *numbers) {
    char whole[NAME_SIZE];
    snprintf(whole, sizeof whole, "%s%s", name, detail);
    assert_agrees("annotations", function, whole, numbers, 1e-7);
}

/* ---- agreement ---- */

static void chord_scores_agree(void **state) {
    const char *names[] = {"chords",        "simple chords",    "identical chords", "one chord", "chords within",
                           "chords beyond", "chords with gaps", "split chords",     "no chords", "all unknown"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        OtoChordScore s =
            oto_chord_score(side(names[i], "reference", OTO_CHORDS), side(names[i], "estimated", OTO_CHORDS));
        assert_numbers("oto_chord_score", names[i], "",
                       oto_tensor(s.root, s.mirex, s.thirds, s.thirds_inv, s.triads, s.triads_inv, s.tetrads,
                                  s.tetrads_inv, s.majmin, s.majmin_inv, s.sevenths, s.sevenths_inv, s.underseg,
                                  s.overseg, s.seg));
    }
}

static void extended_chords_agree(void **state) {
    const char *names[] = {"C:9",      "D:min11",      "E:maj13",    "F:13",       "G:min9",
                           "A:maj(9)", "B:min(b13)/5", "Eb:minmaj7", "C:7(#11,*5)"};
    enum { COUNT = sizeof names / sizeof *names };
    OtoTensor *rows = oto_zeros(COUNT, 14);
    for (int i = 0; i < COUNT; i++) {
        OtoChord chord = oto_chord_extended(names[i]);
        oto_at(rows, i, 0) = (float)chord.root;
        for (int k = 0; k < 12; k++) oto_at(rows, i, 1 + k) = chord.notes[(chord.root + k) % 12];
        oto_at(rows, i, 13) = (float)((chord.bass - chord.root + 12) % 12);
    }
    assert_agrees("annotations", "oto_chord_extended", "names", rows, 0);
}

static void key_scores_agree(void **state) {
    OtoTensor *scores = oto_zeros(24, 24);
    for (int r = 0; r < 24; r++)
        for (int e = 0; e < 24; e++)
            oto_at(scores, r, e) = (float)oto_key_score((OtoKey){r % 12, r >= 12}, (OtoKey){e % 12, e >= 12});
    assert_agrees("annotations", "oto_key_score", "all pairs", scores, 1e-7);
}

static const char *const section_cases[] = {"sections",         "identical sections", "one section",
                                            "one against many", "many against one",   "late sections",
                                            "long sections",    "sections with gaps", "reference begins late",
                                            "no sections",      "changes on frames"};
enum { SECTION_CASES = sizeof section_cases / sizeof *section_cases };

static void boundary_scores_agree(void **state) {
    for (int i = 0; i < SECTION_CASES; i++) {
        const char *name = section_cases[i], *me = "oto_boundary_score";
        OtoLabels *r = side(name, "reference", OTO_SECTIONS), *e = side(name, "estimated", OTO_SECTIONS);
        OtoBoundaryScore near = oto_boundary_score(r, e), wide = oto_boundary_score(r, e, .window = 3),
                         inner = oto_boundary_score(r, e, .trim = true), recall = oto_boundary_score(r, e, .beta = 2);
        assert_numbers(me, name, "", oto_tensor(near.precision, near.recall, near.f));
        assert_numbers(me, name, ", 3 s", oto_tensor(wide.precision, wide.recall, wide.f));
        assert_numbers(me, name, ", trimmed", oto_tensor(inner.precision, inner.recall, inner.f));
        assert_numbers(me, name, ", beta 2", oto_tensor(recall.precision, recall.recall, recall.f));
        assert_numbers(me, name, ", deviation", oto_tensor(near.reference_to_estimated, near.estimated_to_reference));
        assert_numbers(me, name, ", deviation, trimmed",
                       oto_tensor(inner.reference_to_estimated, inner.estimated_to_reference));
    }
}

static OtoTensor *numbers_of(OtoSegmentScore s) {
    return oto_tensor(s.pairwise_precision, s.pairwise_recall, s.pairwise_f, s.rand_index, s.adjusted_rand_index,
                      s.mutual_information, s.adjusted_mutual_information, s.normalised_mutual_information, s.nce_over,
                      s.nce_under, s.nce_f, s.v_precision, s.v_recall, s.v_f);
}

static void segment_scores_agree(void **state) {
    for (int i = 0; i < SECTION_CASES; i++) {
        const char *name = section_cases[i], *me = "oto_segment_score";
        OtoLabels *r = side(name, "reference", OTO_SECTIONS), *e = side(name, "estimated", OTO_SECTIONS);
        assert_numbers(me, name, "", numbers_of(oto_segment_score(r, e)));
        assert_numbers(me, name, ", coarse", numbers_of(oto_segment_score(r, e, .frame_size = 0.25, .beta = 2)));
    }
}

/* ---- what must hold by definition ---- */

static void an_empty_reference_scores_nothing(void **state) {
    OtoLabels *none = oto_labels_from(OTO_CHORDS, NULL, 0), *chords = oto_labels(OTO_CHORDS, {0, 2, "C"});
    assert_float_equal(oto_chord_score(none, chords).root, 0, 0);
    assert_float_equal(oto_chord_score(none, none).seg, 0, 0);
    assert_float_equal(oto_boundary_score(none, chords).f, 0, 0);
    assert_true(isnan(oto_boundary_score(none, chords).reference_to_estimated));
    assert_float_equal(oto_segment_score(none, chords).rand_index, 0, 0);
}

static void chords_without_duration_are_left_out(void **state) {
    OtoLabels *reference = oto_labels(OTO_CHORDS, {0, 2, "C"}, {2, 0, "F"}, {2, 2, "G"});
    OtoLabels *estimated = oto_labels(OTO_CHORDS, {0, 2, "C"}, {2, 2, "G"}, {4, 0, "N"});
    assert_float_equal(oto_chord_score(reference, estimated).tetrads, 1, 0);
    assert_float_equal(oto_chord_score(reference, estimated).seg, 1, 0);
}

static void a_ninth_counts_for_the_change_but_not_for_the_chord(void **state) {
    OtoLabels *reference = oto_labels(OTO_CHORDS, {0, 2, "C:7"}, {2, 2, "C:9"});
    OtoLabels *estimated = oto_labels(OTO_CHORDS, {0, 4, "C:7"});
    OtoChordScore score = oto_chord_score(reference, estimated);
    assert_float_equal(score.tetrads, 1, 0);
    assert_float_equal(score.underseg, 0.5, 0);
    assert_float_equal(score.overseg, 1, 0);
}

static void an_inversion_counts_where_it_is_asked_for(void **state) {
    OtoLabels *reference = oto_labels(OTO_CHORDS, {0, 2, "C/3"}), *estimated = oto_labels(OTO_CHORDS, {0, 2, "C"});
    OtoChordScore score = oto_chord_score(reference, estimated);
    assert_float_equal(score.triads, 1, 0);
    assert_float_equal(score.triads_inv, 0, 0);
}

static void names_of_sections_do_not_matter(void **state) {
    OtoLabels *reference = oto_labels(OTO_SECTIONS, {0, 10, "verse"}, {10, 10, "chorus"}, {20, 10, "VERSE"});
    OtoLabels *estimated = oto_labels(OTO_SECTIONS, {0, 10, "A"}, {10, 10, "B"}, {20, 10, "a"});
    OtoSegmentScore score = oto_segment_score(reference, estimated);
    assert_float_equal(score.pairwise_f, 1, 0);
    assert_float_equal(score.adjusted_rand_index, 1, 0);
    assert_float_equal(score.v_f, 1, 1e-12);
}

/* In double precision, 0.3 + (0.9 - 0.3) is more than 0.9. */
static void sections_that_touch_do_not_overlap(void **state) {
    OtoLabels *sections = oto_labels(OTO_SECTIONS, {0, 0.3, "A"}, {0.3, 0.9 - 0.3, "B"}, {0.9, 1, "A"});
    assert_int_equal(oto_boundary_score(sections, sections).matched, 4);
}

static void misuse_is_refused(void **state) {
    OtoLabels *chords = oto_labels(OTO_CHORDS, {0, 2, "C"}), *sections = oto_labels(OTO_SECTIONS, {0, 2, "verse"});
    OtoLabels *overlapping = oto_labels(OTO_CHORDS, {0, 2, "C"}, {1.5, 2, "G"});
    assert_refused(oto_chord_score(chords, overlapping),
                   "estimated has \"C\" until 2 s, but \"G\" (label 1) begins at 1.5 s");
    assert_refused(oto_chord_score(overlapping, chords), "reference has");
    assert_refused(oto_chord_score(sections, chords), "reference holds sections; it must be chords");
    assert_refused(oto_boundary_score(sections, oto_labels(OTO_ONSETS, {1})), "estimated holds onsets");
    assert_refused(oto_boundary_score(sections, sections, .window = -1), "window is -1");
    assert_refused(oto_boundary_score(sections, sections, .beta = NAN), "beta is nan");
    assert_refused(oto_segment_score(sections, NULL), "estimated");
    assert_refused(oto_segment_score(sections, sections, .frame_size = 0), "frame_size is 0");
    assert_refused(oto_segment_score(sections, sections, .frame_size = 3), "the reference ends at 2 s");
    assert_refused(oto_key_score((OtoKey){12, false}, oto_key("C")), "reference.tonic is 12");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chord_scores_agree),
        cmocka_unit_test(extended_chords_agree),
        cmocka_unit_test(key_scores_agree),
        cmocka_unit_test(boundary_scores_agree),
        cmocka_unit_test(segment_scores_agree),
        cmocka_unit_test(an_empty_reference_scores_nothing),
        cmocka_unit_test(chords_without_duration_are_left_out),
        cmocka_unit_test(a_ninth_counts_for_the_change_but_not_for_the_chord),
        cmocka_unit_test(an_inversion_counts_where_it_is_asked_for),
        cmocka_unit_test(names_of_sections_do_not_matter),
        cmocka_unit_test(sections_that_touch_do_not_overlap),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
