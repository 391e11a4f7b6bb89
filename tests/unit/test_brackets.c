/* What does not balance in a cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/engine/brackets.h"

static void finds(const char *source, enum imbalance expected, const char *place) {
    size_t at = 0;
    assert_int_equal(brackets_check(source, strlen(source), &at), expected);
    if (expected != BALANCED) assert_string_equal(source + at, place);
}

static void what_balances_is_fine(void **state) {
    finds("int f(int a[2]) { return g(a[0], '(') + \"{[(\"[0]; } // (", BALANCED, "");
    finds("#define OPEN (\nf(1);", BALANCED, "");
    finds("%timeit f(\n!ls (\nf(1);", BALANCED, "");
    finds("", BALANCED, "");
}

static void a_bracket_that_is_never_closed_is_pointed_at(void **state) {
    finds("if (1 > 0\n    puts(\"a\");", NEVER_CLOSED, "(1 > 0\n    puts(\"a\");");
    finds("int f(int x { return x; }", NEVER_CLOSED, "(int x { return x; }");
    finds("int a[3 = {1};", NEVER_CLOSED, "[3 = {1};");
    finds("g(a[1);", NEVER_CLOSED, "[1);");
}

static void a_bracket_that_closes_nothing_is_pointed_at(void **state) {
    finds("f(1));", NEVER_OPENED, ");");
    finds("puts(\"a\"); }", NEVER_OPENED, "}");
    finds("{ 1 ) }", NEVER_OPENED, ") }");
}

static void indentation_tells_which_brace_is_open(void **state) {
    finds("int f(int x) {\n    if (x) {\n        return 1;\n    return 0;\n}\n", NEVER_CLOSED,
          "{\n        return 1;\n    return 0;\n}\n");
    finds("void f() {\n    g();\n", NEVER_CLOSED, "{\n    g();\n");
}

static void an_open_text_comes_before_the_bracket_around_it(void **state) {
    finds("printf(\"hello);\nint x;", TEXT_OPEN, "\"hello);\nint x;");
    finds("char c = 'a;", TEXT_OPEN, "'a;");
}

static void an_open_comment_is_pointed_at(void **state) {
    finds("int x; /* a\nb", COMMENT_OPEN, "/* a\nb");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_balances_is_fine),
        cmocka_unit_test(a_bracket_that_is_never_closed_is_pointed_at),
        cmocka_unit_test(a_bracket_that_closes_nothing_is_pointed_at),
        cmocka_unit_test(indentation_tells_which_brace_is_open),
        cmocka_unit_test(an_open_text_comes_before_the_bracket_around_it),
        cmocka_unit_test(an_open_comment_is_pointed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
