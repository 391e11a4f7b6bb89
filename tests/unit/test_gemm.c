/* gemm: products of matrices, whatever the number of threads. */
#include "golden.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/tensor/gemm.h"
#include "lib/tensor/parallel.h"

static float *numbers(int64_t count, uint32_t state) {
    float *x = malloc((size_t)(count > 0 ? count : 1) * sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < count; i++) x[i] = (float)(int32_t)(state = 1664525u * state + 1013904223u) * 0x1p-31f;
    return x;
}

/* Against the definition, with all four ways to lie in memory, a part of a wider C, alpha and beta. */
static void check_size(int64_t m, int64_t n, int64_t k) {
    int64_t c_row = n + 3;
    float *a = numbers(m * k, 1), *b = numbers(k * n, 2), *before = numbers(m * c_row, 3);
    for (int way = 0; way < 4; way++) {
        bool ta = way & 1, tb = way & 2;
        float *c = numbers(m * c_row, 3);
        oto_gemm(m, n, k, a, b, c, .transpose_a = ta, .transpose_b = tb, .alpha = 0.5f, .beta = 2, .c_row = c_row);
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < c_row; j++) {
                double sum = before[i * c_row + j];
                if (j < n) {
                    sum *= 2;
                    for (int64_t l = 0; l < k; l++)
                        sum += 0.5 * a[ta ? l * m + i : i * k + l] * b[tb ? j * k + l : l * n + j];
                }
                assert_float_equal(c[i * c_row + j], sum, 1e-5 * (double)(k + 1));
            }
        free(c);
    }
    free(a);
    free(b);
    free(before);
}

/* What the process may write into, in bytes. */
static rlim_t data_size(void) {
    FILE *status = fopen("/proc/self/status", "r");
    unsigned long long kilobytes = 0;
    char line[200];
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmData: %llu kB", &kilobytes) == 1) break;
    if (status) fclose(status);
    return (rlim_t)kilobytes << 10;
}

/* First of all: OpenBLAS keeps what it once got. */
static void without_memory_for_openblas_products_are_right_all_the_same(void **state) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        rlim_t limit = data_size() + (32 << 20);
        alarm(60);
        if (setrlimit(RLIMIT_DATA, &(struct rlimit){limit, limit}) < 0) _exit(2);
        check_size(7, 9, 12);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void products_are_those_of_the_definition(void **state) {
    check_size(1, 1, 1);
    check_size(3, 5, 2);
    check_size(1, 70, 33);
    check_size(70, 1, 33);
    check_size(150, 70, 250);
    check_size(65, 330, 120);
}

static void nothing_to_add_up_leaves_beta(void **state) {
    float c[2] = {1, 2}, nothing[1] = {0};
    oto_gemm(1, 2, 0, nothing, nothing, c, .beta = 3);
    assert_float_equal(c[0], 3, 0);
    assert_float_equal(c[1], 6, 0);
    oto_gemm(0, 2, 1, nothing, nothing, c);
    oto_gemm(2, 0, 1, nothing, nothing, c);
    assert_float_equal(c[1], 6, 0);
}

static void what_was_in_c_is_not_read_without_beta(void **state) {
    float a = 2, b = 3, c = NAN;
    oto_gemm(1, 1, 1, &a, &b, &c);
    assert_float_equal(c, 6, 0);
}

static void a_batch_is_its_products(void **state) {
    enum { count = 5, m = 40, n = 150, k = 90 };
    float *a = numbers(count * m * k, 1), *b = numbers(k * n, 2), *c = numbers(count * m * n, 3);
    float *one = numbers(m * n, 3);
    const float *as[count], *bs[count];
    float *cs[count];
    for (int i = 0; i < count; i++) {
        as[i] = a + i * m * k;
        bs[i] = b;
        cs[i] = c + (count - 1 - i) * m * n;
    }
    oto_gemm_batched(count, m, n, k, as, bs, cs);
    for (int i = 0; i < count; i++) {
        oto_gemm_serial(m, n, k, as[i], b, one);
        for (int at = 0; at < m * n; at++) assert_float_equal(cs[i][at], one[at], 1e-4);
    }
    free(a);
    free(b);
    free(c);
    free(one);
}

static void results_do_not_depend_on_the_threads(void **state) {
    static const int sizes[][3] = {{300, 77, 513}, {64, 1000, 200}, {129, 128, 2048}, {2048, 388, 128}};
    for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) {
        int64_t m = sizes[at][0], n = sizes[at][1], k = sizes[at][2];
        float *a = numbers(m * k, 1), *b = numbers(k * n, 2), *one = numbers(m * n, 3), *two = numbers(m * n, 4);
        int before = oto_set_threads(1);
        oto_gemm(m, n, k, a, b, one);
        oto_set_threads(2);
        oto_gemm(m, n, k, a, b, two);
        oto_set_threads(before);
        assert_memory_equal(one, two, (size_t)(m * n) * sizeof *one);
        free(a);
        free(b);
        free(one);
        free(two);
    }
}

int main(int, char **arguments) {
    /* Threads of OpenBLAS's own, begun anew in a fork, would want buffers too. */
    if (!getenv("OPENBLAS_NUM_THREADS") && setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0)
        execv("/proc/self/exe", arguments);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_for_openblas_products_are_right_all_the_same),
        cmocka_unit_test(products_are_those_of_the_definition),
        cmocka_unit_test(nothing_to_add_up_leaves_beta),
        cmocka_unit_test(what_was_in_c_is_not_read_without_beta),
        cmocka_unit_test(a_batch_is_its_products),
        cmocka_unit_test(results_do_not_depend_on_the_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
