/* What feedback draws of what was expected and got: curves, and matrices as heat maps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "autograder/picture.h"
#include "lib/check/observation.h"

enum { COLUMNS = 4 };

static struct oto_record observe(enum oto_check_kind kind, enum oto_observed_type type, const float *values,
                                 int64_t rows, int64_t columns) {
    const int64_t shape[] = {rows, columns};
    struct oto_record record;
    oto_observation_write(
        &record, &(struct oto_observed){
                     .kind = kind, .type = type, .name = "x", .rank = 2, .shape = shape, .data = values, .weight = 1});
    assert_false(record.failed);
    return record;
}

static struct oto_record matrix(const float *values, int64_t rows, int64_t columns) {
    return observe(OTO_CHECK_ARRAY, OTO_OBSERVED_FLOAT32, values, rows, columns);
}

/* Frees both. */
static char *picture(struct oto_record expected, struct oto_record got, int64_t worst) {
    char *svg = picture_of(&expected, &got, worst);
    oto_record_free(&expected);
    oto_record_free(&got);
    return svg;
}

static int count(const char *text, const char *word) {
    int found = 0;
    for (; (text = strstr(text, word)); text++) found++;
    return found;
}

static const float steps[3 * COLUMNS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

static void a_matrix_is_drawn_three_times_with_the_worst_place_framed(void **state) {
    float got[3 * COLUMNS];
    memcpy(got, steps, sizeof got);
    got[6] = 9;
    char *svg = picture(matrix(steps, 3, COLUMNS), matrix(got, 3, COLUMNS), 6);
    assert_non_null(strstr(svg, "<svg class=\"heat-3 numbers\""));
    assert_int_equal(count(svg, "<svg"), 1);
    assert_int_equal(count(svg, "stroke:#000"), 3);
    assert_int_equal(count(svg, "fill:#440154\" d=\"M0 0h1v1h-1z"), 5); /* the least value: two maps, three bars */
    assert_non_null(strstr(svg, ">11</text>"));
    assert_non_null(strstr(svg, ">3</text>")); /* the distance, at most */
    free(svg);
}

static void what_is_no_number_is_grey(void **state) {
    float got[3 * COLUMNS];
    memcpy(got, steps, sizeof got);
    got[11] = NAN;
    char *svg = picture(matrix(steps, 3, COLUMNS), matrix(got, 3, COLUMNS), 11);
    assert_int_equal(count(svg, "fill:#808080\" d=\"M3 2h1v1h-1z\""), 2);
    free(svg);
}

static void shapes_that_differ_are_drawn_as_they_are(void **state) {
    char *svg = picture(matrix(steps, 3, COLUMNS), matrix(steps, COLUMNS, 3), -1);
    assert_non_null(strstr(svg, "<svg class=\"heat-2 numbers\""));
    assert_int_equal(count(svg, "stroke:#000"), 0);
    free(svg);
}

static void rows_in_any_order_have_no_distance(void **state) {
    char *svg = picture(observe(OTO_CHECK_PERMUTATION, OTO_OBSERVED_FLOAT32, steps, 3, COLUMNS),
                        observe(OTO_CHECK_PERMUTATION, OTO_OBSERVED_FLOAT32, steps, 3, COLUMNS), 4);
    assert_non_null(strstr(svg, "<svg class=\"heat-2 "));
    assert_int_equal(count(svg, "stroke:#000"), 1);
    free(svg);
}

static void of_a_large_matrix_no_error_is_lost_and_its_place_is_drawn_near(void **state) {
    enum { ROWS = 500, WIDE = 3000, WRONG = 271 * WIDE + 2999 };
    float *want = calloc(ROWS * WIDE, sizeof *want), *got = calloc(ROWS * WIDE, sizeof *got);
    want[0] = 1;
    got[0] = 1;
    got[WRONG] = 1;
    char *svg = picture(matrix(want, ROWS, WIDE), matrix(got, ROWS, WIDE), WRONG);
    assert_int_equal(count(svg, "<svg class=\"heat-3 "), 2);
    assert_true(strlen(svg) < 20000);
    assert_int_equal(count(svg, "fill:#fde725\" d=\"M39 16h1v1h-1z\""), 1); /* the distance; yours has two such cells */
    assert_non_null(strstr(svg, ">278</text>"));                            /* 15 rows around 271 */
    assert_non_null(strstr(svg, ">2999</text>"));
    free(svg);
    free(want);
    free(got);
}

static void a_turned_phase_is_seen(void **state) {
    float want[2 * 12], got[2 * 12];
    for (int i = 0; i < 12; i++) {
        want[2 * i] = got[2 * i] = 1;
        want[2 * i + 1] = (float)i;
        got[2 * i + 1] = -(float)i;
    }
    char *svg = picture(observe(OTO_CHECK_ARRAY, OTO_OBSERVED_COMPLEX64, want, 12, 1),
                        observe(OTO_CHECK_ARRAY, OTO_OBSERVED_COMPLEX64, got, 12, 1), 11);
    assert_non_null(strstr(svg, "<svg class=\"imaginary-parts\""));
    free(svg);
    for (int i = 0; i < 12; i++) got[2 * i + 1] = 3 * want[2 * i + 1];
    svg = picture(observe(OTO_CHECK_ARRAY, OTO_OBSERVED_COMPLEX64, want, 12, 1),
                  observe(OTO_CHECK_ARRAY, OTO_OBSERVED_COMPLEX64, got, 12, 1), 11);
    assert_non_null(strstr(svg, "<svg class=\"magnitudes\""));
    free(svg);
}

static void a_curve_beside_an_expected_constant_is_in_the_picture(void **state) {
    static const float constant[12], ramp[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    char *svg = picture(matrix(constant, 12, 1), matrix(ramp, 12, 1), 11);
    assert_non_null(strstr(svg, ">-0.55</text>"));
    free(svg);
}

static void single_values_and_texts_are_not_drawn(void **state) {
    assert_null(picture(matrix(steps, 1, 1), matrix(steps, 1, 1), 0));
    assert_null(picture(matrix(steps, 2, 2), matrix(steps, 2, 2), 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_is_drawn_three_times_with_the_worst_place_framed),
        cmocka_unit_test(what_is_no_number_is_grey),
        cmocka_unit_test(shapes_that_differ_are_drawn_as_they_are),
        cmocka_unit_test(rows_in_any_order_have_no_distance),
        cmocka_unit_test(of_a_large_matrix_no_error_is_lost_and_its_place_is_drawn_near),
        cmocka_unit_test(a_turned_phase_is_seen),
        cmocka_unit_test(a_curve_beside_an_expected_constant_is_in_the_picture),
        cmocka_unit_test(single_values_and_texts_are_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
