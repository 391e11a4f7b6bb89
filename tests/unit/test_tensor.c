/* Tensors: shapes, elements, axes, arithmetic, text, lifetime and refusals. */
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/tensor/arithmetic.h"
#include "lib/tensor/random.h"
#include "lib/tensor/tensor.h"

static void assert_described(OtoTensor *x, const char *expected) {
    char *text = oto_describe(x);
    assert_string_equal(text, expected);
    free(text);
}

static void values_that_are_listed_become_a_tensor(void **state) {
    OtoTensor *x = oto_tensor(1, 2.5, -3);
    assert_int_equal(x->rank, 1);
    assert_int_equal(x->size, 3);
    assert_float_equal(oto_at(x, 1), 2.5, 0);
    assert_described(x, "float32 (3) [-3, 2.5] mean 0.1667, 0 NaN");
}

static void c_arrays_are_copied_with_their_type(void **state) {
    double d[2][3] = {{1, 2, 3}, {4, 5, 6}};
    int whole[] = {1, -2};
    float _Complex z[] = {3 + 4 * I};
    OtoTensor *x = oto_from(&d[0][0], 2, 3);
    d[1][2] = 99;
    assert_float_equal(oto_at(x, 1, 2), 6, 0);
    assert_int_equal(x->rows, 2);
    assert_int_equal(x->cols, 3);
    assert_int_equal(oto_int_at(oto_from(whole, 2), 1), -2);
    assert_float_equal(cimagf(oto_complex_at(oto_from(z, 1), 0)), 4, 0);
}

static void rows_are_a_c_array_of_arrays(void **state) {
    OtoTensor *x = oto_zeros(2, 4);
    float(*X)[x->cols] = oto_rows(x);
    X[1][3] = 7;
    assert_float_equal(oto_at(x, 1, 3), 7, 0);
    oto_at(x, 0, 0) = 5;
    assert_float_equal(oto_data(x)[0], 5, 0);
}

static void indices_outside_are_refused(void **state) {
    OtoTensor *x = oto_name_axis(oto_zeros(2, 4), 1, "time");
    assert_refused(oto_at(x, 0, 4), "index 4 is outside axis 1 (time), which goes from 0 to 3");
    assert_refused(oto_at(x, -1, 0), "index -1 is outside axis 0");
    assert_refused(oto_at(x, 1), "1 index is given, but x has 2 axes: (2, time 4)");
    assert_refused(oto_complex_at(x, 0, 0), "x is float32; use oto_at");
}

static void impossible_shapes_are_refused(void **state) {
    assert_refused(oto_zeros(3, -1), "axis 1 cannot have the length -1");
    assert_refused(oto_zeros(1LL << 40, 1LL << 40), "more elements than can be counted");
    assert_refused(oto_from((float *)NULL, 3), "array is NULL");
}

static void a_buffer_that_is_too_short_is_refused(void **state) {
    float *samples = malloc(10 * sizeof *samples);
    assert_refused(oto_from(samples, 11), "array shall hold 44 bytes, but only the first 40 of them are yours");
    free(samples);
    assert_refused(oto_from(samples, 10), "only the first 0 of them are yours");
}

static void arithmetic_knows_what_its_result_measures(void **state) {
    OtoTensor *level = oto_tensor(1, 2), *sound = oto_tensor(1, 2), *plain = oto_tensor(1, 2);
    level->quantity = OTO_DECIBEL;
    sound->quantity = OTO_AMPLITUDE;
    assert_int_equal(oto_add(level, level)->quantity, OTO_DECIBEL);
    assert_int_equal(oto_sub(level, 3)->quantity, OTO_DECIBEL);
    assert_int_equal(oto_mul(level, plain)->quantity, OTO_DECIBEL);
    assert_int_equal(oto_mul(level, level)->quantity, OTO_PLAIN);
    assert_int_equal(oto_mul(level, sound)->quantity, OTO_PLAIN);
    assert_int_equal(oto_add(level, sound)->quantity, OTO_PLAIN);
    assert_int_equal(oto_mul(sound, sound)->quantity, OTO_AMPLITUDE);
    assert_int_equal(oto_div(sound, sound)->quantity, OTO_PLAIN);
}

static void arithmetic_repeats_axes_of_length_one(void **state) {
    OtoTensor *matrix = oto_from(((float[]){1, 2, 3, 4, 5, 6}), 2, 3), *row = oto_tensor(10, 20, 30);
    OtoTensor *sum = oto_add(matrix, row), *column = oto_mul(oto_reshape(oto_tensor(2, 3), 2, 1), matrix);
    assert_float_equal(oto_at(sum, 1, 2), 36, 0);
    assert_float_equal(oto_at(column, 1, 0), 12, 0);
    assert_float_equal(oto_at(oto_sub(matrix, 1), 0, 0), 0, 0);
    assert_float_equal(oto_at(oto_div(row, 4), 0), 2.5, 0);
    OtoTensor *outer = oto_mul(oto_reshape(row, 3, 1, 1), matrix);
    assert_int_equal(outer->rank, 3);
    assert_float_equal(oto_at(outer, 2, 1, 0), 120, 0);
}

static void arithmetic_with_complex_numbers(void **state) {
    OtoTensor *z = oto_from(((float _Complex[]){1 + 2 * I, 3}), 2);
    float _Complex product = oto_complex_at(oto_mul(z, z), 0);
    assert_float_equal(crealf(product), -3, 0);
    assert_float_equal(cimagf(product), 4, 0);
    assert_float_equal(crealf(oto_complex_at(oto_mul(z, oto_tensor(2, 5)), 1)), 15, 0);
}

static void shapes_that_do_not_fit_are_named(void **state) {
    OtoTensor *x = oto_audio(oto_data(oto_zeros(100)), 100, 22050), *y = oto_audio(oto_data(oto_zeros(90)), 90, 22050);
    assert_refused(oto_add(x, y), "oto_add: (time 100) and (time 90) do not fit together; cut the longer one, as in "
                                  "oto_slice(x, \"time\", 0, 90)");
    OtoTensor *a = oto_name_axis(oto_zeros(3), 0, "pitch"), *b = oto_name_axis(oto_zeros(3), 0, "frequency");
    assert_refused(oto_mul(a, b), "axis \"pitch\" would meet axis \"frequency\"");
    OtoTensor *slow = oto_audio(oto_data(oto_zeros(100)), 100, 8000);
    assert_refused(oto_add(x, slow), "x has 22050 samples a second and y 8000");
}

static void sound_keeps_its_axis_through_arithmetic(void **state) {
    OtoTensor *x = oto_audio(((short[]){16384, -32768}), 2, 8000);
    assert_float_equal(oto_at(x, 0), 0.5, 0);
    OtoTensor *half = oto_mul(x, 0.5);
    assert_described(half, "float32 (time 2) amplitude [-0.5, 0.25] mean -0.125, 0 NaN, 0.00025 s at 8000 Hz");
    assert_float_equal(oto_axis_at(half, 0, 1), 1 / 8000.0, 1e-12);
    assert_string_equal(half->axes[0].unit, "s");
}

static void slices_keep_the_places_of_their_axis(void **state) {
    OtoTensor *x = oto_name_axis(oto_reshape(oto_arange(0, 12, 1), 3, 4), 1, "time", .unit = "s", .step = 0.5);
    oto_name_axis(x, 0, "mel");
    oto_axis_place(x, 0, (double[]){100, 200, 400});
    OtoTensor *late = oto_slice(x, "time", 1, -1), *high = oto_slice(x, "mel", 2, OTO_END);
    assert_int_equal(late->cols, 2);
    assert_float_equal(oto_at(late, 2, 0), 9, 0);
    assert_float_equal(oto_axis_at(late, 1, 0), 0.5, 0);
    assert_float_equal(oto_axis_at(high, 0, 0), 400, 0);
    assert_float_equal(oto_at(high, 0, 3), 11, 0);
    assert_refused(oto_slice(x, "time", 3, 5), "from 3 to 5 is not inside axis \"time\" of (mel 3, time 4)");
    assert_refused(oto_slice(x, "pitch", 0, 1), "no axis is called \"pitch\"");
}

static void reshape_transpose_row_stack_concatenate(void **state) {
    OtoTensor *x = oto_reshape(oto_arange(0, 6, 1), 2, -1);
    assert_int_equal(x->cols, 3);
    assert_float_equal(oto_at(oto_transpose(x), 2, 1), 5, 0);
    assert_float_equal(oto_at(oto_row(x, 1), 0), 3, 0);
    assert_float_equal(oto_at(oto_concatenate(x, x), 1, 3), 3, 0);
    assert_float_equal(oto_at(oto_stack(oto_row(x, 1), oto_row(x, 0)), 1, 2), 2, 0);
    assert_refused(oto_reshape(x, 4, -1), "(2, 3) has 6 elements");
    assert_refused(oto_concatenate(x, oto_transpose(x)), "part 0 is (2, 3) and part 1 is (3, 2)");
}

static void numbers_about_a_tensor(void **state) {
    OtoTensor *x = oto_tensor(3, -4, 1);
    assert_float_equal(oto_sum(x), 0, 0);
    assert_float_equal(oto_minimum(x), -4, 0);
    assert_int_equal(oto_argmax(x), 0);
    oto_at(x, 1) = NAN;
    assert_int_equal(oto_count_nan(x), 1);
    assert_true(isnan(oto_maximum(x)));
    assert_described(x, "float32 (3) [1, 3] mean 2, 1 NaN");
    OtoTensor *mean = oto_mean_over(oto_name_axis(oto_from(((float[]){1, 2, 3, 5}), 2, 2), 0, "channels"), "channels");
    assert_float_equal(oto_at(mean, 1), 3.5, 0);
    assert_float_equal(oto_at(oto_map(mean, sqrtf), 0), sqrtf(2), 0);
    assert_float_equal(oto_item(oto_tensor(7)), 7, 0);
}

static void text_shows_corners(void **state) {
    char *text = oto_text(oto_reshape(oto_arange(0, 1000, 1), 100, 10));
    assert_non_null(strstr(text, "float32 (100, 10) [0, 999] mean 499.5, 0 NaN\n"));
    assert_non_null(strstr(text, "         0          1          2  ...          7          8          9\n"));
    assert_non_null(strstr(text, "       990        991        992  ...        997        998        999\n"));
    free(text);
}

static void a_freed_value_is_told_from_a_live_one(void **state) {
    OtoTensor *x = oto_tensor(1, 2);
    int64_t bytes = oto_bytes_alive();
    assert_int_equal(oto_kind(x), OTO_TENSOR);
    oto_free(x);
    assert_int_equal(bytes - oto_bytes_alive(), 8);
    assert_int_equal(oto_kind(x), OTO_FREED);
    assert_refused(oto_add(x, 1), "x was a tensor (OtoTensor *) that has been freed");
    assert_refused(oto_free(x), "has been freed before");
    assert_refused(oto_mean((OtoTensor *)&bytes), "x is not a value of the library");
    assert_refused(oto_mean(NULL), "x is NULL");
    assert_int_equal(oto_kind((char *)oto_tensor(1) + 8), OTO_NOT_A_VALUE);
    oto_free(NULL);
}

static OtoTensor *made_in_a_scope(OtoTensor **inner) {
    oto_scope {
        *inner = oto_tensor(1, 2, 3);
        OtoTensor *sum = oto_keep(oto_add(*inner, *inner));
        return sum;
    }
    return NULL;
}

static void a_scope_frees_what_it_made_but_what_is_kept(void **state) {
    OtoTensor *inner, *kept = made_in_a_scope(&inner);
    assert_int_equal(oto_kind(inner), OTO_FREED);
    assert_float_equal(oto_at(kept, 2), 6, 0);
    int64_t alive = oto_values_alive();
    for (int i = 0; i < 100000; i++) oto_scope {
            OtoTensor *x = oto_zeros(10);
            if (i % 2) continue;
            oto_scope oto_keep(oto_add(x, x));
        }
    assert_int_equal(oto_values_alive(), alive);
}

static void a_scope_that_an_error_left_open_is_closed_by_the_next(void **state) {
    OtoTensor *volatile left = NULL; /* survives the jump */
    oto_scope {
        OtoTensor *x = oto_tensor(1);
        OtoErrorHandler before = oto_on_error(refusal_taken, NULL);
        if (setjmp(refusal_jump) == 0) oto_scope {
                left = oto_tensor(2);
                oto_reshape(x, 2);
            }
        oto_on_error(before, NULL);
        assert_int_equal(oto_kind(left), OTO_TENSOR);
    }
    assert_int_equal(oto_kind(left), OTO_FREED);
}

static void *make_many(void *unused) {
    for (int i = 0; i < 2000; i++) oto_scope oto_mul(oto_zeros(16), 2);
    return NULL;
}

static void several_threads_may_make_values(void **state) {
    pthread_t threads[4];
    int64_t alive = oto_values_alive();
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, make_many, NULL), 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    assert_int_equal(oto_values_alive(), alive);
}

static void a_seed_repeats_its_numbers(void **state) {
    oto_seed(7);
    double first = oto_uniform(), second = oto_normal();
    assert_int_not_equal(oto_random_below(1 << 30), oto_random_below(1 << 30));
    oto_seed(7);
    assert_true(first == oto_uniform() && second == oto_normal());
    double sum = 0, squares = 0;
    for (int i = 0; i < 100000; i++) {
        double x = oto_normal();
        sum += x;
        squares += x * x;
    }
    assert_float_equal(sum / 100000, 0, 0.02);
    assert_float_equal(squares / 100000, 1, 0.02);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_are_listed_become_a_tensor),
        cmocka_unit_test(c_arrays_are_copied_with_their_type),
        cmocka_unit_test(rows_are_a_c_array_of_arrays),
        cmocka_unit_test(indices_outside_are_refused),
        cmocka_unit_test(impossible_shapes_are_refused),
        cmocka_unit_test(a_buffer_that_is_too_short_is_refused),
        cmocka_unit_test(arithmetic_knows_what_its_result_measures),
        cmocka_unit_test(arithmetic_repeats_axes_of_length_one),
        cmocka_unit_test(arithmetic_with_complex_numbers),
        cmocka_unit_test(shapes_that_do_not_fit_are_named),
        cmocka_unit_test(sound_keeps_its_axis_through_arithmetic),
        cmocka_unit_test(slices_keep_the_places_of_their_axis),
        cmocka_unit_test(reshape_transpose_row_stack_concatenate),
        cmocka_unit_test(numbers_about_a_tensor),
        cmocka_unit_test(text_shows_corners),
        cmocka_unit_test(a_freed_value_is_told_from_a_live_one),
        cmocka_unit_test(a_scope_frees_what_it_made_but_what_is_kept),
        cmocka_unit_test(a_scope_that_an_error_left_open_is_closed_by_the_next),
        cmocka_unit_test(several_threads_may_make_values),
        cmocka_unit_test(a_seed_repeats_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
