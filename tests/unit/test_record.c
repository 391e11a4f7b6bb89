/* Records: what is packed is parsed; what is not a record is refused; threads may send at once. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/record/record.h"

static unsigned char *packed(size_t *size) {
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_DISPLAY);
    oto_record_text(&record, "text/plain", "caf\303\251");
    oto_record_bytes(&record, "image/png", "\0\1\2", 3);
    oto_record_integer(&record, "update", -7);
    oto_record_real(&record, "scale", 0.25);
    oto_record_text_n(&record, "cut", "abcdef", 3);
    unsigned char *bytes = oto_record_pack(&record, size);
    oto_record_free(&record);
    assert_non_null(bytes);
    return bytes;
}

static void what_is_packed_is_parsed(void **state) {
    size_t size, length;
    const char *why = NULL;
    unsigned char *bytes = packed(&size);
    struct oto_record record;
    assert_int_equal(oto_record_parse(&record, bytes, size, &why), size);
    free(bytes);
    assert_int_equal(record.kind, OTO_RECORD_DISPLAY);
    assert_int_equal(record.count, 5);
    assert_string_equal(oto_record_get_text(&record, "text/plain", ""), "caf\303\251");
    assert_string_equal(oto_record_get_text(&record, "cut", ""), "abc");
    assert_memory_equal(oto_record_get_bytes(&record, "image/png", &length), "\0\1\2", 3);
    assert_int_equal(length, 3);
    assert_int_equal(oto_record_get_integer(&record, "update", 0), -7);
    assert_float_equal(oto_record_get_real(&record, "scale", 0), 0.25, 0);
    assert_int_equal(oto_record_get_integer(&record, "scale", 5), 5); /* another type is not there */
    assert_null(oto_record_find(&record, "absent"));
    oto_record_free(&record);
}

static void a_part_of_a_record_asks_for_more(void **state) {
    size_t size;
    const char *why;
    unsigned char *bytes = packed(&size);
    struct oto_record record;
    for (size_t n = 0; n < size; n++) assert_int_equal(oto_record_parse(&record, bytes, n, &why), 0);
    free(bytes);
}

static void changed_bytes_never_break_the_reader(void **state) {
    size_t size;
    unsigned char *bytes = packed(&size);
    int refused = 0;
    for (size_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            const char *why = NULL;
            unsigned char *copy = malloc(size);
            memcpy(copy, bytes, size);
            copy[at] ^= (unsigned char)(1 << bit);
            struct oto_record record;
            long used = oto_record_parse(&record, copy, size, &why);
            if (used > 0) oto_record_free(&record);
            if (used < 0) {
                assert_non_null(why);
                refused++;
            }
            free(copy);
        }
    assert_true(refused > 50);
    free(bytes);
}

static void lengths_that_lie_are_refused(void **state) {
    const char *why = NULL;
    struct oto_record record;
    assert_int_equal(oto_record_parse(&record, (const unsigned char *)"\xff\xff\xff\xff\0\0\0\0", 8, &why), -1);
    assert_string_equal(why, "a record's length is out of range");
    assert_int_equal(oto_record_parse(&record, (const unsigned char *)"\4\0\0\0\1\0\xff\xff", 8, &why), -1);
    assert_string_equal(why, "a record has too many fields");
    assert_int_equal(oto_record_parse(&record, (const unsigned char *)"\6\0\0\0\1\0\1\0\5x", 10, &why), -1);
    assert_string_equal(why, "a field is longer than its record");
}

static void too_long_a_name_fails_the_record(void **state) {
    char name[300];
    size_t size;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_RESULT);
    oto_record_text(&record, name, "x");
    assert_null(oto_record_pack(&record, &size));
    assert_int_equal(oto_record_send(STDERR_FILENO, &record), -1);
    oto_record_free(&record);
}

enum { THREADS = 4, EACH = 50, PAYLOAD = 200000 };
static int pipe_ends[2];

static void *send_many(void *argument) {
    char *payload = malloc(PAYLOAD);
    memset(payload, 'a' + (int)(intptr_t)argument, PAYLOAD);
    for (int i = 0; i < EACH; i++) {
        struct oto_record record;
        oto_record_begin(&record, OTO_RECORD_DISPLAY);
        oto_record_bytes(&record, "payload", payload, PAYLOAD);
        if (oto_record_send(pipe_ends[1], &record) != 0) abort();
        oto_record_free(&record);
    }
    free(payload);
    return NULL;
}

static void threads_may_send_at_once(void **state) {
    pthread_t threads[THREADS];
    assert_int_equal(pipe(pipe_ends), 0);
    for (intptr_t i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, send_many, (void *)i), 0);
    for (int i = 0; i < THREADS * EACH; i++) {
        struct oto_record record;
        size_t size;
        assert_int_equal(oto_record_receive(pipe_ends[0], &record), 1);
        const char *payload = oto_record_get_bytes(&record, "payload", &size);
        assert_int_equal(size, PAYLOAD);
        for (int k = 1; k < PAYLOAD; k++) assert_true(payload[k] == payload[0]);
        oto_record_free(&record);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    close(pipe_ends[1]);
    struct oto_record record;
    assert_int_equal(oto_record_receive(pipe_ends[0], &record), 0); /* end of file */
    close(pipe_ends[0]);
}

static void an_end_inside_a_record_is_an_error(void **state) {
    size_t size;
    unsigned char *bytes = packed(&size);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, size - 1), size - 1);
    close(ends[1]);
    struct oto_record record;
    assert_int_equal(oto_record_receive(ends[0], &record), -1);
    assert_int_equal(errno, EBADMSG);
    close(ends[0]);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_is_parsed),
        cmocka_unit_test(a_part_of_a_record_asks_for_more),
        cmocka_unit_test(changed_bytes_never_break_the_reader),
        cmocka_unit_test(lengths_that_lie_are_refused),
        cmocka_unit_test(too_long_a_name_fails_the_record),
        cmocka_unit_test(threads_may_send_at_once),
        cmocka_unit_test(an_end_inside_a_record_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
