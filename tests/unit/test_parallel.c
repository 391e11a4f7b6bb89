/* Loops on several threads: every index once, the same bits with any number of threads. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

static void count_visits(int64_t from, int64_t to, void *context) {
    for (int64_t i = from; i < to; i++) ((int *)context)[i]++;
}

static void test_every_index_is_visited_once(void **state) {
    enum { COUNT = 1003 };
    for (int threads = 1; threads <= 5; threads++) {
        int visits[COUNT] = {0};
        oto_set_threads(threads);
        oto_parallel(COUNT, 10, count_visits, visits);
        for (int i = 0; i < COUNT; i++) assert_int_equal(visits[i], 1);
    }
    oto_set_threads(0);
}

static void test_no_index_no_call(void **state) {
    oto_parallel(0, 10, count_visits, NULL);
    oto_parallel(-1, 10, count_visits, NULL);
}

static void note_the_cut(int64_t from, int64_t to, void *context) {
    ((int64_t *)context)[from] = to;
}

static void test_the_cut_does_not_depend_on_the_threads(void **state) {
    enum { COUNT = 97 };
    int64_t one[COUNT] = {0}, many[COUNT] = {0};
    oto_set_threads(1);
    oto_parallel(COUNT, 7, note_the_cut, one);
    oto_set_threads(4);
    oto_parallel(COUNT, 7, note_the_cut, many);
    oto_set_threads(0);
    assert_memory_equal(one, many, sizeof one);
    assert_int_equal(one[91], 97);
}

static void test_threads_come_from_the_environment(void **state) {
    setenv("OTO_THREADS", "3", 1);
    assert_int_equal(oto_threads(), 3);
    assert_int_equal(oto_set_threads(2), 0);
    assert_int_equal(oto_threads(), 2);
    assert_int_equal(oto_set_threads(0), 2);
    unsetenv("OTO_THREADS");
    assert_true(oto_threads() >= 1);
}

static void test_a_negative_number_of_threads_is_refused(void **state) {
    assert_refused(oto_set_threads(-1), "oto_set_threads");
    assert_refused(oto_set_threads(-1), "threads");
}

OTO_VECTORISED static float dot(const float *restrict x, const float *restrict y, int64_t count) {
    float sum = 0;
    for (int64_t i = 0; i < count; i++) sum += x[i] * y[i];
    return sum;
}

static void test_a_vectorised_function_runs_here(void **state) {
    float x[] = {1, 2, 3}, y[] = {4, 5, 6};
    assert_float_equal(dot(x, y, 3), 32, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_index_is_visited_once),
        cmocka_unit_test(test_no_index_no_call),
        cmocka_unit_test(test_the_cut_does_not_depend_on_the_threads),
        cmocka_unit_test(test_threads_come_from_the_environment),
        cmocka_unit_test(test_a_negative_number_of_threads_is_refused),
        cmocka_unit_test(test_a_vectorised_function_runs_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
