/* Messages in other words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/engine/phrase.h"

static void says(const char *pattern, const char *message, const char *template, const char *expected) {
    struct phrase phrase = {};
    assert_true(phrase_match(pattern, message, &phrase));
    char *said = phrase_say(template, &phrase);
    assert_string_equal(said, expected);
    free(said);
}

static void parts_of_a_message_stand_in_the_other_words(void **state) {
    says("use of undeclared identifier '$1'", "use of undeclared identifier 'x'", "$1 is unknown", "x is unknown");
    says("$1 and $2", "salt and pepper", "$2, $1, $2", "pepper, salt, pepper");
}

static void a_part_is_as_short_as_it_can_be(void **state) {
    says("'$1'$2", "'a' and 'b'", "$1|$2", "a| and 'b'");
}

static void an_asterisk_at_the_end_is_any_rest(void **state) {
    says("expected ')'*", "expected ')' before ';'", "close it", "close it");
    says("expected ')'*", "expected ')'", "close it", "close it");
}

static void what_does_not_fit_is_refused(void **state) {
    struct phrase phrase = {};
    assert_false(phrase_match("expected ';'", "expected ';' after x", &phrase));
    assert_false(phrase_match("expected ';' after x", "expected ';'", &phrase));
    assert_false(phrase_match("$1 and $2", "salt or pepper", &phrase));
    assert_false(phrase_match("a*b", "a-b", &phrase)); /* an asterisk elsewhere is an asterisk */
}

static void a_dollar_without_a_digit_is_a_dollar(void **state) {
    says("cost: $1", "cost: 5", "$ $1 $$", "$ 5 $$");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_message_stand_in_the_other_words),
        cmocka_unit_test(a_part_is_as_short_as_it_can_be),
        cmocka_unit_test(an_asterisk_at_the_end_is_any_rest),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_dollar_without_a_digit_is_a_dollar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
