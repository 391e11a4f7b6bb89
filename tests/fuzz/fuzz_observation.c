/* Any bytes as what a student's process observed: the comparator answers with one clean line and passes nothing that
 * differs. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/compare.h"

/* One expectation of each kind, of whole numbers where a kind has them beside others; all hold values that random data
 * will not hit. */
enum { EXPECTED = OTO_CHECK_KINDS + 3 };

static void make_expected(struct oto_record *record, unsigned which) {
    static const double numbers[] = {0.12345678901, 0.25, 3.25, 7.5, 17, 42};
    static const int64_t wholes[] = {0, 0, 1, 1, 1, 2}, two_by_three[] = {2, 3}, three_by_two[] = {3, 2}, six = 6,
                         two = 2;
    static const char chords[] = "0 1 C\n1 2 A:min\n";
    static const int64_t chords_length = sizeof chords - 1;
    struct oto_observed observed = {.kind = (enum oto_check_kind)(which % EXPECTED),
                                    .type = OTO_OBSERVED_FLOAT64,
                                    .name = "n",
                                    .weight = 1,
                                    .rtol = 1e-9,
                                    .snr_db = 60,
                                    .at_least = 0.3,
                                    .at_most = (double)NAN,
                                    .full_at = 0.9,
                                    .window = 0.05,
                                    .align = 1,
                                    .any_gain = true,
                                    .rank = 1,
                                    .shape = &six,
                                    .data = numbers};
    switch (which % EXPECTED) {
    case OTO_CHECK_CLOSE:
        observed.rank = 0;
        break;
    case OTO_CHECK_EQUAL:
        observed.type = OTO_OBSERVED_TEXT, observed.data = "qzxjkv";
        break;
    case OTO_CHECK_SHAPE:
        observed.type = OTO_OBSERVED_NONE;
        [[fallthrough]];
    case OTO_CHECK_ARRAY:
    case OTO_CHECK_AUDIO:
    case OTO_CHECK_PERMUTATION:
    case OTO_CHECK_DIRECTION:
    case OTO_CHECK_NOTES:
    case OTO_CHECK_PROPERTY:
    case OTO_CHECK_GRADIENT:
    case OTO_CHECK_SEPARATION:
        observed.rank = 2, observed.shape = two_by_three;
        break;
    case OTO_CHECK_MELODY:
        observed.rank = 2, observed.shape = three_by_two;
        break;
    case OTO_CHECK_CHORDS:
        observed.type = OTO_OBSERVED_TEXT, observed.shape = &chords_length, observed.data = chords;
        break;
    case OTO_CHECK_PREDICTIONS:
        observed.type = OTO_OBSERVED_INT64, observed.data = wholes, observed.truth = "t", observed.metric = "f1";
        break;
    case OTO_CHECK_PATH:
        observed.type = OTO_OBSERVED_INT64, observed.data = wholes, observed.rank = 2, observed.shape = three_by_two;
        observed.cost = numbers, observed.cost_shape[0] = 2, observed.cost_shape[1] = 3;
        break;
    case OTO_CHECK_MEMORY:
        observed.type = OTO_OBSERVED_INT64, observed.data = wholes + 4, observed.shape = &two;
        break;
    case OTO_CHECK_KINDS:
        observed.kind = OTO_CHECK_EQUAL, observed.type = OTO_OBSERVED_INT64, observed.rank = 0;
        break;
    case OTO_CHECK_KINDS + 1:
        observed.kind = OTO_CHECK_PERMUTATION, observed.type = OTO_OBSERVED_INT64, observed.data = wholes;
        break;
    case OTO_CHECK_KINDS + 2:
        observed.kind = OTO_CHECK_PREDICTIONS, observed.metric = "auc", observed.truth = "t";
        observed.type = OTO_OBSERVED_INT64, observed.data = wholes + 1, observed.shape = &two;
        break;
    default:
        break;
    }
    oto_observation_write(record, &observed);
}

/* A record whose fields have the right names, so that the fuzzer reaches the comparison itself. */
static void make_plausible(struct oto_record *record, const uint8_t *data, size_t size) {
    uint8_t head[4] = {0};
    memcpy(head, data, size < 4 ? size : 4);
    data += size < 4 ? size : 4;
    size -= size < 4 ? size : 4;
    oto_record_begin(record, OTO_RECORD_OBSERVATION);
    oto_record_text(record, "name", "n");
    oto_record_text(record, "check", oto_check_kind_name(head[0] % OTO_CHECK_KINDS));
    oto_record_text(record, "dtype", oto_observed_type_name(head[1] % OTO_OBSERVED_TYPES));
    int64_t shape[10] = {0};
    size_t rank = head[2] % 10;
    for (size_t axis = 0; axis < rank && size; axis++, data++, size--) shape[axis] = (int8_t)*data;
    if (head[3] & 1) { /* as many axes of 1 and a last one that fits */
        for (size_t axis = 0; axis + 1 < rank; axis++) shape[axis] = 1;
        size_t element = oto_observed_type_size(head[1] % OTO_OBSERVED_TYPES);
        if (rank && element) shape[rank - 1] = (int64_t)(size / element), size -= size % element;
    }
    oto_record_bytes(record, "shape", shape, rank * sizeof *shape);
    if (head[3] & 2) oto_record_text_n(record, "axes", (const char *)data, size);
    if (head[3] & 4) oto_record_text_n(record, "problem", (const char *)data, size);
    oto_record_bytes(record, "data", data, size);
}

static void judge(const struct oto_record *observed, unsigned which) {
    struct oto_record expected;
    make_expected(&expected, which);
    struct oto_verdict verdict = oto_compare(&expected, observed);
    if (!verdict.message || verdict.broken || verdict.passed != (verdict.score == 1)) abort();
    if (!(verdict.score >= 0 && verdict.score <= 1)) abort();
    for (const unsigned char *at = (unsigned char *)verdict.message; *at; at++)
        if (*at < ' ' || *at == 0x7F) abort();
    oto_verdict_free(&verdict);
    verdict = oto_compare_among(&expected, observed, 1);
    oto_verdict_free(&verdict);
    verdict = oto_compare(observed, &expected); /* a damaged file of expectations */
    if (!verdict.message) abort();
    oto_verdict_free(&verdict);
    oto_record_free(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct oto_record record = {0};
    const char *why;
    if (size == 0) return 0;
    if (oto_record_parse(&record, data + 1, size - 1, &why) > 0) {
        judge(&record, data[0]);
        oto_record_free(&record);
    }
    make_plausible(&record, data + 1, size - 1);
    judge(&record, data[0]);
    oto_record_free(&record);
    return 0;
}
