/* The splitter and the scanner of declarations: what a cell's items are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "kernel/engine/declarator.h"
#include "kernel/engine/split.h"
#include "kernel/engine/text.h"

static bool is_type(void *context, const char *name, size_t length) {
    return length == 6 && !memcmp(name, "size_t", 6);
}
static bool ends_item(void *context, const char *name, size_t length) {
    return length == 3 && !memcmp(name, "SAY", 3);
}
static bool is_macro(void *context, const char *name, size_t length) {
    return ends_item(context, name, length) || (length == 7 && !memcmp(name, "forever", 7)) ||
           (length == 4 && !memcmp(name, "each", 4));
}
static const struct name_oracle oracle = {NULL, is_type, is_macro, ends_item};

/* The kinds of a cell's items as letters: # directive, f function, d declaration, s statement, e expression, 0 empty.
 */
static char *kinds(const char *source) {
    static const char letters[] = "#fdse0";
    struct items items;
    struct text out = {};
    split_cell(source, strlen(source), &oracle, &items);
    for (size_t i = 0; i < items.count; i++) text_add_n(&out, &letters[items.list[i].kind], 1);
    if (items.open) text_add(&out, "+");
    if (items.stray) text_add(&out, "!");
    items_free(&items);
    return text_take(&out);
}

#define assert_kinds(source, expected)                                                                                 \
    do {                                                                                                               \
        char *got = kinds(source);                                                                                     \
        assert_string_equal(got, expected);                                                                            \
        test_free_kinds(got);                                                                                          \
    } while (0)

static void test_free_kinds(char *kinds) {
    struct text text = {.data = kinds};
    text_free(&text);
}

static void items_end_with_semicolon_or_body(void **state) {
    assert_kinds("int a = 1; a++; a", "dse");
    assert_kinds("int f(int x) { return x; } f(2)", "fe");
    assert_kinds("struct p { int x; } q = {1}; struct p *r;", "dd");
    assert_kinds("enum { A, B }; union u { int i; float f; };", "dd");
    assert_kinds("struct p f(void) { struct p x = {1}; return x; }", "f");
    assert_kinds("int (*op)(int, int) = add; int a[] = {1, 2};", "dd");
    assert_kinds(";;", "00");
}

static void statements_take_what_belongs_to_them(void **state) {
    assert_kinds("if (a) b(); else if (c) d(); else { e(); } f();", "ss");
    assert_kinds("for (int i = 0; i < 3; i++) if (i) x(); y();", "ss");
    assert_kinds("do { x(); } while (y); z()", "se");
    assert_kinds("switch (x) { case 1: break; default: f(); } g();", "ss");
    assert_kinds("again: x(); goto again;", "ss");
    assert_kinds("{ int x; { } } y()", "se");
}

static void macros_may_head_a_statement(void **state) {
    assert_kinds("forever { x(); } y();", "ss");
    assert_kinds("each(i, 3) { x(i); } y();", "ss");
}

static void a_macro_that_ends_as_an_item_does_is_one(void **state) {
    assert_kinds("SAY(1)\nSAY(2) int x;", "ssd");
    assert_kinds("SAY(1); y()", "se");
}

static void types_and_products_are_told_apart(void **state) {
    assert_kinds("size_t * p;", "d");
    assert_kinds("a * b;", "s");
    assert_kinds("typedef int num; num * p; a * b", "dde");
    assert_kinds("typedef int (*cmp)(const void *a, const void *b); a * b", "de");
    assert_kinds("a * b", "e");
}

static void directives_and_comments_are_not_code(void **state) {
    assert_kinds("#define X(a) \\\n  { a; }\nint y;", "#d");
    assert_kinds("// int a;\n/* }{ ; */ char c = ';'; char *s = \"}; // \\\"\"; s", "dde");
    assert_kinds("#if 1\nint x;\n#endif", "#d#");
}

static void what_is_not_finished_is_open(void **state) {
    assert_kinds("for (;;) {", "s+");
    assert_kinds("/* open", "+");
    assert_kinds("int f(int a,", "d+");
    assert_kinds("#if X", "#+");
    assert_kinds("printf(\"open\n", "e+!");
    assert_kinds("int x = )", "d!");
    assert_kinds("}", "s!");
}

static void lines_and_columns_are_those_of_the_cell(void **state) {
    const char *source = "int a;\n\n  b = 2; c = 3;";
    struct items items;
    split_cell(source, strlen(source), &oracle, &items);
    assert_int_equal(items.count, 3);
    assert_int_equal(items.list[1].line, 3);
    assert_int_equal(items.list[1].column, 2);
    assert_int_equal(items.list[2].line, 3);
    assert_int_equal(items.list[2].column, 9);
    items_free(&items);
}

static void declarators_are_found_with_names_and_initialisers(void **state) {
    const char *text = "static const unsigned long a = f(1, 2), *b[3], (*c)(int), d(void);";
    struct declaration d;
    declaration_scan(text, strlen(text), &d);
    assert_true(d.is_static);
    assert_int_equal(d.count, 4);
    assert_true(span_is(text, d.declarators[0].name, "a"));
    assert_true(span_is(text, d.declarators[0].initialiser, "f(1, 2)"));
    assert_true(span_is(text, d.declarators[1].name, "b"));
    assert_int_equal(d.declarators[1].length_count, 1);
    assert_true(span_is(text, d.declarators[2].name, "c"));
    assert_false(d.declarators[2].is_function);
    assert_true(d.declarators[3].is_function);
    declaration_free(&d);
}

static void aggregates_are_found_with_tag_body_and_enumerators(void **state) {
    const char *text = "enum tone { C = 60, D = C + 2, E } first = C;";
    struct declaration d;
    declaration_scan(text, strlen(text), &d);
    assert_true(span_is(text, d.aggregate_tag, "tone"));
    assert_int_equal(d.enumerator_count, 3);
    assert_true(span_is(text, d.enumerators[2], "E"));
    assert_true(span_is(text, d.declarators[0].name, "first"));
    declaration_free(&d);
    text = "typedef struct { int x; } Point, *PointP;";
    declaration_scan(text, strlen(text), &d);
    assert_true(d.is_typedef);
    assert_int_equal(d.aggregate_tag.end, d.aggregate_tag.start);
    assert_int_equal(d.count, 2);
    assert_true(span_is(text, d.declarators[1].name, "PointP"));
    declaration_free(&d);
}

static void names_inside_an_aggregate_are_found(void **state) {
    const char *text = "struct a { struct b { int x; } in; enum kind { NONE, SOME } k; union { int i; }; } "
                       "__attribute__((packed)) v __attribute__((aligned(8))) = { 0 };";
    struct declaration d;
    declaration_scan(text, strlen(text), &d);
    assert_int_equal(d.tag_count, 3);
    assert_true(span_is(text, d.tags[1].name, "b"));
    assert_string_equal(d.tags[2].kind, "enum");
    assert_int_equal(d.enumerator_count, 2);
    assert_int_equal(d.count, 1);
    assert_true(span_is(text, d.declarators[0].attributes, "__attribute__((aligned(8)))"));
    assert_true(span_is(text, d.declarators[0].initialiser, "{ 0 }"));
    declaration_free(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_end_with_semicolon_or_body),
        cmocka_unit_test(statements_take_what_belongs_to_them),
        cmocka_unit_test(macros_may_head_a_statement),
        cmocka_unit_test(a_macro_that_ends_as_an_item_does_is_one),
        cmocka_unit_test(types_and_products_are_told_apart),
        cmocka_unit_test(directives_and_comments_are_not_code),
        cmocka_unit_test(what_is_not_finished_is_open),
        cmocka_unit_test(lines_and_columns_are_those_of_the_cell),
        cmocka_unit_test(declarators_are_found_with_names_and_initialisers),
        cmocka_unit_test(aggregates_are_found_with_tag_body_and_enumerators),
        cmocka_unit_test(names_inside_an_aggregate_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
