/* The small mistakes that are made in a solution on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "autograder/mutate.h"
#include "kernel/engine/text.h"

static struct mutants mutants_of(const char *source) {
    struct mutants mutants = {};
    mutants_add(&mutants, source, strlen(source));
    return mutants;
}

static bool makes(const char *source, enum mutation kind, const char *result) {
    struct mutants mutants = mutants_of(source);
    bool found = false;
    for (size_t i = 0; i < mutants.count; i++) {
        char *made = mutant_source(&mutants.list[i], source);
        found |= mutants.list[i].kind == kind && strcmp(made, result) == 0;
        free(made);
    }
    mutants_free(&mutants);
    return found;
}

/* How many mutants are of that kind. */
static size_t count_of(const char *source, enum mutation kind) {
    struct mutants mutants = mutants_of(source);
    size_t count = 0;
    for (size_t i = 0; i < mutants.count; i++) count += mutants.list[i].kind == kind;
    mutants_free(&mutants);
    return count;
}

static void a_bound_or_a_whole_number_is_off_by_one(void **state) {
    assert_true(makes("while (i < n) i++;", MUTATION_OFF_BY_ONE, "while (i <= n) i++;"));
    assert_true(makes("y = x[n - 10];", MUTATION_OFF_BY_ONE, "y = x[n - 11];"));
    assert_true(makes("y = x[n - 10];", MUTATION_OFF_BY_ONE, "y = x[n - 9];"));
    assert_false(makes("i = 0;", MUTATION_OFF_BY_ONE, "i = -1;"));
    assert_int_equal(count_of("float x[8], y[8]; z = p->m >> 2u;", MUTATION_OFF_BY_ONE), 0);
}

static void a_sign_is_turned(void **state) {
    assert_true(makes("y = a + b;", MUTATION_SIGN, "y = a - b;"));
    assert_true(makes("y -= b;", MUTATION_SIGN, "y += b;"));
    assert_true(makes("y = -b;", MUTATION_SIGN, "y = b;"));
    assert_true(makes("return b;", MUTATION_SIGN, "return -(b);"));
    assert_int_equal(count_of("i++; p->x; y = (double)*p;", MUTATION_SIGN), 0);
}

static void axes_change_places(void **state) {
    assert_true(makes("y = m[i][j];", MUTATION_AXIS, "y = m[j][i];"));
    assert_true(makes("y = m[i * 20 + j];", MUTATION_AXIS, "y = m[j * 20 + i];"));
    assert_true(makes("y = oto_at(x, i, j);", MUTATION_AXIS, "y = oto_at(x, j, i);"));
    assert_true(makes("n = S->rows;", MUTATION_AXIS, "n = S->cols;"));
    assert_int_equal(count_of("y = fmax(a, b) + m[i][i]; double w[4][5];", MUTATION_AXIS), 0);
}

static void a_constant_is_doubled_or_halved(void **state) {
    assert_true(makes("y = 0.5 * x;", MUTATION_CONSTANT, "y = 1.0 * x;"));
    assert_true(makes("y = 1e-10f * x;", MUTATION_CONSTANT, "y = 5e-11f * x;"));
    assert_true(makes("y = sin(M_PI);", MUTATION_CONSTANT, "y = sin((M_PI / 2));"));
    assert_true(makes("f(.center = false);", MUTATION_CONSTANT, "f(.center = true);"));
}

static void a_term_a_factor_or_a_statement_is_missing(void **state) {
    assert_true(makes("y = a * b + c / d;", MUTATION_MISSING, "y = a * b ;"));
    assert_true(makes("y = a * b + c / d;", MUTATION_MISSING, "y = c / d;"));
    assert_true(makes("y = a * b + c / d;", MUTATION_MISSING, "y = b + c / d;"));
    assert_true(makes("y = a * b + c / d;", MUTATION_MISSING, "y = a * b + c ;"));
    assert_true(makes("y = a - b;", MUTATION_MISSING, "y = - b;"));
    assert_true(makes("if (x) y = f(1, 2);", MUTATION_MISSING, "if (x) ;"));
    assert_true(makes("for (;;) { if (x) continue; }", MUTATION_MISSING, "for (;;) { if (x) ; }"));
    assert_true(makes("y = (double)a / b;", MUTATION_MISSING, "y = a / b;"));
    assert_int_equal(count_of("double y = a; OtoTensor *z = f(b); return a;", MUTATION_MISSING), 0);
}

static void a_condition_is_turned(void **state) {
    assert_true(makes("if (a == b) f();", MUTATION_CONDITION, "if (!(a == b)) f();"));
    assert_true(makes("if (a == b) f();", MUTATION_CONDITION, "if (a != b) f();"));
    assert_true(makes("y = a > 0 ? b : c ? d : e;", MUTATION_CONDITION, "y = a > 0 ? c ? d : e : b;"));
    assert_true(makes("y = a && b;", MUTATION_CONDITION, "y = a || b;"));
}

static void a_function_is_mistaken_or_forgotten(void **state) {
    assert_true(makes("y = fmin(a, sin(b));", MUTATION_FUNCTION, "y = fmax(a, sin(b));"));
    assert_true(makes("y = fmin(a, sin(b));", MUTATION_FUNCTION, "y = fmin(a, cos(b));"));
    assert_true(makes("y = fabs(a);", MUTATION_FUNCTION, "y = (a);"));
}

static void texts_comments_and_directives_stay(void **state) {
    struct mutants mutants =
        mutants_of("// a + 1\n/* b < 2 */ const char *s = \"c - 3\";\n#define X 4 + 5\nchar t = 'd'");
    assert_int_equal(mutants.count, 0);
    mutants_free(&mutants);
}

static void only_the_solution_is_touched(void **state) {
    const char *source =
        "int f(int a) {\n    // ### BEGIN SOLUTION\n    return a + 1;\n    // ### END SOLUTION\n}\n"
        "int g(int a) {\n    a += 2;\n    // ### BEGIN SOLUTION\n    return a;\n    // ### END SOLUTION\n}";
    struct mutants mutants = mutants_of(source);
    assert_true(mutants.count > 3);
    for (size_t i = 0; i < mutants.count; i++) {
        char *made = mutant_source(&mutants.list[i], source);
        assert_non_null(strstr(made, "int f(int a) {\n    // ### BEGIN"));
        assert_non_null(strstr(made, "a += 2;"));
        free(made);
    }
    mutants_free(&mutants);
}

static void broken_code_is_no_reason_to_fail(void **state) {
    const char *const sources[] = {"",       ")",  "((",   "a + ",   "] ? :",   "if (",
                                   "return", "x[", "}{;-", "\"open", "/* open", "? : ; ,"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct mutants mutants = mutants_of(sources[i]);
        mutants_free(&mutants);
    }
}

static void lines_are_told_without_indent(void **state) {
    const char *source = "{\n    f(a,\n      b);\n    g();\n}";
    struct mutants mutants = mutants_of(source);
    char *line, *becomes;
    mutant_lines(&mutants.list[0], source, &line, &becomes);
    assert_string_equal(line, "f(a, b);");
    assert_string_equal(becomes, ";");
    free(line);
    free(becomes);
    mutants_free(&mutants);
}

static void a_choice_holds_all_kinds_and_is_the_same_each_time(void **state) {
    const char *source =
        "for (int i = 0; i < n; i++) { y[i] = 0.5 * sin(2 * M_PI * f * i / rate) + m[i][j]; if (a && b) c = -d; }";
    struct mutants all = mutants_of(source);
    for (uint64_t turn = 0; turn < 5; turn++) {
        struct mutants some = mutants_of(source), again = mutants_of(source);
        size_t kinds[MUTATIONS] = {};
        mutants_choose(&some, 9, turn);
        mutants_choose(&again, 9, turn);
        assert_int_equal(some.count, 9);
        assert_int_equal(again.count, 9);
        for (size_t i = 0; i < 9; i++) {
            kinds[some.list[i].kind]++;
            assert_int_equal(some.list[i].from, again.list[i].from);
            assert_string_equal(some.list[i].text, again.list[i].text);
        }
        for (int k = 0; k < MUTATIONS; k++) assert_true(kinds[k] >= 1);
        mutants_free(&some);
        mutants_free(&again);
    }
    size_t count = all.count;
    mutants_choose(&all, 1000, 3);
    assert_int_equal(all.count, count);
    mutants_free(&all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_or_a_whole_number_is_off_by_one),
        cmocka_unit_test(a_sign_is_turned),
        cmocka_unit_test(axes_change_places),
        cmocka_unit_test(a_constant_is_doubled_or_halved),
        cmocka_unit_test(a_term_a_factor_or_a_statement_is_missing),
        cmocka_unit_test(a_condition_is_turned),
        cmocka_unit_test(a_function_is_mistaken_or_forgotten),
        cmocka_unit_test(texts_comments_and_directives_stay),
        cmocka_unit_test(only_the_solution_is_touched),
        cmocka_unit_test(broken_code_is_no_reason_to_fail),
        cmocka_unit_test(lines_are_told_without_indent),
        cmocka_unit_test(a_choice_holds_all_kinds_and_is_the_same_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
