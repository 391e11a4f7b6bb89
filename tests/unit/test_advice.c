/* What a learner is told of the compiler's messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/engine/advice.h"

static void tells(const char *message, const char *option, const char *line, size_t at, const char *sentence,
                  const char *hint) {
    struct pointed pointed = {line, line ? strlen(line) : 0, at};
    struct advice advice = advice_for(message, option, line ? &pointed : NULL);
    assert_string_equal(advice.sentence, sentence);
    if (hint) assert_string_equal(advice.hint, hint);
    if (!hint) assert_null(advice.hint);
    advice_free(&advice);
}

static void a_message_is_said_in_plain_words(void **state) {
    tells("called object type 'int' is not a function or function pointer", "", "x();", 1,
          "this is not a function but a value of type int, so it cannot be called",
          "only a function's name is followed by ( ); a product needs its *");
}

static void an_unknown_message_stays_as_it_is(void **state) {
    tells("something new", "", NULL, 0, "something new", NULL);
}

static void the_place_in_the_line_decides_between_rows(void **state) {
    tells("expected expression", "", "if (x === 3)", 8,
          "expected expression: C has no ===", "equality is ==, inequality !=");
    tells("expected expression", "", "int x = 1 +;", 11, "expected expression before ';'",
          "is a value missing at the end?");
}

static void a_word_of_another_language_is_explained(void **state) {
    tells("use of undeclared identifier 'None'", "", "int *p = None;", 9,
          "use of undeclared identifier 'None': nothing of that name is known", "C writes NULL");
    tells("expected ')'", "", "if (a and b)", 6, "expected ')': a bracket ( is not closed", "C writes && for and");
}

static void a_line_of_another_language_is_explained(void **state) {
    tells("expected '(' after 'for'", "", "  for k in range(9): ", 6, "this is Python's for",
          "C counts: for (int k = 0; k < 9; k++) { ... }");
}

static void a_warning_is_known_by_its_switch(void **state) {
    tells("variable 'x' is uninitialized when used here", "-Wuninitialized", "return x;", 7,
          "variable 'x' is uninitialized when used here",
          "the variable has no value yet: give it one where it is declared");
}

static void names_of_headers_are_known(void **state) {
    assert_string_equal(advice_header("printf"), "stdio.h");
    assert_string_equal(advice_header("pthread_create"), "pthread.h");
    assert_null(advice_header("print"));
    assert_null(advice_header("printf_x"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_said_in_plain_words),
        cmocka_unit_test(an_unknown_message_stays_as_it_is),
        cmocka_unit_test(the_place_in_the_line_decides_between_rows),
        cmocka_unit_test(a_word_of_another_language_is_explained),
        cmocka_unit_test(a_line_of_another_language_is_explained),
        cmocka_unit_test(a_warning_is_known_by_its_switch),
        cmocka_unit_test(names_of_headers_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
