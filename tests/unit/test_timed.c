/* What the time checks of a test cell leave open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "autograder/timed.h"

static void expect(const char *source, bool repeats, bool is_last) {
    struct timed timed = {};
    size_t at = 0;
    timed_next(&timed, source, strlen(source), &at);
    if (timed.repeats != repeats || timed.is_last != is_last)
        fail_msg("%s: repeats %d, is last %d", source, timed.repeats, timed.is_last);
    if (timed.repeats || timed.is_last) free(timed.name);
}

static void the_same_input_can_be_remembered(void **) {
    expect("oto_check_time(\"t\", fft(x, y, 8), .at_most = 3);\noto_check_array(\"v\", y, 8);", true, false);
    expect("oto_check_time(\"t\", fft(x[k++ % 8], y, 8));\noto_check_array(\"v\", y, 8);", false, false);
    expect("oto_check_time(\"t\", fft(y, x[k++ % 8], 8));\noto_check_array(\"v\", y, 8);", false, false);
    expect("oto_check_time(\"t\", (x[0] += 1, fft(x, y, 8)));\noto_check_array(\"v\", y, 8);", false, false);
    expect("oto_check_time(\"t\", work(oto_random_below(9)));\noto_check_close(\"v\", work(3));", false, false);
    expect("oto_check_time(\"t\", a == b ? f(a) : f(b));\noto_check_close(\"v\", f(3));", true, false);
}

static void a_value_is_checked_behind_the_calls_or_none_is(void **) {
    expect("oto_check_close(\"v\", work(3));\noto_check_time(\"t\", work(k++));", false, true);
    expect("oto_check_time(\"t\", work(k++));\noto_check_memory(\"m\", work(3));", false, true);
    expect("oto_check_close(\"v\", work(3));", false, false);
}

static void each_check_is_named_as_it_is_written(void **) {
    const char *source =
        "oto_check_time(\"a, b\", f(x));\noto_check_time(\"c\", f(k++));\noto_check_time(\"d\", f(x));\n"
        "oto_check_close(\"v\", f(3));";
    size_t at = 0;
    struct timed timed;
    assert_true(timed_next(&timed, source, strlen(source), &at));
    assert_string_equal(timed.name, "\"a, b\"");
    free(timed.name);
    assert_true(timed_next(&timed, source, strlen(source), &at));
    assert_string_equal(timed.name, "\"d\"");
    free(timed.name);
    assert_false(timed_next(&timed, source, strlen(source), &at));
}

static void what_is_no_whole_call_is_passed_over(void **) {
    expect("oto_check_time", false, false);
    expect("oto_check_time(", false, false);
    expect("oto_check_time(\"t\"", false, false);
    expect("// oto_check_time(\"t\", f(x));", false, false);
    expect("oto_check_time()", true, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_input_can_be_remembered),
        cmocka_unit_test(a_value_is_checked_behind_the_calls_or_none_is),
        cmocka_unit_test(each_check_is_named_as_it_is_written),
        cmocka_unit_test(what_is_no_whole_call_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
