/* From a cell's source to the text of its units: written plainly, planned, cut, drafted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/cut.h"
#include "kernel/engine/plain.h"
#include "kernel/engine/unit.h"

static bool never(void *context, const char *name, size_t length) {
    return false;
}
static const struct name_oracle oracle = {NULL, never, never, never};
static const struct names nothing;

static void make(struct plan *plan, const struct names *names, const char *source) {
    *plan =
        (struct plan){.source = source, .length = strlen(source), .first_line = 1, .names = names, .headers = &nothing};
    split_cell(source, plan->length, &oracle, &plan->items);
    plan_make(plan);
}

static char *draft(const struct names *names, const char *source) {
    struct plan plan;
    struct text out = {};
    size_t start;
    make(&plan, names, source);
    unit_draft(&plan, &out, &start);
    plan_free(&plan);
    return text_take(&out);
}

#define assert_before(text, first, second)                                                                             \
    do {                                                                                                               \
        const char *one = strstr(text, first), *two = strstr(text, second);                                            \
        assert_non_null(one);                                                                                          \
        assert_non_null(two);                                                                                          \
        assert_true(one < two);                                                                                        \
    } while (0)

static void assert_plain(const char *source, const char *expected) {
    char *plain = plain_source(source, strlen(source));
    assert_string_equal(plain, expected);
    free(plain);
}

static void sources_are_written_plainly(void **state) {
    assert_plain("int a<:2:> = <% 1 %>;", "int a[ 2]  = {  1 } ;");
    assert_plain("%:define X 1\n%:define Y 2", "# define X 1\n# define Y 2");
    assert_plain("int lo\\\nng = 12\\\n34;", "int long \n = 1234 \n;");
    assert_plain("int a;\r\nint b;\r\n", "int a; \nint b; \n");
    assert_plain("\xef\xbb\xbfint a;", "   int a;");
    assert_plain("char *s = \"<: \\\n:>\"; // <%", "char *s = \"<: \\\n:>\"; // <%");
}

static void functions_are_declared_before_they_are_called(void **state) {
    char *text = draft(&nothing, "f();\nint f(void) { return g(); }\nstatic int g(void) { return 1; }");
    assert_before(text, "int f(void);", "f();\n");
    assert_before(text, "int g(void);", "return g()");
    free(text);
}

static void a_function_waits_for_the_types_of_what_it_calls(void **state) {
    char *text = draft(&nothing, "int f(void) { return g().x; }\ntypedef struct { int x; } box;\nbox g(void) { }");
    assert_before(text, "} box;", "box g(void);");
    assert_before(text, "box g(void);", "return g().x");
    free(text);
}

static void a_cut_keeps_lines_and_lets_functions_go_first(void **state) {
    struct plan plan;
    struct cut cut;
    long long lengths[] = {7};
    make(&plan, &nothing, "int n = 3;\nint v[n];\nint f(void) { return n; }\nint g(void) { return v[0]; }");
    cut_make(&plan, 1, true, &cut);
    assert_non_null(strstr(text_c(&cut.before), "\nlong long oto_length_0 = (n);"));
    assert_non_null(strstr(text_c(&cut.before), "\nint f(void) { return n; }"));
    assert_null(strstr(text_c(&cut.before), "int g"));
    char *after = cut_fill(&cut, lengths);
    assert_string_equal(strchr(after, '\n'), "\nint v[7];\n                         \nint g(void) { return v[0]; }");
    free(after);
    cut_free(&cut);
    plan_free(&plan);
}

static struct definition *define(struct names *names, enum definition_kind kind, char space, const char *name,
                                 const char *text) {
    struct definition *d = definition_new(kind, name);
    struct closure closure = {};
    definition_key(d, space, name, strlen(name));
    d->text = must_copy(text);
    closure_add_text(&closure, names, text, strlen(text), NULL, NULL);
    names_add(names, d);
    names_link(names, d, &closure, NULL);
    closure_free(&closure);
    return d;
}

static void what_is_used_before_it_changes_is_found(void **state) {
    struct names names = {};
    struct plan plan;
    define(&names, DEFINED_TYPE, 't', "s", "struct s { int x; };");
    define(&names, DEFINED_VARIABLE, 'o', "a", "extern typeof(struct s) a;");
    make(&plan, &names, "int b = a.x; int a = 2;");
    assert_int_equal(plan_redefined_after_use(&plan), 1);
    plan_free(&plan);
    make(&plan, &names, "int b = a.x; struct s { int y; };");
    assert_int_equal(plan_redefined_after_use(&plan), 1);
    plan_free(&plan);
    make(&plan, &names, "int a = 2; int b = a;");
    assert_int_equal(plan_redefined_after_use(&plan), 0);
    plan_free(&plan);
    names_clear(&names);
}

static void what_stands_on_a_changed_type_is_not_declared(void **state) {
    struct names names = {};
    define(&names, DEFINED_TYPE, 't', "s", "struct s { int x; };");
    define(&names, DEFINED_VARIABLE, 'o', "a", "extern typeof(struct s) a;");
    char *text = draft(&names, "struct s { int y; }; int f(int a) { return a; }");
    assert_null(strstr(text, "extern typeof(struct s) a;"));
    free(text);
    names_clear(&names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_written_plainly),
        cmocka_unit_test(functions_are_declared_before_they_are_called),
        cmocka_unit_test(a_function_waits_for_the_types_of_what_it_calls),
        cmocka_unit_test(a_cut_keeps_lines_and_lets_functions_go_first),
        cmocka_unit_test(what_is_used_before_it_changes_is_found),
        cmocka_unit_test(what_stands_on_a_changed_type_is_not_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
