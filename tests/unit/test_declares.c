/* What the text of a cell makes known to other cells, and what it does besides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "autograder/declares.h"
#include "kernel/engine/text.h"

static bool only_defines_functions(const char *source) {
    struct declares declares = declares_of(source, strlen(source));
    bool only = !declares.does_more && !declares.is_beyond;
    declares_free(&declares);
    return only;
}

/* Variables are in angle brackets; each with a space behind it. */
static char *names_in(const char *source) {
    struct text names = {};
    struct declares declares = declares_of(source, strlen(source));
    for (size_t i = 0; i < declares.count; i++)
        text_format(&names, declares.list[i].variable ? "<%.*s> " : "%.*s ", (int)declares.list[i].length,
                    declares.list[i].name);
    declares_free(&declares);
    return names.length ? text_take(&names) : must_copy("");
}

static void assert_names(const char *source, const char *expected) {
    char *names = names_in(source);
    assert_string_equal(names, expected);
    free(names);
}

static bool seeds_first(const char *source) {
    struct declares declares = declares_of(source, strlen(source));
    bool first = declares.seeds_first;
    declares_free(&declares);
    return first;
}

static void functions_and_types_are_nothing_more(void **state) {
    assert_true(only_defines_functions(""));
    assert_true(only_defines_functions("// nothing\n"));
    assert_true(
        only_defines_functions("double f(double x) { return x; }\nstatic int *g(void) { int n = 3; return 0; }"));
    assert_true(only_defines_functions("typedef struct { int n; } Box;\nenum { A, B };\nstruct s { int a[3]; };"));
    assert_true(only_defines_functions(
        "int f(void) { for (int i = 0; i < 3; i++) { if (i) return (struct s){1}.n; } return 0; }"));
}

static void whatever_may_last_is_more(void **state) {
    static const char *const more[] = {
        "int n;",
        "int n = 3;",
        "struct s { int a; } s;",
        "struct s x = {1};",
        "enum e x[] = {f()};",
        "typedef int row[({ f(); 3; })];",
        "printf(\"x\");",
        "for (int i = 0; i < 3; i++) { f(); }",
        "%fast\nint f(void) { return 1; }",
        "!ls",
        "int f(void) { static int n; return n++; }",
        "int f(void) { extern int n; return n++; }",
        "int f(void) { thread_local int n; return n; }",
        "int f(void) { asm(\"nop\"); return 1; }",
        "int f(void) { __asm__(\"nop\"); return 1; }",
        "int f(void) __asm__(\"memcmp\");\nint f(void) { return 1; }",
        "__attribute__((constructor)) void f(void) { }",
        "[[gnu::constructor]] void f(void) { }",
        "int main(void) { return 0; }",
        "int f(void) { return 1; ",
        "int f(void) { return 1; } }",
        "int f(int) ;",
        "f(x) { return 1; }",
        "#define N 3\nint f(void) { return N; }",
        "int f(void) {\n%:define N 3\nreturn 1; }",
        "int f(void) { sta\\\ntic int n; return n++; }",
        "int f(void) { sta\\ \ntic int n; return n++; }",
        "int f(void) { puts(R\"(\")\"); static int n; puts(R\"(\")\"); return n++; }",
        "int f(void) { _Pragma(\"pack(1)\") return 1; }",
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (only_defines_functions(more[i])) fail_msg("%s", more[i]);
}

static bool is_beyond(const char *source) {
    struct declares declares = declares_of(source, strlen(source));
    bool beyond = declares.is_beyond;
    declares_free(&declares);
    return beyond;
}

static void magics_are_beyond(void **state) {
    assert_true(is_beyond("int n = 3;\n  %cflags -DN=3\n"));
    assert_true(is_beyond("!ls"));
    assert_true(is_beyond("%%writefile mine.h\n3\n"));
    assert_false(is_beyond("int n = 3 % 2;\nif (!n) n = 1;\n"));
}

static void names_of_functions_and_variables_are_found(void **state) {
    assert_names("double f(double x) { int y = 3; return x; }\nint n = 3, *m, a[3] = {1, 2};\nfloat z;",
                 "f <n> <m> <a> <z> ");
    assert_names("for (int i = 0; i < 3; i++) { g(i); }\nvoid f(int n) { }", "f ");
    assert_names("OtoNote single[] = {{0, 0.5}};\nOtoTensor *t = oto_zeros(3);\nif (t) { } else { }", "<single> <t> ");
    assert_names("struct s x = {1};", "<x> ");
}

static void names_of_types_and_enumerators_are_found_but_no_members(void **state) {
    assert_names("enum { A = 3, B };\ntypedef int number;", "A B number ");
    assert_names("struct s { int n, m; struct t { float x; } t; };", "s t ");
    assert_names("typedef struct { int n, m; } Box, *Boxes;", "Box Boxes ");
    assert_names("typedef double function(double), (*pointer)(int n), row[3];", "function pointer n row ");
    assert_names("enum e : unsigned char { C, D = 2, E, };", "e C D E ");
    assert_names("struct s { enum { A, B } kind; } x = {A};\nstruct s f(struct s y) { enum { C } c; return y; }",
                 "s A B <x> f ");
}

static void a_seed_comes_before_every_call_or_not(void **state) {
    assert_true(seeds_first("oto_seed(oto_exercise_seed() + 1);\nf(oto_uniform());"));
    assert_true(seeds_first("int f(void) { return g(); }\nint found[16];\noto_seed(3);"));
    assert_false(seeds_first("double x = oto_uniform();\noto_seed(3);"));
    assert_false(seeds_first("int a[] = {g()};\noto_seed(3);"));
    assert_false(seeds_first("oto_seed(time);"));
    assert_false(seeds_first("if (0) oto_seed(3);"));
    assert_false(seeds_first("{ oto_seed(3); }"));
    assert_false(seeds_first("int n = 3;"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_and_types_are_nothing_more),
        cmocka_unit_test(whatever_may_last_is_more),
        cmocka_unit_test(magics_are_beyond),
        cmocka_unit_test(names_of_functions_and_variables_are_found),
        cmocka_unit_test(names_of_types_and_enumerators_are_found_but_no_members),
        cmocka_unit_test(a_seed_comes_before_every_call_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
