/* Loops on several threads: every index once, the same bits with any number of threads. */
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void count_in_loops(int64_t from, int64_t to, void *context) {
    for (int64_t i = from; i < to; i++) oto_parallel(10, 1, count_visits, (int *)context + i * 10);
}

static void test_a_loop_inside_a_loop_visits_all(void **state) {
    int visits[200] = {0};
    oto_set_threads(4);
    for (int round = 0; round < 100; round++) oto_parallel(20, 1, count_in_loops, visits);
    oto_set_threads(0);
    for (int i = 0; i < 200; i++) assert_int_equal(visits[i], 100);
}

static void *loop_many_times(void *visits) {
    for (int round = 0; round < 200; round++) oto_parallel(100, 1, count_visits, visits);
    return NULL;
}

static void test_two_threads_may_loop_at_once(void **state) {
    int mine[100] = {0}, others[100] = {0};
    pthread_t other;
    oto_set_threads(3);
    assert_int_equal(pthread_create(&other, NULL, loop_many_times, others), 0);
    loop_many_times(mine);
    pthread_join(other, NULL);
    oto_set_threads(0);
    for (int i = 0; i < 100; i++) assert_true(mine[i] == 200 && others[i] == 200);
}

/* A thread that was joined may be listed a moment longer. */
static bool one_thread_is_left(void) {
    struct stat tasks = {};
    for (int i = 0; i < 1000; i++) {
        if (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3) return true;
        usleep(1000);
    }
    return false;
}

static void test_a_fork_finds_one_thread_and_loops_go_on(void **state) {
    int visits[100] = {0};
    oto_set_threads(3);
    for (int round = 0; round < 20; round++) {
        oto_parallel(100, 1, count_visits, visits);
        pid_t child = fork();
        if (child == 0) {
            oto_parallel(100, 1, count_visits, visits);
            _exit(visits[99] == round + 2 ? 0 : 1);
        }
        int status = 1;
        assert_true(one_thread_is_left());
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    oto_set_threads(0);
    assert_int_equal(visits[99], 20);
}

static void test_rest_ends_the_threads(void **state) {
    int visits[100] = {0};
    oto_set_threads(3);
    oto_parallel(100, 1, count_visits, visits);
    oto_parallel_rest();
    oto_set_threads(0);
    assert_true(one_thread_is_left());
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
        cmocka_unit_test(test_a_loop_inside_a_loop_visits_all),
        cmocka_unit_test(test_two_threads_may_loop_at_once),
        cmocka_unit_test(test_a_fork_finds_one_thread_and_loops_go_on),
        cmocka_unit_test(test_rest_ends_the_threads),
        cmocka_unit_test(test_a_negative_number_of_threads_is_refused),
        cmocka_unit_test(test_a_vectorised_function_runs_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
