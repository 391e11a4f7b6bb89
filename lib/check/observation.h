/* observation: what a check saw, as a record (OTO_RECORD_OBSERVATION). A check observes; it never compares.
 *
 *     "check"       s  close | equal | array | audio | shape | permutation | direction | spectrum | onsets | beats |
 * notes | chords | melody | separation | predictions | path | distribution | property | gradient | trajectory | time |
 * memory: what each holds and needs is said in compare.h "name"        s  the name of the check, unique in its
 * notebook; at most 200 bytes "dtype"       s  float32 | float64 | int64 | uint64 | complex64 | text | null | none (a
 * shape has no data) "shape"       b  one int64 per axis, outermost first; empty for a single value; at most 8 axes,
 * none negative "axes"        s  the axes' names joined by commas, when the value has them; only for messages "data" b
 * the elements, row-major, little endian; for text its UTF-8 bytes (shape: their number). NaN and infinities are what
 * IEEE 754 says they are. "sample_rate" d  Hz, for audio that knows it "problem"     s  instead of data: why nothing
 * could be observed (a NULL pointer, too many elements) "hint"        s  what to think about when the check fails
 *     "weight"      d  share of the cell's points (default 1)
 *     "hidden"      i  1: never shown to the student
 *     "rtol" d, "atol" d        close, array: |got - expected| <= atol + rtol |expected|
 *     "snr_db" d                audio: least signal-to-noise ratio, in dB
 *     "align" d                 audio: a delay of at most this many seconds is forgiven (samples when no rate is known)
 *     "any_gain" i              audio, permutation, direction: 1 forgives a constant gain
 *     "at_least" d, "at_most" d, "full_at" d    scored kinds: where points begin, and where they are all there
 *     "window" d                onsets, notes: s by which an event may be off
 *     "false_alarm" d           distribution: how often a right answer may fail
 *     "metric" s                predictions, separation, chords, beats: which score; property: which property
 *     "truth" s                 the name of the file that the grader puts in the place of the solution's data
 *     "forbid" s, "require" s   names that the answer must not, and must, use; decided by the grader
 *     "cost" b, "cost_shape" b  path: float64 costs, row-major, and two int64
 *
 * Expected and observed values have the same form: the first is what the solution observed. Options and tolerances
 * count only in the expected one. Whoever reads an observation treats it as hostile: oto_observation_read is the only
 * door, and it checks every field. This file needs lib/record and nothing else.
 */
#ifndef OTO_OBSERVATION_H
#define OTO_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/record/record.h"

enum {
    OTO_OBSERVATION_RANK_MAX = 8,
    OTO_OBSERVATION_NAME_MAX = 200,      /* bytes of a check's name */
    OTO_LOSSES_MOST = 20,                /* of a trajectory; those behind are not looked at */
    OTO_OBSERVATION_TEXT_MAX = 64 << 10, /* bytes of a hint, a problem, a list of axes */
    OTO_OBSERVATION_BYTES_MAX = 96 << 20 /* bytes of data: 9 minutes of 44.1 kHz mono as float32 */
};

enum oto_check_kind {
    OTO_CHECK_CLOSE,
    OTO_CHECK_EQUAL,
    OTO_CHECK_ARRAY,
    OTO_CHECK_AUDIO,
    OTO_CHECK_SHAPE,
    OTO_CHECK_PERMUTATION,
    OTO_CHECK_DIRECTION,
    OTO_CHECK_SPECTRUM,
    OTO_CHECK_ONSETS,
    OTO_CHECK_BEATS,
    OTO_CHECK_NOTES,
    OTO_CHECK_CHORDS,
    OTO_CHECK_MELODY,
    OTO_CHECK_SEPARATION,
    OTO_CHECK_PREDICTIONS,
    OTO_CHECK_PATH,
    OTO_CHECK_DISTRIBUTION,
    OTO_CHECK_PROPERTY,
    OTO_CHECK_GRADIENT,
    OTO_CHECK_TRAJECTORY,
    OTO_CHECK_TIME,
    OTO_CHECK_MEMORY,
    OTO_CHECK_KINDS
};

enum oto_observed_type {
    OTO_OBSERVED_FLOAT32,
    OTO_OBSERVED_FLOAT64,
    OTO_OBSERVED_INT64,
    OTO_OBSERVED_UINT64,
    OTO_OBSERVED_COMPLEX64,
    OTO_OBSERVED_TEXT,
    OTO_OBSERVED_NULL,
    OTO_OBSERVED_NONE,
    OTO_OBSERVED_TYPES
};

/* What an author asks of a comparison; it counts in the expected record only. A threshold that was not given is NaN. */
#define OTO_CHECK_TERMS                                                                                                \
    double rtol, atol, snr_db, align, window, false_alarm, weight;                                                     \
    double at_least, at_most, full_at;                                                                                 \
    const char *metric, *truth, *forbid, *require;                                                                     \
    bool any_gain, hidden

/* A view of a record that was found to be well-formed; its pointers live as long as the record. */
struct oto_observation {
    enum oto_check_kind kind;
    enum oto_observed_type type;
    const char *name, *hint, *axes, *problem; /* name is never NULL; the others may be */
    size_t rank;
    int64_t shape[OTO_OBSERVATION_RANK_MAX];
    size_t count;     /* elements, the product of the shape (0 when there is a problem) */
    const void *data; /* not aligned: read it with oto_observation_real and its like */
    const void *cost; /* float64, or NULL; not aligned either */
    int64_t cost_shape[2];
    double sample_rate; /* 0: unknown */
    OTO_CHECK_TERMS;
};

/* Checks every field of a record. False, and *why a sentence without student text in it, when it is no observation. */
bool oto_observation_read(struct oto_observation *observation, const struct oto_record *record, const char **why);

/* Of what is neither float nor double: oto_observation_real of a byte or an integer. */
double oto_observation_whole(const struct oto_observation *observation, size_t i);
/* Element i (below count) as a double: the magnitude's parts of a complex element are real and imaginary. Comparing
 * sounds asks for each of 100,000 samples several times. */
static inline double oto_observation_real(const struct oto_observation *observation, size_t i) {
    if (observation->type == OTO_OBSERVED_FLOAT32 || observation->type == OTO_OBSERVED_COMPLEX64) {
        size_t size = observation->type == OTO_OBSERVED_COMPLEX64 ? 8 : 4;
        float value;
        memcpy(&value, (const char *)observation->data + i * size, sizeof value);
        return (double)value;
    }
    if (observation->type != OTO_OBSERVED_FLOAT64) return oto_observation_whole(observation, i);
    double value;
    memcpy(&value, (const char *)observation->data + i * sizeof value, sizeof value);
    return value;
}
double oto_observation_imaginary(const struct oto_observation *observation, size_t i);
/* Cost of row i, column j. */
double oto_observation_cost(const struct oto_observation *observation, int64_t i, int64_t j);
/* Element i of an int64 or uint64 observation, as its bits. */
int64_t oto_observation_integer(const struct oto_observation *observation, size_t i);
bool oto_observed_is_integer(enum oto_observed_type type);

/* What a check puts into the record. */
struct oto_observed {
    enum oto_check_kind kind;
    enum oto_observed_type type;
    const char *name, *hint, *axes, *problem;
    size_t rank;
    const int64_t *shape;
    const void *data;
    const double *cost; /* or NULL */
    int64_t cost_shape[2];
    double sample_rate;
    OTO_CHECK_TERMS;
};

/* Fills a record (release with oto_record_free). A name or text that is too long is cut at a character; data past
 * OTO_OBSERVATION_BYTES_MAX becomes a problem that says so. */
void oto_observation_write(struct oto_record *record, const struct oto_observed *observed);

/* Names of the kinds and types as on the wire, and the bytes of one element. */
const char *oto_check_kind_name(enum oto_check_kind kind);
/* Does the kind look at this option ("rtol" "atol" "any_gain" "at_least" "at_most" "full_at" "truth" "metric")? */
bool oto_check_kind_takes(enum oto_check_kind kind, const char *option);
const char *oto_observed_type_name(enum oto_observed_type type);
size_t oto_observed_type_size(enum oto_observed_type type);

#endif
