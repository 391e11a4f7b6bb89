/* Every kind of check beyond plain values: what the solution and an answer show to it, and what becomes of that. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/check/compare.h"
#include "lib/oto.h"
#include "lib/record/record.h"
#include "japanese.h"
#include "refusal.h"

static FILE *host;

static int attach(void **state) {
    host = tmpfile();
    if (host) oto_host_attach(fileno(host));
    return host ? setenv("OTO_GRADING", "1", 1) : -1;
}
static int detach(void **state) {
    oto_host_attach(-1);
    unsetenv("OTO_GRADING");
    return fclose(host);
}

/* What the last check sent. */
static struct oto_record sent(void) {
    struct oto_record record = {0};
    lseek(fileno(host), 0, SEEK_SET);
    assert_int_equal(oto_record_receive(fileno(host), &record), 1);
    assert_int_equal(record.kind, OTO_RECORD_OBSERVATION);
    assert_int_equal(ftruncate(fileno(host), 0), 0);
    lseek(fileno(host), 0, SEEK_SET);
    return record;
}
#define SEEN(check)                                                                                                    \
    ({                                                                                                                 \
        oto_scope check;                                                                                               \
        sent();                                                                                                        \
    })

/* Kinds of which a failure was seen, and read in Japanese. */
static bool failed[OTO_CHECK_KINDS];

static void note_failure(const struct oto_record *expected, const struct oto_verdict *verdict) {
    struct oto_observation view;
    const char *why;
    assert_true(oto_observation_read(&view, expected, &why));
    failed[view.kind] = true;
    assert_has_japanese(verdict->message);
}

/* Compares, frees both, and expects this share and this text in the message. */
static void expect(struct oto_record expected, struct oto_record observed, double score, const char *says) {
    struct oto_verdict verdict = oto_compare(&expected, &observed);
    assert_non_null(verdict.message);
    assert_false(verdict.broken);
    if (!strstr(verdict.message, says)) fail_msg("\"%s\" says nothing of \"%s\"", verdict.message, says);
    if (!(fabs(verdict.score - score) < 1e-6)) fail_msg("earned %g: %s", verdict.score, verdict.message);
    assert_int_equal(verdict.passed, score == 1);
    if (!verdict.passed) note_failure(&expected, &verdict);
    oto_verdict_free(&verdict);
    oto_record_free(&expected);
    oto_record_free(&observed);
}

static OtoTensor *matrix(int64_t rows, int64_t columns, const float *values) {
    return oto_from(values, rows, columns);
}

/* ---- right in more than one way ---- */

static struct oto_record components(const float values[6], bool any_gain) {
    return SEEN(oto_check_permutation("W", matrix(2, 3, values), .any_gain = any_gain));
}

static void rows_may_come_in_any_order(void **state) {
    static const float want[] = {1, 2, 3, 4, 5, 7}, swapped[] = {4, 5, 7, 1, 2, 3}, twice[] = {4, 5, 7, 4, 5, 7};
    static const float scaled[] = {8, 10, 14, 0.5f, 1, 1.5f}, turned[] = {-4, -5, -7, 1, 2, 3};
    static const float broken[] = {4, 5, NAN, 1, 2, 3};
    expect(components(want, false), components(swapped, false), 1, "all 2 rows agree");
    expect(components(want, false), components(twice, false), 0, "1 of 2 rows have no counterpart in yours");
    expect(components(want, false), components(scaled, false), 0, "the first is [0]");
    expect(components(want, true), components(scaled, false), 1, "in some order");
    expect(components(want, true), components(turned, true), 0, "the first is [1]");
    expect(components(want, true), components(broken, true), 0, "no counterpart");
    expect(components(want, false), SEEN(oto_check_permutation("W", matrix(3, 2, want))), 0, "got (3, 2)");
    expect(components(want, false), SEEN(oto_check_permutation("W", NULL)), 0, "the tensor is NULL");
}

static struct oto_record labels(const int64_t values[5]) {
    return SEEN(oto_check_permutation("k-means", oto_from(values, 5)));
}

static void clusters_may_have_any_names(void **state) {
    static const int64_t want[] = {0, 0, 1, 2, 1}, renamed[] = {7, 7, -3, INT64_MAX, -3};
    static const int64_t parted[] = {0, 3, 1, 2, 1}, merged[] = {0, 0, 1, 1, 1};
    expect(labels(want), labels(renamed), 1, "the same clusters of 5");
    expect(labels(want), labels(parted), 0, "[0] and [1] belong to one cluster, but are apart in yours");
    expect(labels(want), labels(merged), 0, "[2] and [3] belong to two clusters, but are together in yours");
    static const float rows[] = {0, 0, 1, 2, 1};
    expect(labels(want), SEEN(oto_check_permutation("k-means", matrix(1, 5, rows))), 0, "got");
}

static struct oto_record direction(const float values[6], bool any_gain) {
    return SEEN(oto_check_direction("PCA", matrix(2, 3, values), .any_gain = any_gain));
}

static void a_direction_may_have_either_sign(void **state) {
    static const float want[] = {0.6f, 0.8f, 0, 0, 0, 1}, turned[] = {-0.6f, -0.8f, 0, 0, 0, 1};
    static const float wrong[] = {0.6f, -0.8f, 0, 0, 0, -1}, longer[] = {-6, -8, 0, 0, 0, 3}, nothing[6] = {0};
    expect(direction(want, false), direction(turned, false), 1, "the same directions, but for the sign");
    expect(direction(want, false), direction(wrong, false), 0,
           "1 of 2 directions differ, but for the sign; worst at [0, ");
    expect(direction(want, false), direction(longer, false), 0, "2 of 2");
    expect(direction(want, true), direction(longer, true), 1, "but for a factor");
    expect(direction(want, true), direction(nothing, true), 0, "2 of 2");
}

static struct oto_record alignment(const int64_t *cells, int64_t count) {
    static const float costs[] = {0, 1, 5, 1, 0, 1, 5, 1, 0};
    return SEEN(oto_check_path("DTW", oto_from(cells, count, 2), matrix(3, 3, costs)));
}

static void another_path_of_equal_cost_is_right(void **state) {
    static const int64_t straight[] = {0, 0, 1, 1, 2, 2}, detour[] = {0, 0, 0, 1, 1, 1, 2, 2};
    static const int64_t jump[] = {0, 0, 2, 2}, back[] = {0, 0, 1, 1, 0, 0, 1, 1, 2, 2}, early[] = {0, 0, 1, 1};
    static const int64_t outside[] = {0, 0, 1, 1, 2, INT64_MIN};
    expect(alignment(straight, 3), alignment(straight, 3), 1, "a path of cost 0");
    expect(alignment(straight, 3), alignment(detour, 4), 0, "a valid path, but of cost 1: one of 0 exists");
    expect(alignment(detour, 4), alignment(straight, 3), 1, "cost 0");
    expect(alignment(straight, 3), alignment(jump, 2), 0, "step 1, (2, 2), cannot be reached");
    expect(alignment(straight, 3), alignment(back, 5), 0, "step 2, (0, 0), cannot be reached");
    expect(alignment(straight, 3), alignment(early, 2), 0, "the path must end at (2, 2), but is at (1, 1)");
    expect(alignment(straight, 3), alignment(outside, 3), 0, "outside the table");
    expect(alignment(straight, 3), alignment(straight, 0), 0, "0 steps");
}

static struct oto_record route(const int64_t *nodes, int64_t count, float last) {
    float edges[16] = {0, 1, 1, INFINITY, INFINITY, 0, INFINITY, 2, INFINITY, INFINITY, 0, last, 0, 0, 0, 0};
    return SEEN(oto_check_path("graph", oto_from(nodes, count), matrix(4, 4, edges)));
}

static void the_costs_of_a_path_are_the_solutions(void **state) {
    static const int64_t upper[] = {0, 1, 3}, lower[] = {0, 2, 3}, through_nothing[] = {0, 3};
    expect(route(upper, 3, 2), route(lower, 3, 2), 1, "cost 3");
    expect(route(upper, 3, 2), route(lower, 3, 9), 1, "cost 3"); /* what the answer sends of costs counts for nothing */
    expect(route(upper, 3, 9), route(lower, 3, 2), 0, "of cost 10: one of 3 exists");
    expect(route(upper, 3, 2), route(through_nothing, 2, 2), 0, "step 1, 3, has no edge");
}

static struct oto_record draws(int64_t count, double from, double spread, uint64_t seed) {
    float *x = malloc((size_t)count * sizeof *x);
    oto_seed(seed);
    for (int64_t i = 0; i < count; i++) x[i] = (float)(from + spread * oto_uniform());
    struct oto_record record = SEEN(oto_check_distribution("noise", x, count));
    free(x);
    return record;
}

static void samples_of_one_distribution_pass_and_of_another_fail(void **state) {
    for (uint64_t seed = 1; seed <= 20; seed++)
        expect(draws(2000, 0, 1, 0), draws(2000, 0, 1, seed), 1, "the same distribution, as far as 2000 samples tell");
    expect(draws(2000, 0, 1, 0), draws(2000, 0.3, 1, 1), 0, "another distribution");
    expect(draws(2000, 0, 1, 0), draws(2000, -1, 2, 1), 0, "expected");
    expect(draws(2000, 0, 1, 0), draws(2000, 0, 0, 1), 0, "but for one run in 1e+06");
    expect(draws(2000, 0, 1, 0), draws(100, 0, 1, 1), 0, "expected 2000 samples, got 100");
    expect(draws(2000, 0, 1, 0), draws(2000, (double)NAN, 1, 1), 0, "[0] is NaN");
    expect(draws(2000, 0, 1, 0), draws(2000, (double)INFINITY, 1, 1), 0, "another distribution");
}

static struct oto_record spectrum(float second, double full_at) {
    const float values[] = {1, second, 0};
    return SEEN(oto_check_spectrum("S", oto_from(values, 3), .at_most = 6, .full_at = full_at));
}

static void a_spectrum_is_as_right_as_its_distance_in_db_is_small(void **state) {
    expect(spectrum(0.5f, 1), spectrum(0.5f, 1), 1, "0 dB");
    expect(spectrum(0.5f, 1), spectrum(0.55f, 1), 1, "0.585 dB");
    /* 6.02 dB in one of two elements that are not silent: sqrt(6.02^2 / 2) = 4.257 of 1 ... 6 dB */
    expect(spectrum(0.5f, 1), spectrum(1, 1), (6 - 20 * log10(2) / sqrt(2)) / 5, "34 % of the points: all at 1 dB");
    expect(spectrum(0.5f, 1), spectrum(0, 1), 0, "6 dB allowed; worst at [1]: expected 0.5, got 0");
    expect(spectrum(0.5f, 1), spectrum(NAN, 1), 0, "[1] is NaN");
}

/* One line among many bins, and nothing else. */
static struct oto_record line(int bin, float height) {
    OtoTensor *x = oto_zeros(32769);
    oto_at(x, bin) = height;
    struct oto_record record = SEEN(oto_check_spectrum("line", x));
    oto_free(x);
    return record;
}

static void silence_around_a_line_makes_no_error_smaller(void **state) {
    expect(line(440, 1), line(440, 1.1f), 1, "0.828 dB");
    expect(line(440, 1), line(440, 0), 0, "80 dB from the expected spectrum, 1 dB allowed; worst at [440]");
    expect(line(440, 1), line(441, 1), 0, "80 dB from");
    expect(line(440, 0), line(440, 0), 1, "0 dB");
    expect(line(440, 0), line(440, 1), 0, "allowed");
}

/* ---- what was heard ---- */

static struct oto_record onsets(const double *times, int64_t count) {
    return SEEN(oto_check_onsets("drums", times, count, .at_least = 0.5, .full_at = 0.9));
}

static void onsets_earn_by_their_f_measure(void **state) {
    static const double want[] = {0.5, 1, 1.5, 2}, near[] = {0.46, 1.04, 1.5, 2}, half[] = {0.5, 1, 1.25, 1.75};
    static const double at_the_edge[] = {0.55, 1.05, 1.45, 2.05};
    static const double extra[] = {0.5, 1, 1.5, 2, 3, 4}, turned[] = {2, 1.5, 1, 0.5}, none[] = {NAN, -1};
    expect(onsets(want, 4), onsets(near, 4), 1, "F 1: of 4 onsets 4 found, 0 false");
    expect(onsets(want, 4), onsets(at_the_edge, 4), 1, "F 1: of 4 onsets 4 found, 0 false");
    expect(onsets(want, 4), onsets(half, 4), 0, "F 0.5: of 4 onsets 2 found, 2 false, 0 % ");
    expect(onsets(want, 4), onsets(extra, 6), 0.75, "F 0.8: of 4 onsets 4 found, 2 false, 75 % of the points");
    expect(onsets(want, 4), onsets(turned, 4), 0, "ascending");
    expect(onsets(want, 4), onsets(none, 2), 0, "[0] is NaN");
    expect(onsets(want, 4), onsets(want, 0), 0, "0.5 needed");
    expect(onsets(want, 0), onsets(want, 0), 0, "no onsets are expected, so that nothing can be scored");
}

static struct oto_record onsets_of(const char *name, const double *times, int64_t count) {
    return SEEN(oto_check_onsets(name, times, count));
}

static void a_flood_of_onsets_is_not_looked_at(void **state) {
    enum { MANY = 200000 };
    double *flood = malloc(MANY * sizeof *flood);
    for (int i = 0; i < MANY; i++) flood[i] = 1e-3 * i;
    expect(onsets(flood, 10), onsets(flood, MANY), 0, "got 200000 onsets where there are 10");
    free(flood);
}

static struct oto_record beats(double first, double step, const char *metric) {
    double times[30];
    for (int i = 0; i < 30; i++) times[i] = first + step * i;
    return SEEN(oto_check_beats("song", times, 30, .metric = metric));
}

static void beats_are_scored_by_the_metric_of_the_exercise(void **state) {
    expect(beats(0.2, 0.5, "f"), beats(0.22, 0.5, "f"), 1, "the beat score f is 1");
    expect(beats(0.2, 0.5, "f"), beats(0.45, 0.5, "f"), 0,
           "0.8 needed; the beats are at half or double tempo, or off the beat");
    expect(beats(0.2, 0.5, "aml_t"), beats(0.45, 0.5, "f"), 1, "aml_t");
    expect(beats(0.2, 0.1, "f"), beats(0.2, 0.1, "f"), 0, "all expected beats lie in the first 5 s");
}

static void a_score_that_is_the_threshold_passes_whatever_rounding_did_to_it(void **state) {
    double want[20], got[20];
    for (int i = 0; i < 20; i++) {
        want[i] = 1 + i;
        got[i] = i < 7 ? 1 + i : 100 + i;
    }
    expect(SEEN(oto_check_onsets("half", want, 8, .at_least = 0.5)), onsets_of("half", got, 20), 1, "F 0.5: of 8");
    expect(SEEN(oto_check_onsets("more", want, 8, .at_least = 0.5001)), onsets_of("more", got, 20), 0,
           "F 0.5: of 8 onsets 7 found, 13 false, 0.5 needed; with more digits it is 0.5");
    expect(SEEN(oto_check_onsets("all", want, 8, .at_least = 0, .full_at = 0.501)), onsets_of("all", got, 20),
           0.5 / 0.501, "99 % of the points: all at 0.501");
}

static struct oto_record notes(double pitch, double duration, const char *metric) {
    return SEEN(oto_check_notes("melody", oto_notes({0, duration, 60}, {0.5, 0.5, pitch}), .metric = metric));
}

static void notes_need_onset_and_pitch_and_where_asked_their_end(void **state) {
    expect(notes(62, 0.5, NULL), notes(62, 0.2, NULL), 1, "F 1: of 2 notes 2 found");
    expect(notes(62, 0.5, "offset"), notes(62, 0.2, NULL), 0, "F 0.5");
    for (double seconds = 0.35; seconds < 0.7; seconds += 0.05) /* a fifth too long is still right */
        expect(notes(62, seconds, "offset"), notes(62, 1.2 * seconds, NULL), 1, "F 1");
    expect(notes(62, 0.5, NULL), notes(63, 0.5, NULL), 0, "2 notes 1 found, 1 false, 0.8 needed");
    expect(notes(62, 0.5, NULL), SEEN(oto_check_notes("melody", NULL)), 0, "it is NULL");
}

static struct oto_record chords(const char *second) {
    return SEEN(oto_check_chords("song", oto_labels(OTO_CHORDS, {0, 3, "C"}, {3, 1, second})));
}

static void chords_are_right_for_a_share_of_the_time(void **state) {
    expect(chords("A:min"), chords("A:min"), 1, "majmin right for 1 of the time");
    expect(chords("A:min"), chords("A"), 0, "majmin right for 0.75 of the time (the root for 1), 0.8 needed");
    expect(chords("A:min"), SEEN(oto_check_chords("song", oto_labels(OTO_SECTIONS, {0, 1, "verse"}))), 0,
           "these labels are no chords");
}

static struct oto_record melody(float hz) {
    return SEEN(oto_check_melody("voice", oto_tensor(0, 0.1, 0.2, 0.3), oto_tensor(440, hz, hz, hz)));
}

static void a_melody_is_right_frame_by_frame(void **state) {
    expect(melody(220), melody(222), 1, "the melody score overall is 1");
    expect(melody(220), melody(440), 0, "0.8 needed; many frames are an octave off");
    expect(melody(220), melody(INFINITY), 0, "inf");
    expect(melody(220), SEEN(oto_check_melody("voice", oto_tensor(0, 0.1), oto_tensor(440))), 0, "as many frequencies");
}

static struct oto_record rests_but_for(float hz) {
    OtoTensor *times = oto_arange(0, 1, 0.1), *x = oto_zeros(10);
    oto_at(x, 4) = hz;
    return SEEN(oto_check_melody("voice", times, x));
}

static void rests_alone_are_no_melody(void **state) {
    expect(rests_but_for(440), rests_but_for(440), 1, "overall is 1");
    expect(rests_but_for(440), rests_but_for(0), 0, "overall is 0, 0.8 needed; no frame is called voiced");
    expect(rests_but_for(0), rests_but_for(0), 1, "overall is 1");
}

static struct oto_record sources(float gain, float leak) {
    OtoTensor *x = oto_zeros(2, 1000);
    for (int n = 0; n < 1000; n++) {
        oto_at(x, 0, n) = gain * (sinf(0.1f * (float)n) + leak * sinf(0.37f * (float)n));
        oto_at(x, 1, n) = sinf(0.37f * (float)n);
    }
    struct oto_record record = SEEN(oto_check_separation("stems", x, .at_least = 10, .full_at = 50));
    oto_free(x);
    return record;
}

static void separated_sources_are_measured_in_db(void **state) {
    expect(sources(1, 0), sources(0.3f, 0), 1, "SI-SDR 100.00 dB");
    expect(sources(1, 0), sources(1, 0.001f), 1, "worst source [0]");
    expect(sources(1, 0), sources(0, 0), 0, "silent");
    expect(sources(1, 0), sources(NAN, 0), 0, "NaN");
}

static void a_perfect_source_is_no_excuse_for_the_others(void **state) {
    struct oto_record want = sources(1, 0), leaking = sources(1e-6f, 1e6f);
    struct oto_verdict verdict = oto_compare(&want, &leaking);
    assert_false(verdict.passed);
    oto_verdict_free(&verdict);
    oto_record_free(&want);
    oto_record_free(&leaking);
}

/* ---- what was learnt ---- */

static const float scores[] = {0.9f, 0.1f, 0.2f, 0.8f, 0.7f, 0.3f, 0.4f, 0.6f};

static struct oto_record predictions(const float values[8]) {
    return SEEN(oto_check_predictions("test set", matrix(4, 2, values), .at_least = 0.5, .full_at = 1));
}

static void predictions_without_a_truth_are_compared_with_the_solutions(void **state) {
    static const float one_wrong[] = {0.9f, 0.1f, 0.2f, 0.8f, 0.7f, 0.3f, 0.6f, 0.4f};
    static const float two_wrong[] = {0.9f, 0.1f, 0.2f, 0.8f, 0.3f, 0.7f, 0.6f, 0.4f};
    static const float broken[] = {0.9f, 0.1f, 0.2f, NAN, 0.7f, 0.3f, 0.4f, 0.6f};
    static const float certain[] = {0, -INFINITY, -INFINITY, 0, INFINITY, 0, -INFINITY, -2};
    static const int64_t classes[] = {0, 1, 0, 1};
    expect(predictions(scores), predictions(scores), 1, "accuracy 1 on 4 examples");
    expect(predictions(scores), predictions(one_wrong), 0.5,
           "accuracy 0.75 on 4 examples, 50 % of the points: all at 1");
    expect(predictions(scores), predictions(two_wrong), 0, "accuracy 0.5");
    expect(predictions(scores), predictions(broken), 0, "[1, 1] is NaN");
    expect(predictions(scores), predictions(certain), 1, "accuracy 1");
    expect(predictions(scores), SEEN(oto_check_predictions("test set", oto_from(classes, 4), .at_least = 0.5)), 1,
           "accuracy 1");
    expect(predictions(scores), SEEN(oto_check_predictions("test set", oto_from(classes, 3), .at_least = 0.5)), 0,
           "expected predictions for 4 examples, got 3");
}

/* As the grader makes it of a truth file: the same record with the truth for its data. */
static struct oto_record truth(const char *metric, const int64_t *values, size_t rank, const int64_t *shape,
                               double at_least, double at_most) {
    struct oto_observed truth = {.kind = OTO_CHECK_PREDICTIONS,
                                 .type = OTO_OBSERVED_INT64,
                                 .name = "test set",
                                 .metric = metric,
                                 .truth = "labels",
                                 .rank = rank,
                                 .shape = shape,
                                 .data = values,
                                 .at_least = at_least,
                                 .at_most = at_most,
                                 .full_at = (double)NAN,
                                 .weight = 1};
    struct oto_record record;
    oto_observation_write(&record, &truth);
    return record;
}

static void every_metric_of_predictions_is_computed_from_the_truth(void **state) {
    static const int64_t classes[] = {0, 1, 0, 1}, wrong[] = {1, 1, 0, 1}, marks[] = {1, 0, 0, 1, 1, 0, 0, 1};
    static const int64_t four = 4, four_by_two[] = {4, 2};
    const double none = (double)NAN;
    expect(truth("accuracy", wrong, 1, &four, 0.75, none), predictions(scores), 1, "accuracy 0.75");
    expect(truth("f1", classes, 1, &four, 1, none), predictions(scores), 1, "macro F1 1");
    expect(truth("perplexity", classes, 1, &four, none, 1.7), predictions(scores), 1, "perplexity 1.616");
    expect(truth("perplexity", wrong, 1, &four, none, 1.7), predictions(scores), 0, "1.7 allowed");
    expect(truth("auc", marks, 2, four_by_two, 1, none), predictions(scores), 1, "area under the ROC curve 1");
    expect(truth("average_precision", marks, 2, four_by_two, 1, none), predictions(scores), 1, "average precision 1");
    expect(truth("map", marks, 2, four_by_two, 1, none), predictions(scores), 1, "mean average precision 1");
    expect(truth("mrr", marks, 2, four_by_two, 1, none), predictions(scores), 1, "reciprocal rank 1");
    static const int64_t first[] = {1, 0, 1, 0, 1, 0, 1, 0};
    static const float equal[8] = {}, broken[] = {NAN, 0, NAN, 0, NAN, 0, NAN, 0};
    expect(truth("map", first, 2, four_by_two, 0.6, none), predictions(equal), 0, "mean average precision 0.5 on");
    expect(truth("mrr", first, 2, four_by_two, 0.8, none), predictions(equal), 0, "mean reciprocal rank 0.75 on");
    expect(truth("mrr", first, 2, four_by_two, 0.5, none), predictions(broken), 0, "[0, 0] is NaN");
    expect(truth("magic", classes, 1, &four, 1, none), predictions(scores), 0, "metric that does not exist");
    expect(truth("auc", classes, 1, &four, 1, none), predictions(scores), 0, "relevant is");
}

static struct oto_record losses(double change, int at) {
    double values[30];
    for (int i = 0; i < 30; i++) values[i] = exp(-0.1 * i) + (i == at ? change : 0);
    return SEEN(oto_check_trajectory("training", values, 30));
}

static void losses_are_compared_for_twenty_steps_with_growing_tolerance(void **state) {
    expect(losses(0, 0), losses(5, 25), 1, "all 20 steps agree");
    expect(losses(0, 0), losses(5, 7), 0, "step 7 is the first to differ: expected 0.4966, got 5.497");
    expect(losses(0, 0), losses(5, 0), 0, "step 0 is the first to differ");
    expect(losses(0, 0), losses(1e-4, 19), 1, "agree");
    expect(losses(0, 0), losses(1e-3, 1), 0, "step 1");
    expect(losses(0, 0), losses((double)NAN, 3), 0, "step 3");
    static const double few[] = {1, 0.9, 0.8};
    expect(losses(0, 0), SEEN(oto_check_trajectory("training", few, 3)), 0,
           "expected 20 elements, got 3; no more than the first 20 are looked at");
}

static float bowl(const float *x, float steepness) {
    return steepness * x[0] * x[0] + 3 * x[0] * x[1];
}

static struct oto_record gradient(float steepness, float first, float second) {
    float x[] = {0.5f, -2}, g[] = {first, second};
    struct oto_record record = SEEN(oto_check_gradient("bowl", g, 2, x, bowl(x, steepness)));
    assert_true(x[0] == 0.5f && x[1] == -2); /* put back as they were */
    return record;
}

static void a_gradient_is_compared_with_the_quotients_of_the_solution(void **state) {
    expect(gradient(1, -5, 1.5f), gradient(1, -5, 1.5f), 1, "all 2 components agree");
    expect(gradient(1, -5, 1.5f), gradient(1, -5, -1.5f), 0,
           "1 of 2 differ; worst at [1]: the difference quotient is 1.5");
    expect(gradient(1, -5, 1.5f), gradient(1, -5, -1.5f), 0, "your function itself is right");
    expect(gradient(1, -5, 1.5f), gradient(2, -4, 1.5f), 0, "it is the gradient of your own function");
    expect(gradient(1, -5, 1.5f), gradient(1, NAN, 1.5f), 0, "worst at [0]");
    float x[] = {0.5f, -2};
    expect(gradient(1, -5, 1.5f), SEEN(oto_check_gradient("bowl", (float *)NULL, 2, x, bowl(x, 1))), 0, "NULL");
}

/* ---- properties ---- */

static OtoTensor *smoothed(OtoTensor *x) {
    OtoTensor *y = oto_zeros(x->size);
    for (int64_t n = 0; n < x->size; n++)
        ((float *)y->data)[n] = 0.5f * ((float *)x->data)[n] + (n ? 0.5f * ((float *)x->data)[n - 1] : 0);
    return y;
}
static OtoTensor *smoothed_ahead(OtoTensor *x) {
    OtoTensor *y = oto_zeros(x->size);
    for (int64_t n = 0; n < x->size; n++)
        ((float *)y->data)[n] = ((float *)x->data)[n] + (n + 1 < x->size ? ((float *)x->data)[n + 1] : 0);
    return y;
}
static OtoTensor *squared(OtoTensor *x) {
    OtoTensor *y = oto_copy(x);
    for (int64_t n = 0; n < x->size; n++) ((float *)y->data)[n] *= ((float *)y->data)[n];
    return y;
}
static OtoTensor *faded(OtoTensor *x) {
    OtoTensor *y = oto_copy(x);
    for (int64_t n = 0; n < x->size; n++) ((float *)y->data)[n] *= (float)n;
    return y;
}
static OtoTensor *silenced(OtoTensor *x) {
    return oto_zeros(x->size);
}
static OtoTensor *broken(OtoTensor *x) {
    OtoTensor *y = oto_copy(x);
    oto_at(y, 0) = NAN;
    return y;
}
static OtoTensor *nothing(OtoTensor *x) {
    return NULL;
}
static OtoTensor *same(OtoTensor *x) {
    return oto_copy(x);
}

static OtoTensor *noise(void) {
    OtoTensor *x = oto_zeros(64);
    oto_seed(3);
    for (int64_t n = 0; n < 64; n++) ((float *)x->data)[n] = (float)(2 * oto_uniform() - 1);
    return x;
}
#define CAUSAL(f) SEEN(oto_check_causal("filter", f, noise()))
#define LINEAR(f) SEEN(oto_check_linear("filter", f, noise()))
#define INVARIANT(f) SEEN(oto_check_time_invariant("filter", f, noise()))
#define INVERSE(f) SEEN(oto_check_reconstruction("filter", f, noise()))

static void properties_hold_whatever_the_answer_is(void **state) {
    expect(CAUSAL(smoothed), CAUSAL(squared), 1, "it holds for all 32 values");
    expect(CAUSAL(smoothed), CAUSAL(smoothed_ahead), 0, "1 of 32 differ; worst at [31]");
    expect(LINEAR(smoothed), LINEAR(faded), 1, "it holds for all 64");
    expect(LINEAR(smoothed), LINEAR(squared), 0, "differ");
    expect(INVARIANT(smoothed), INVARIANT(squared), 1, "it holds for all 48");
    expect(INVARIANT(smoothed), INVARIANT(faded), 0, "differ");
    expect(INVERSE(same), INVERSE(same), 1, "it holds");
    expect(INVERSE(same), INVERSE(smoothed), 0, "should be");
    expect(LINEAR(smoothed), LINEAR(silenced), 0, "only because the answer is 0 everywhere");
    expect(LINEAR(smoothed), LINEAR(nothing), 0, "one side is NULL");
    expect(LINEAR(smoothed), LINEAR(broken), 0, "should be NaN, got NaN; NaN equals nothing");
}

static void what_must_come_out_again_is_the_solutions_input(void **state) {
    float ones[] = {1, 1}, twos[] = {2, 2};
    struct oto_record forged = SEEN(oto_check_property("filter", twos, twos, 2, .metric = "reconstruction"));
    struct oto_record own = SEEN(oto_check_property("filter", ones, ones, 2, .metric = "reconstruction"));
    expect(own, forged, 0, "should be 1, got 2");
}

/* ---- what it takes ---- */

static struct oto_record seconds(double least) {
    const double samples[] = {2 * least, least, 3 * least};
    const int64_t three = 3;
    struct oto_observed time = {.kind = OTO_CHECK_TIME,
                                .type = OTO_OBSERVED_FLOAT64,
                                .name = "time",
                                .rank = 1,
                                .shape = &three,
                                .data = samples,
                                .at_least = (double)NAN,
                                .at_most = 3,
                                .full_at = 2,
                                .weight = 1};
    struct oto_record record;
    oto_observation_write(&record, &time);
    return record;
}

static void the_least_time_counts_as_a_multiple_of_the_solutions(void **state) {
    expect(seconds(1e-3), seconds(2e-3), 1, "as fast as asked: at most 2 times the solution's processor time");
    expect(seconds(1e-3), seconds(2.5e-3), 0.5, "50 % of the points: all at 2 times the solution's processor time");
    expect(seconds(1e-3), seconds(4e-3), 0, "slower than asked, 3 times the solution's processor time allowed");
    expect(seconds(1e-3), seconds(-1), 0, "no time was measured");
    expect(seconds(1e-3), seconds(0), 0, "no time was measured");
    expect(seconds(1e-3), seconds((double)NAN), 0, "no time was measured");
}

static void times_of_one_verdict_are_told_in_the_same_words(void **state) {
    static const struct {
        double got, another;
        const char *measured;
    } pairs[] = {
        {2e-3, 0.5e-3, "2 ms of processor time, the solution takes 1 ms: 2.00 times as long"},
        {3.0001e-3, 4e-3, "3 ms of processor time, the solution takes 1 ms: 3.00 times as long"},
        {2.5e-3, 2.5e-3, "2.5 ms of processor time, the solution takes 1 ms: 2.50 times as long"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct oto_record want = seconds(1e-3), got = seconds(pairs[i].got), another = seconds(pairs[i].another);
        struct oto_verdict one = oto_compare(&want, &got), other = oto_compare(&want, &another);
        assert_true(one.score == other.score);
        assert_string_equal(one.message, other.message);
        assert_string_equal(one.figures, pairs[i].measured);
        oto_verdict_free(&one);
        oto_verdict_free(&other);
        oto_record_free(&want);
        oto_record_free(&got);
        oto_record_free(&another);
    }
}

static void a_call_is_timed_until_the_clock_can_tell(void **state) {
    volatile double sum = 0;
    struct oto_record record = SEEN(oto_check_time("time", sum += sqrt(2 + sum)));
    struct oto_observation view;
    const char *why;
    assert_true(oto_observation_read(&view, &record, &why));
    assert_int_equal(view.count, OTO_STOPWATCH_SAMPLES);
    for (size_t i = 0; i < view.count; i++)
        assert_true(oto_observation_real(&view, i) > 0 && oto_observation_real(&view, i) < 1e-3);
    assert_true(view.at_most == 3);
    oto_record_free(&record);
}

static void take(size_t bytes) {
    void *volatile block = malloc(bytes); /* volatile: or the compiler sees that nobody needs it */
    free(block);
}
static struct oto_record memory(size_t bytes) {
    return SEEN(oto_check_memory("memory", take(bytes)));
}

static void memory_counts_at_its_peak_and_by_what_is_left(void **state) {
    enum { MEBIBYTE = 1 << 20 };
    expect(memory(MEBIBYTE), memory(MEBIBYTE + 1000), 1, "1.001 MiB at most, the solution takes 1 MiB");
    expect(memory(MEBIBYTE), memory(3 * MEBIBYTE), 0, "2 times that allowed");
    expect(memory(10), memory(3000), 1, "2.93 KiB at most, the solution takes 10 bytes");
}

static struct oto_record bytes(int64_t most, int64_t left) {
    const int64_t values[] = {most, left}, two = 2;
    struct oto_observed observed = {.kind = OTO_CHECK_MEMORY,
                                    .type = OTO_OBSERVED_INT64,
                                    .name = "memory",
                                    .rank = 1,
                                    .shape = &two,
                                    .data = values,
                                    .at_least = (double)NAN,
                                    .at_most = 2,
                                    .full_at = (double)NAN,
                                    .weight = 1};
    struct oto_record record;
    oto_observation_write(&record, &observed);
    return record;
}

static void what_is_not_freed_fails(void **state) {
    expect(bytes(5000, 0), bytes(5000, 64), 0, "64 bytes are not freed, the solution leaves 0 bytes");
    expect(bytes(5000, 64), bytes(5000, 64), 1, "at most");
    expect(bytes(5000, 0), bytes(-5000, 0), 0, "no memory was measured");
    expect(bytes(5000, 0), bytes(5000, -1), 0, "no memory was measured");
    expect(bytes(5000, 1000), bytes(100, 200), 0, "no memory was measured");
}

/* ---- mistakes of the author ---- */

static void thresholds_that_cannot_be_are_refused(void **state) {
    const double times[] = {1, 2};
    assert_refused(oto_check_onsets("x", times, 2, .at_least = 0.9, .full_at = 0.5), "wrong side");
    assert_refused(oto_check_onsets("x", times, 2, .at_most = 0.9), ".at_most has no meaning here");
    assert_refused(oto_check_onsets("x", times, 2, .at_least = 0.1, .at_most = 0.9), "cannot both be given");
    assert_refused(oto_check_distribution("x", times, 2, .false_alarm = 0.05), "at most 1e-6");
    assert_refused(oto_check_predictions("x", oto_tensor(1, 2)), "needs .at_least");
    assert_refused(oto_check_predictions("x", oto_tensor(1, 2), .metric = "auc", .at_least = 1), "needs .truth");
    assert_refused(oto_check_predictions("x", oto_tensor(1, 2), .metric = "luck", .at_least = 1), "there are accuracy");
    assert_refused(oto_check_separation("x", oto_tensor(1, 2)), "needs .at_least");
}

static void options_that_a_kind_does_not_look_at_are_refused(void **state) {
    const double times[] = {1, 2};
    assert_refused(oto_check_close("x", 1, .at_least = 0.5), ".at_least has no meaning here");
    assert_refused(oto_check_close("x", 1, .truth = "labels"), ".truth has no meaning here");
    assert_refused(oto_check_array("x", times, 2, .any_gain = true), ".any_gain has no meaning here");
    assert_refused(oto_check_onsets("x", times, 2, .metric = "offset"), ".metric has no meaning here");
    assert_refused(oto_check_equal("x", 1, .atol = 1), ".atol has no meaning here");
    assert_refused(oto_check_close("x", 1, .snr_db = 60), ".snr_db has no meaning here");
    assert_refused(oto_check_array("x", times, 2, .align = 0.1), ".align has no meaning here");
    assert_refused(oto_check_beats("x", times, 2, .window = 0.05), ".window has no meaning here");
    assert_refused(oto_check_close("x", 1, .false_alarm = 1e-7), ".false_alarm has no meaning here");
    assert_refused(oto_check_close("x", 1, .rtol = -1), ".rtol is -1");
    assert_refused(oto_check_close("a\xff", 1), "name is no text in UTF-8 at byte 1");
    assert_refused(oto_check_close("a\nb", 1), "control character at byte 1");
    assert_refused(oto_check_close("x", 1, .hint = "\xe3\x81"), ".hint is no text in UTF-8 at byte 0");
    assert_refused(oto_check_close("x", 1, .forbid = "pow, sqrt()"), ".forbid has \"sqrt()\", which is no name");
    assert_refused(oto_check_close("x", 1, .require = "*"), ".require has \"*\"");
    assert_refused(oto_check_close("x", 1, .weight = -1), ".weight is -1");
    assert_refused(oto_check_beats("x", times, 2, .metric = "cml"), "\"cml\"; there are f, cemgil");
    assert_refused(oto_check_notes("x", NULL, .metric = "offsets"), "there are onset, offset");
    assert_refused(oto_check_chords("x", NULL, .metric = ""), "there are majmin");
    assert_refused(oto_check_melody("x", NULL, NULL, .metric = "pitch"), "there are overall");
    assert_refused(oto_check_shape("x", oto_tensor(1, 2), .full_at = 1), ".full_at has no meaning here");
}

/* test_compare.c has the others. */
static void every_kind_has_failed_above(void **state) {
    for (int kind = OTO_CHECK_PERMUTATION; kind < OTO_CHECK_KINDS; kind++)
        if (!failed[kind])
            fail_msg("no test sees a check of kind %s fail", oto_check_kind_name((enum oto_check_kind)kind));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_may_come_in_any_order),
        cmocka_unit_test(clusters_may_have_any_names),
        cmocka_unit_test(a_direction_may_have_either_sign),
        cmocka_unit_test(another_path_of_equal_cost_is_right),
        cmocka_unit_test(the_costs_of_a_path_are_the_solutions),
        cmocka_unit_test(samples_of_one_distribution_pass_and_of_another_fail),
        cmocka_unit_test(a_spectrum_is_as_right_as_its_distance_in_db_is_small),
        cmocka_unit_test(silence_around_a_line_makes_no_error_smaller),
        cmocka_unit_test(onsets_earn_by_their_f_measure),
        cmocka_unit_test(a_flood_of_onsets_is_not_looked_at),
        cmocka_unit_test(beats_are_scored_by_the_metric_of_the_exercise),
        cmocka_unit_test(a_score_that_is_the_threshold_passes_whatever_rounding_did_to_it),
        cmocka_unit_test(notes_need_onset_and_pitch_and_where_asked_their_end),
        cmocka_unit_test(chords_are_right_for_a_share_of_the_time),
        cmocka_unit_test(a_melody_is_right_frame_by_frame),
        cmocka_unit_test(rests_alone_are_no_melody),
        cmocka_unit_test(separated_sources_are_measured_in_db),
        cmocka_unit_test(a_perfect_source_is_no_excuse_for_the_others),
        cmocka_unit_test(predictions_without_a_truth_are_compared_with_the_solutions),
        cmocka_unit_test(every_metric_of_predictions_is_computed_from_the_truth),
        cmocka_unit_test(losses_are_compared_for_twenty_steps_with_growing_tolerance),
        cmocka_unit_test(a_gradient_is_compared_with_the_quotients_of_the_solution),
        cmocka_unit_test(properties_hold_whatever_the_answer_is),
        cmocka_unit_test(what_must_come_out_again_is_the_solutions_input),
        cmocka_unit_test(the_least_time_counts_as_a_multiple_of_the_solutions),
        cmocka_unit_test(times_of_one_verdict_are_told_in_the_same_words),
        cmocka_unit_test(a_call_is_timed_until_the_clock_can_tell),
        cmocka_unit_test(memory_counts_at_its_peak_and_by_what_is_left),
        cmocka_unit_test(what_is_not_freed_fails),
        cmocka_unit_test(thresholds_that_cannot_be_are_refused),
        cmocka_unit_test(options_that_a_kind_does_not_look_at_are_refused),
        cmocka_unit_test(every_kind_has_failed_above),
    };
    return cmocka_run_group_tests(tests, attach, detach);
}
