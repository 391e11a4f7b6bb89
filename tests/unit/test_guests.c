/* Who has to go when one more connects to oto-grade serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "autograder/guests.h"

/* Sockets 100, 101 ..., each a moment after the one before. */
static struct guests full_house(void) {
    struct guests guests = {};
    for (int i = 0; i < GUESTS_MAX; i++) assert_int_equal(guests_enter(&guests, 100 + i, i), -1);
    return guests;
}

static void who_came_first_and_said_nothing_goes_first(void **state) {
    struct guests guests = full_house();
    assert_int_equal(guests_enter(&guests, 1, 1000), 100);
    assert_int_equal(guests_enter(&guests, 2, 1001), 101);
    assert_int_equal(guests.count, GUESTS_MAX);
}

static void who_has_shown_the_token_stays_as_long_as_anybody_has_not(void **state) {
    struct guests guests = full_house();
    guests_hear(&guests, 100, 1);
    for (int i = 0; i < 10 * GUESTS_MAX; i++) assert_int_not_equal(guests_enter(&guests, 1000 + i, 1000 + i), 100);
}

static void of_those_who_have_shown_it_the_one_silent_longest_goes(void **state) {
    struct guests guests = full_house();
    for (int i = GUESTS_MAX - 1; i >= 0; i--) guests_hear(&guests, 100 + i, 1000 - i);
    assert_int_equal(guests_enter(&guests, 1, 2000), 100 + GUESTS_MAX - 1);
}

static void who_left_makes_room(void **state) {
    struct guests guests = full_house();
    guests_leave(&guests, 107);
    guests_leave(&guests, 107);
    guests_hear(&guests, 107, 5);
    assert_int_equal(guests_enter(&guests, 1, 1000), -1);
    assert_int_equal(guests_enter(&guests, 2, 1001), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_came_first_and_said_nothing_goes_first),
        cmocka_unit_test(who_has_shown_the_token_stays_as_long_as_anybody_has_not),
        cmocka_unit_test(of_those_who_have_shown_it_the_one_silent_longest_goes),
        cmocka_unit_test(who_left_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
