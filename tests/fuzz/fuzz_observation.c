/* Any bytes as what a student's process observed: the comparator answers with one clean line and passes nothing that
 * differs. Build: clang -fsanitize=fuzzer,address,undefined, with
 * lib/check/{observation,compare,compare_audio,diagnose}.c and lib/record/record.c. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/compare.h"

enum { EXPECTED = 6 };

/* One expectation of each kind; all hold values that random data will not hit. */
static void make_expected(struct oto_record *record, unsigned which) {
    static const double numbers[] = {0.12345678901, -2.5e7, 3.25, 1e-9, 17, 4};
    static const int64_t shape[] = {2, 3}, length = 6;
    struct oto_observed observed = {.name = "n", .weight = 1, .rtol = 1e-9, .snr_db = 60, .data = numbers};
    switch (which % EXPECTED) {
    case 0:
        observed.kind = OTO_CHECK_CLOSE, observed.type = OTO_OBSERVED_FLOAT64;
        break;
    case 1:
        observed.kind = OTO_CHECK_EQUAL, observed.type = OTO_OBSERVED_TEXT, observed.rank = 1, observed.shape = &length,
        observed.data = "qzxjkv";
        break;
    case 2:
        observed.kind = OTO_CHECK_ARRAY, observed.type = OTO_OBSERVED_FLOAT64, observed.rank = 2,
        observed.shape = shape;
        break;
    case 3:
        observed.kind = OTO_CHECK_AUDIO, observed.type = OTO_OBSERVED_FLOAT64, observed.rank = 2,
        observed.shape = shape;
        observed.any_gain = true, observed.align = 1;
        break;
    case 4:
        observed.kind = OTO_CHECK_SHAPE, observed.type = OTO_OBSERVED_NONE, observed.rank = 2, observed.shape = shape;
        break;
    default:
        observed.kind = OTO_CHECK_EQUAL, observed.type = OTO_OBSERVED_INT64;
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
    if (!verdict.message || verdict.broken || verdict.score != verdict.passed) abort();
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
