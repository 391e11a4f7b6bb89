/* compare: the trusted half of a check. What the solution observed against what was observed now.
 *
 * Pure functions over two records: no global state, no files; the scores of music and predictions are lib/metrics'. The
 * student's worker uses them for the green and red lines, the grader's trusted process for the score. The observed
 * record is hostile input: whatever is wrong with it makes a failed check with a message, never a crash. Kind,
 * tolerances, weight and hint are taken from the expected record only. NaN equals nothing, not even NaN.
 *
 *     close, array   |got - expected| <= atol + rtol |expected| for every element, and the same shape; integers with
 *                    both tolerances 0 are compared exactly; an infinity equals the same infinity.
 *                    (numpy.allclose, with equal_nan = False)
 *     equal          the same integer, the same text, or NULL where NULL was expected
 *     audio          SNR = 10 log10( sum expected^2 / sum (expected - a got[n + d])^2 ) >= snr_db, over all channels;
 *                    a = 1 unless .any_gain, d = 0 unless .align: then the d of the largest cross-correlation,
 *                    at which at least half of the expected energy must be compared.
 *                    Where only silence is expected, no sample may exceed -snr_db dBFS.
 *     shape          the same number of axes with the same lengths
 *     permutation    (row, column): each row agrees, as array does, with a row of its own, in any order;
 *                    .any_gain: up to a factor above 0. Whole numbers (n) are labels of clusters: the same partition.
 *     direction      (row, column): each row agrees with its own up to its sign; .any_gain: up to a factor
 *     gradient       (2, n): the answer's gradient; central differences of the answer's own function. The first agrees
 *                    with the second of the solution, its largest component as the scale: atol times that is forgiven.
 *     property       (2, ...): left and right side of an equation that the answer must keep, whatever else it does;
 *                    not all 0 where the solution's are not. metric "reconstruction": the right side is the solution's.
 *     trajectory     (step n): |got - expected| <= atol + rtol (1 + n) |expected|: rounding grows as training goes on
 *     path           (k) nodes or (k, 2) cells: from the same beginning to the same end, over steps of finite cost, at
 *                    no more than the cost of the solution's, by the solution's table. Cells move by (0,1), (1,0),
 *                    (1,1).
 *     distribution   samples: the largest distance of the two empirical distributions is at most
 *                    sqrt(log(4 / a) / 2n) + sqrt(log(4 / a) / 2m), which a right answer passes with probability 1 - a
 *                    (Massart 1990, for each of the two); a = .false_alarm, at most 1e-6
 *
 * Scored kinds earn nothing below .at_least, everything at .full_at, and linearly between (.full_at left out:
 * everything at .at_least); with .at_most less is better.
 *
 *     spectrum       root mean square of 20 log10(|got| / |expected|) dB, both not below 80 dB under the largest
 *                    expected, over the elements of which one is above that
 *     onsets, beats  F (events.h); beats, metric: "cemgil" "cml_t" "aml_t" ...
 *     notes          F with onset and pitch, metric "offset": with the ends too (pitch.h)
 *     chords         share of the time, metric "majmin" (harmony.h)
 *     melody         metric "overall" (pitch.h), of an answer without voiced frames 0 where a melody is expected
 *     separation     mean of SI-SDR over sources, dB (separation.h)
 *     predictions    metric: "accuracy" "f1" "auc" "average_precision" "map" "mrr" "perplexity"
 *     time           the smallest of the samples over the solution's; the message is the same for the same score
 *     memory         bytes (peak, left over): the peak over the solution's, and no more left over than the solution
 *                    leaves
 */
#ifndef OTO_COMPARE_H
#define OTO_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/check/observation.h"
#include "lib/record/record.h"

struct oto_verdict {
    bool passed;
    bool broken;   /* the expected record itself is unusable: the exercise is at fault, not the student */
    double score;  /* 0 to 1: the share of the check's weight that was earned */
    int64_t worst; /* flat index of the worst element of the expected array or signal, or -1 */
    char *message; /* one line of plain UTF-8 for the student, without control characters and without the hint; it may
                      hold text of the student's: escape it for HTML. NULL only when memory ran out. */
    char *figures; /* what a check of time measured, each time another figure: for a student's own notebook, and never
                       kept; NULL where there is none */
};

/* observed NULL: the check did not run. Release the verdict with oto_verdict_free. */
struct oto_verdict oto_compare(const struct oto_record *expected, const struct oto_record *observed);

/* Finds the observation of the expected one's name among count records and compares it. A name that is missing or
 * appears twice is a failed check; records that are no observations are passed over. */
struct oto_verdict oto_compare_among(const struct oto_record *expected, const struct oto_record *observed,
                                     size_t count);

void oto_verdict_free(struct oto_verdict *verdict);

/* The points of a cell: points * weight_passed / weight_total, 0 when the total is 0. */
double oto_cell_points(double points, double weight_passed, double weight_total);

/* Writes student text in double quotes, with control characters and invalid UTF-8 escaped, cut after limit bytes. */
void oto_quote(FILE *out, const char *text, size_t length, size_t limit);

/* The comparators themselves, over views already read; each writes its sentence to out and returns the share that was
 * earned. */
double oto_compare_permutation(FILE *out, const struct oto_observation *expected,
                               const struct oto_observation *observed, int64_t *worst);
double oto_compare_direction(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                             int64_t *worst);
double oto_compare_spectrum(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst);
double oto_compare_trajectory(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                              int64_t *worst);
double oto_compare_music(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed);
double oto_compare_separation(FILE *out, const struct oto_observation *expected,
                              const struct oto_observation *observed);
double oto_compare_predictions(FILE *out, const struct oto_observation *expected,
                               const struct oto_observation *observed);
double oto_compare_path(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                        int64_t *worst);
double oto_compare_distribution(FILE *out, const struct oto_observation *expected,
                                const struct oto_observation *observed);
double oto_compare_property(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst);
double oto_compare_gradient(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst);
double oto_compare_time(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed);
/* "2 ms of processor time, the solution takes 1 ms: 2.00 times as long", malloc'd; NULL where none was measured. */
char *oto_time_figures(const struct oto_observation *expected, const struct oto_observation *observed);
double oto_compare_memory(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed);
/* True when both shapes are one; otherwise false, with a sentence. */
bool oto_compare_shape(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed);
bool oto_same_shape(const struct oto_observation *a, const struct oto_observation *b);
/* How many tolerances lie between an expected number, real and imaginary, and what was got: at most 1 is close enough;
 * NaN anywhere is infinitely far. */
double oto_tolerances(const struct oto_observation *expected, double er, double ei, double gr, double gi);
/* The same for element i of both; whole numbers without a tolerance are compared exactly. */
double oto_badness(const struct oto_observation *expected, const struct oto_observation *observed, size_t i);
bool oto_compare_audio(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                       int64_t *worst);

/* The share that a value earns by the thresholds of the expected record; 0 for NaN. Writes what is missing to full
 * points:
 * ", 0.9 needed" or ", 62 % of the points: all at 0.9". format prints a double. */
double oto_earned(FILE *out, const struct oto_observation *expected, double value, const char *format);
/* A score in the making, by a metric of lib/metrics, which may refuse what it cannot score. */
struct oto_scoring {
    FILE *out;
    const struct oto_observation *expected, *observed;
    const char *metric; /* never NULL */
    double score;
    const char *remark; /* what may be the matter, said behind the score; or NULL */
};
/* Lets score(scoring) write its sentence and set the score; the share that this earns. A refusal earns nothing, and its
 * words are said. Tensors that score makes are freed. */
double oto_score(struct oto_scoring *scoring, void (*score)(void *scoring), const char *format);
/* Writes at most limit bytes of text, what is not printable ASCII as '?'. */
void oto_write_plainly(FILE *out, const char *text, size_t limit);
/* Where one simple mistake explains every difference (a constant factor, a shift, reversal), says so. */
void oto_diagnose_array(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed);
/* Two numbers with as few digits as show that they differ: "expected 0.7071, got 0.5". */
void oto_write_pair(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                    size_t i);
/* One element, with precision significant digits (17 is enough for any double). */
void oto_write_element(FILE *out, const struct oto_observation *observation, size_t i, int precision);
void oto_write_real(FILE *out, double value, int precision); /* NaN is always written so */
/* A flat index as the exercise's reader counts: [3], or [1, 3] of several axes. */
void oto_write_index(FILE *out, const struct oto_observation *observation, size_t i);

#endif
