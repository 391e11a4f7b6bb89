/* Metrics: agreement with mir_eval and scikit-learn (tests/golden/make_metrics.py), and what must hold by definition.
 */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h" /* with which a program sees all of the library at once */

static OtoTensor *input(const char *name) {
    return golden_tensor("metrics", name);
}

static OtoTensor *input_of(const char *kind, const char *name) {
    char text[100];
    snprintf(text, sizeof text, "%s %s", kind, name);
    return input(text);
}

static void assert_metric(const char *function, const char *name, OtoTensor *x) {
    assert_agrees("metrics", function, name, x, 1e-6);
}

/* ---- agreement ---- */

static void classification_agrees(void **state) {
    OtoTensor *labels = input("labels"), *predicted = input("predicted");
    assert_agrees_number("metrics", "oto_accuracy", "four classes", oto_accuracy(labels, predicted), 1e-7);
    assert_agrees("metrics", "oto_confusion_matrix", "with classes never true", oto_confusion_matrix(labels, predicted),
                  0);
    OtoReport report = oto_classification_report(labels, predicted);
    assert_metric("oto_classification_report", "precision", report.precision);
    assert_metric("oto_classification_report", "recall", report.recall);
    assert_metric("oto_classification_report", "f1", report.f1);
    assert_metric("oto_classification_report", "support", report.support);
    assert_metric("oto_classification_report", "means",
                  oto_tensor(report.macro_precision, report.macro_recall, report.macro_f1, report.weighted_f1));
    assert_float_equal(oto_macro_f1(labels, predicted), report.macro_f1, 0);
}

static void ranking_agrees(void **state) {
    OtoTensor *relevant = input("relevant"), *scores = input("scores");
    OtoRoc roc = oto_roc(relevant, scores);
    assert_metric("oto_roc", "false positive rate", roc.false_positive_rate);
    assert_metric("oto_roc", "true positive rate", roc.true_positive_rate);
    assert_agrees_number("metrics", "oto_roc_auc", "ties", roc.auc, 1e-7);
    OtoPrecisionRecall curve = oto_precision_recall(relevant, scores);
    assert_metric("oto_precision_recall", "precision", curve.precision);
    assert_metric("oto_precision_recall", "recall", curve.recall);
    assert_agrees_number("metrics", "oto_average_precision", "ties", curve.average_precision, 1e-7);
    OtoTensor *tags = input("tags"), *tag_scores = input("tag scores");
    assert_agrees_number("metrics", "oto_roc_auc", "three tags", oto_roc_auc(tags, tag_scores), 1e-7);
    assert_agrees_number("metrics", "oto_average_precision", "three tags", oto_average_precision(tags, tag_scores),
                         1e-7);
    OtoTensor *queries = oto_transpose(tags), *tied = input("tied scores");
    assert_agrees_number("metrics", "oto_mean_average_precision", "three queries",
                         oto_mean_average_precision(queries, oto_transpose(tag_scores)), 1e-7);
    assert_agrees_number("metrics", "oto_mean_average_precision", "three queries with ties",
                         oto_mean_average_precision(queries, oto_transpose(tied)), 1e-7);
}

static void onsets_agree(void **state) {
    OtoTensor *onsets = input("onsets"), *found = input("found onsets");
    OtoMatchScore near = oto_onset_score(onsets, found), wide = oto_onset_score(onsets, found, .window = 0.1);
    assert_metric("oto_onset_score", "window 0.05", oto_tensor(near.precision, near.recall, near.f));
    assert_metric("oto_onset_score", "window 0.1", oto_tensor(wide.precision, wide.recall, wide.f));
}

static void beats_agree(void **state) {
    const char *trackers[] = {"exact",   "near", "half tempo", "double tempo", "off the beat", "lost in the middle",
                              "one beat"};
    for (size_t i = 0; i < sizeof trackers / sizeof *trackers; i++) {
        OtoBeatScore s = oto_beat_score(input("beats"), input_of("beats", trackers[i]));
        OtoTensor *numbers =
            oto_tensor(s.f, s.cemgil, s.p_score, s.cml_c, s.cml_t, s.aml_c, s.aml_t, s.information_gain);
        assert_metric("oto_beat_score", trackers[i], numbers);
    }
}

static void tempi_and_alignments_agree(void **state) {
    const double reference[] = {60, 120}, both[] = {62, 119}, slow[] = {62, 180}, none[] = {80, 160};
    const struct {
        const char *name;
        const double *estimate;
    } cases[] = {{"both", both}, {"slow one", slow}, {"none", none}};
    for (int i = 0; i < 3; i++) {
        OtoTempoScore s = oto_tempo_score(reference, 0.3, cases[i].estimate);
        assert_metric("oto_tempo_score", cases[i].name, oto_tensor(s.p_score, s.one, s.both));
    }
    OtoAlignmentScore a = oto_alignment_score(input("onsets"), input("moved onsets"));
    assert_metric("oto_alignment_score", "moved", oto_tensor(a.median, a.mean, a.correct, a.overlap));
    assert_agrees_number("metrics", "oto_alignment_score", "perceptual", a.perceptual, 1e-7);
}

static void melodies_agree(void **state) {
    const char *names[] = {"same times", "octave up", "other times", "ends early"};
    for (int i = 0; i < 4; i++) {
        OtoMelodyScore s = oto_melody_score(input("melody times"), input("melody hz"),
                                            input_of("melody times", names[i]), input_of("melody hz", names[i]));
        assert_metric("oto_melody_score", names[i],
                      oto_tensor(s.voicing_recall, s.voicing_false_alarm, s.raw_pitch, s.raw_chroma, s.overall));
    }
}

static OtoNotes *notes_of(const char *name) {
    OtoTensor *rows = input(name);
    OtoNote notes[100];
    for (int64_t i = 0; i < rows->rows; i++)
        notes[i] = (OtoNote){(double)oto_at(rows, i, 0), (double)oto_at(rows, i, 1), (double)oto_at(rows, i, 2)};
    return oto_notes_from(notes, rows->rows);
}

static void notes_agree(void **state) {
    OtoNotes *reference = notes_of("notes"), *guess = notes_of("guessed notes");
    OtoNoteScore whole = oto_note_score(reference, guess), onsets = oto_note_score(reference, guess, .offset = false);
    assert_metric("oto_note_score", "with ends", oto_tensor(whole.precision, whole.recall, whole.f, whole.overlap));
    assert_metric("oto_note_score", "onsets only",
                  oto_tensor(onsets.precision, onsets.recall, onsets.f, onsets.overlap));
    OtoMultipitchScore s = oto_multipitch_score(input("roll"), input("guessed roll"));
    assert_metric("oto_multipitch_score", "rolls",
                  oto_tensor(s.precision, s.recall, s.accuracy, s.substitution, s.miss, s.false_alarm, s.total,
                             s.chroma_precision, s.chroma_recall, s.chroma_accuracy));
}

static void perplexity_agrees(void **state) {
    OtoTensor *logits = input("logits"), *targets = input("targets");
    assert_agrees_number("metrics", "oto_perplexity_of_logits", "with padding",
                         oto_perplexity_of_logits(logits, targets), 1e-7);
    for (int64_t i = 0; i < targets->size; i++)
        if (oto_data(targets)[i] == -100) oto_data(targets)[i] = 3;
    assert_agrees_number("metrics", "oto_perplexity_of_logits", "class 3 left out",
                         oto_perplexity_of_logits(logits, targets, .ignore_index = 3), 1e-7);
}

/* ---- what must hold by definition ---- */

static void scores_stand_for_classes(void **state) {
    OtoTensor *scores = oto_reshape(oto_tensor(0.1, 0.9, 0.8, 0.2, 0.4, 0.6), 3, 2);
    assert_float_equal(oto_accuracy(oto_tensor(1, 0, 0), scores), 2.0 / 3, 1e-12);
}

static void a_confusion_matrix_knows_its_classes(void **state) {
    OtoTensor *matrix = oto_confusion_matrix(oto_tensor(3, 7, 7), oto_tensor(3, 7, 3));
    assert_float_equal(oto_axis_at(matrix, 0, 1), 7, 0);
    assert_int_equal(oto_int_at(matrix, 1, 0), 1);
}

static void first_relevant_item_counts(void **state) {
    OtoTensor *relevant = oto_reshape(oto_tensor(0, 1, 0, 0, 0, 0), 2, 3);
    OtoTensor *scores = oto_reshape(oto_tensor(3, 2, 1, 3, 2, 1), 2, 3);
    assert_float_equal(oto_mean_reciprocal_rank(relevant, scores), 0.25, 1e-12);
    assert_float_equal(oto_mean_average_precision(relevant, scores), 0.25, 1e-12);
}

/* The mean reciprocal rank over every order in which the equal items of one query may stand. */
static double over_all_orders(OtoTensor *relevant, OtoTensor *scores, int64_t item, OtoTensor *order) {
    int64_t count = scores->size;
    if (item == count) return oto_mean_reciprocal_rank(relevant, oto_add(scores, order));
    double sum = 0;
    for (int64_t place = 0; place < count; place++) {
        bool taken = false;
        for (int64_t other = 0; other < item; other++) taken |= oto_at(order, 0, other) == 0.01f * (float)place;
        if (taken) continue;
        oto_at(order, 0, item) = 0.01f * (float)place;
        sum += over_all_orders(relevant, scores, item + 1, order);
    }
    return sum / (double)(count - item);
}

static void equal_scores_are_worth_what_a_random_order_of_them_is(void **state) {
    OtoTensor *one = oto_reshape(oto_tensor(1, 0, 0, 0), 1, 4), *two = oto_reshape(oto_tensor(0, 1, 1, 0, 0), 1, 5);
    assert_float_equal(oto_mean_reciprocal_rank(one, oto_zeros(1, 4)), (1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4) / 4, 1e-12);
    assert_float_equal(oto_mean_average_precision(one, oto_zeros(1, 4)), 0.25, 1e-12);
    static const float cases[][5] = {{0, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, {0, 1, 1, 0, 0},
                                     {1, 1, 0, 0, 1}, {2, 1, 1, 1, 0}, {5, 4, 3, 2, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) oto_scope {
            OtoTensor *scores = oto_from(cases[i], 1, 5);
            double expected = over_all_orders(two, scores, 0, oto_zeros(1, 5));
            assert_float_equal(oto_mean_reciprocal_rank(two, scores), expected, 1e-12);
        }
}

static void items_are_worth_the_same_wherever_they_stand(void **state) {
    OtoTensor *first = oto_reshape(oto_tensor(1, 1, 0, 0, 0, 0), 1, 6), *last = oto_flip(first, 1);
    OtoTensor *constant = oto_zeros(1, 6);
    assert_float_equal(oto_mean_reciprocal_rank(first, constant), oto_mean_reciprocal_rank(last, constant), 1e-12);
    assert_float_equal(oto_mean_average_precision(first, constant), oto_mean_average_precision(last, constant), 1e-12);
}

static void a_uniform_guess_has_its_number_as_perplexity(void **state) {
    OtoTensor *p = oto_add(oto_zeros(50), -log(8));
    assert_float_equal(oto_perplexity(p), 8, 1e-5);
}

static void large_logits_do_not_overflow(void **state) {
    OtoTensor *logits = oto_reshape(oto_tensor(1000, 1000, 1000, 1000, -INFINITY, -INFINITY), 2, 3);
    assert_float_equal(oto_perplexity_of_logits(logits, oto_tensor(0, 0)), sqrt(3), 1e-12);
    assert_true(isinf(oto_perplexity_of_logits(logits, oto_tensor(0, 1))));
}

static void beats_that_share_a_time_tell_nothing(void **state) {
    OtoTensor *beats = oto_arange(6, 30, 0.5), *heap = oto_zeros(20);
    for (int i = 0; i < 20; i++) oto_at(heap, i) = i < 19 ? 10 : 20;
    assert_float_equal(oto_beat_score(beats, heap).information_gain, 0, 0);
    assert_float_equal(oto_beat_score(heap, beats).information_gain, 0, 0);
}

static void the_same_events_are_perfect(void **state) {
    OtoTensor *beats = oto_arange(6, 30, 0.5);
    OtoBeatScore s = oto_beat_score(beats, beats);
    assert_float_equal(s.f, 1, 0);
    assert_float_equal(s.cml_c, 1, 0);
    assert_float_equal(s.information_gain, 1, 1e-12);
    assert_float_equal(oto_note_score(notes_of("notes"), notes_of("notes")).overlap, 1, 1e-12);
}

static void nothing_found_scores_nothing(void **state) {
    OtoTensor *none = oto_zeros(0), *beats = oto_arange(6, 30, 0.5);
    assert_float_equal(oto_onset_score(beats, none).f, 0, 0);
    assert_float_equal(oto_onset_score(none, beats).f, 0, 0);
    assert_float_equal(oto_beat_score(beats, none).f, 0, 0);
    assert_float_equal(oto_beat_score(none, none).cml_t, 0, 0);
    assert_float_equal(oto_note_score(notes_of("notes"), oto_notes_from(NULL, 0)).f, 0, 0);
    assert_float_equal(oto_melody_score(none, none, none, none).overall, 0, 0);
}

/* Two estimates, each near the same two references: a greedy choice would lose one. */
static void as_many_as_can_be_are_paired(void **state) {
    OtoNotes *reference = oto_notes({1.00, 1, 60}, {1.04, 1, 60});
    OtoNotes *estimated = oto_notes({0.97, 1, 60}, {1.03, 1, 60});
    assert_int_equal(oto_note_score(reference, estimated).matched, 2);
    OtoNotes *late = oto_notes({1.03, 1, 60}, {1.08, 1, 60});
    assert_int_equal(oto_note_score(reference, late).matched, 2);
}

static void misuse_is_refused(void **state) {
    OtoTensor *labels = input("labels"), *relevant = input("relevant");
    assert_refused(oto_accuracy(labels, oto_zeros(59)), "predicted is (59)");
    assert_refused(oto_accuracy(labels, oto_zeros(59, 4)), "one row of scores an example");
    assert_refused(oto_accuracy(oto_zeros(0), oto_zeros(0)), "labels is empty");
    assert_refused(oto_roc(oto_zeros(80), input("scores")), "all 0");
    assert_refused(oto_roc(oto_add(oto_zeros(80), 1), input("scores")), "all 1");
    assert_refused(oto_roc(oto_mul(relevant, 2), input("scores")), "it must be 0 or 1");
    assert_refused(oto_roc(relevant, oto_zeros(79)), "(example n)");
    assert_refused(oto_average_precision(oto_zeros(80), input("scores")), "without positives");
    assert_refused(oto_mean_reciprocal_rank(relevant, input("scores")), "(query n, item k)");
    assert_refused(oto_perplexity(oto_tensor(0.5)), "at most 0");
    OtoTensor *logits = oto_zeros(2, 3);
    assert_refused(oto_perplexity_of_logits(logits, oto_zeros(3)), "logits is (2, 3) and targets (3)");
    assert_refused(oto_perplexity_of_logits(logits, oto_tensor(1, 3)), "targets has 3 at element 1");
    assert_refused(oto_perplexity_of_logits(logits, oto_tensor(0.5, 1)), "targets has 0.5 at element 0");
    assert_refused(oto_perplexity_of_logits(logits, oto_tensor(-100, -100)), "which is left out");
    assert_refused(oto_perplexity_of_logits(oto_add(logits, NAN), oto_tensor(0, 1)), "logits has nan at element 0");
    assert_refused(oto_perplexity_of_logits(oto_sub(logits, INFINITY), oto_tensor(0, 1)), "for every class in row 0");
    assert_refused(oto_onset_score(oto_tensor(2, 1), oto_tensor(1)),
                   "reference has 1 s at 1, less than the one before");
    assert_refused(oto_onset_score(oto_tensor(-1, 1), oto_tensor(1)), "not negative");
    OtoTensor *frames = oto_tensor(10, 20), *samples = oto_tensor(1000, 2000);
    frames->quantity = OTO_FRAMES;
    samples->quantity = OTO_SAMPLES;
    assert_refused(oto_onset_score(oto_tensor(1), frames),
                   "estimated holds numbers of frames, but must hold times in s; oto_frames_to_time makes them");
    assert_refused(oto_beat_score(samples, oto_tensor(1)), "reference holds numbers of samples");
    assert_refused(oto_onset_score(oto_tensor(1), oto_tensor(1), .window = -1), "window is -1");
    assert_refused(oto_beat_score(oto_tensor(1), oto_tensor(NAN)), "estimated has nan");
    assert_refused(oto_alignment_score(oto_tensor(1, 2), oto_tensor(1)), "each needs its estimate");
    assert_refused(oto_alignment_score(oto_tensor(1, 1), oto_tensor(1, 1)), "two different times");
    assert_refused(oto_tempo_score((double[]){60, 120}, 2, (double[]){60, 120}), "weight is 2");
    assert_refused(oto_melody_score(oto_tensor(0, 1), oto_tensor(1), oto_tensor(0), oto_tensor(1)),
                   "each time needs one frequency");
    assert_refused(oto_multipitch_score(oto_zeros(128, 3), oto_zeros(128, 4)), "of one shape");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classification_agrees),
        cmocka_unit_test(ranking_agrees),
        cmocka_unit_test(onsets_agree),
        cmocka_unit_test(beats_agree),
        cmocka_unit_test(beats_that_share_a_time_tell_nothing),
        cmocka_unit_test(tempi_and_alignments_agree),
        cmocka_unit_test(melodies_agree),
        cmocka_unit_test(notes_agree),
        cmocka_unit_test(perplexity_agrees),
        cmocka_unit_test(scores_stand_for_classes),
        cmocka_unit_test(a_confusion_matrix_knows_its_classes),
        cmocka_unit_test(first_relevant_item_counts),
        cmocka_unit_test(equal_scores_are_worth_what_a_random_order_of_them_is),
        cmocka_unit_test(items_are_worth_the_same_wherever_they_stand),
        cmocka_unit_test(a_uniform_guess_has_its_number_as_perplexity),
        cmocka_unit_test(large_logits_do_not_overflow),
        cmocka_unit_test(the_same_events_are_perfect),
        cmocka_unit_test(nothing_found_scores_nothing),
        cmocka_unit_test(as_many_as_can_be_are_paired),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
