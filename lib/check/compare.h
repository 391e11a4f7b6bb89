/* compare: the trusted half of a check. What the solution observed against what was observed now.
 *
 * Pure functions over two records: no global state, no files, only lib/record and libm. The student's worker uses them
 * for the green and red lines, the grader's trusted process for the score. The observed record is hostile input:
 * whatever is wrong with it makes a failed check with a message, never a crash. Kind, tolerances, weight and hint are
 * taken from the expected record only. NaN equals nothing, not even NaN.
 *
 *     close, array   |got - expected| <= atol + rtol |expected| for every element, and the same shape; integers with
 *                    both tolerances 0 are compared exactly; an infinity equals the same infinity.
 *                    (numpy.allclose, with equal_nan = False)
 *     equal          the same integer, the same text, or NULL where NULL was expected
 *     audio          SNR = 10 log10( sum expected^2 / sum (expected - a got[n + d])^2 ) >= snr_db, over all channels;
 *                    a = 1 unless .any_gain, d = 0 unless .align: then the d of the largest cross-correlation.
 *                    Where silence is expected, no sample may exceed -snr_db dBFS.
 *     shape          the same number of axes with the same lengths
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

/* The comparators themselves, over views already read; each writes its sentence to out. */
bool oto_compare_audio(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                       int64_t *worst);
/* Where one simple mistake explains every difference (a constant factor, a shift, reversal), says so. */
void oto_diagnose_array(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed);
/* Two numbers with as few digits as show that they differ: "expected 0.7071, got 0.5". */
void oto_write_pair(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                    size_t i);
/* One element, with precision significant digits (17 is enough for any double). */
void oto_write_element(FILE *out, const struct oto_observation *observation, size_t i, int precision);
/* A flat index as the exercise's reader counts: [3], or [1, 3] of several axes. */
void oto_write_index(FILE *out, const struct oto_observation *observation, size_t i);

#endif
