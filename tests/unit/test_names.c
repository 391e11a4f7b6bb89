/* The session's names: what they mean, who needs whom, and how a cell's changes are taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/names.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/text.h"

static struct definition *define(struct names *names, enum definition_kind kind, char space, const char *name,
                                 const char *text) {
    struct definition *d = definition_new(kind, name);
    struct closure closure = {};
    definition_key(d, space, name, strlen(name));
    d->text = must_copy(text);
    if (kind != DEFINED_MACRO) closure_add_text(&closure, names, text, strlen(text), NULL, NULL);
    names_add(names, d);
    names_link(names, d, &closure, NULL);
    closure_free(&closure);
    return d;
}

static void a_name_means_its_last_definition(void **state) {
    struct names names = {};
    struct definition *first = define(&names, DEFINED_VARIABLE, 'o', "x", "extern int x;");
    struct definition *second = define(&names, DEFINED_VARIABLE, 'o', "x", "extern double x;");
    assert_ptr_equal(names_find(&names, "o x"), second);
    assert_null(names_find(&names, "t x"));
    assert_false(first->live);
    assert_true(second->live);
    names_clear(&names);
}

static void a_closure_brings_what_its_words_need_in_order(void **state) {
    struct names names = {};
    define(&names, DEFINED_MACRO, 'm', "N", "#define N 3");
    define(&names, DEFINED_TYPE, 't', "note", "struct note { int pitch[N]; };");
    define(&names, DEFINED_VARIABLE, 'o', "other", "extern int other;");
    define(&names, DEFINED_VARIABLE, 'o', "a", "extern typeof(struct note) a;");
    struct closure closure = {};
    closure_add_text(&closure, &names, "a.other = 1", 11, NULL, NULL);
    assert_int_equal(closure.count, 3); /* N, note, a; the member other is not the variable other */
    assert_int_equal(closure.list[0], 0);
    assert_int_equal(closure.list[1], 1);
    assert_int_equal(closure.list[2], 3);
    closure_free(&closure);
    names_clear(&names);
}

static void a_macro_is_looked_up_where_it_is_used(void **state) {
    struct names names = {};
    define(&names, DEFINED_MACRO, 'm', "SCALE", "#define SCALE(x) ((x) * gain)");
    define(&names, DEFINED_VARIABLE, 'o', "gain", "extern double gain;");
    struct closure closure = {};
    closure_add_text(&closure, &names, "SCALE(8)", 8, NULL, NULL);
    assert_true(closure_has(&closure, 1));
    closure_free(&closure);
    names_clear(&names);
}

static void a_variable_of_a_replaced_type_is_stale(void **state) {
    struct names names = {};
    struct definition *old = define(&names, DEFINED_TYPE, 't', "note", "struct note { int pitch; };");
    struct definition *a = define(&names, DEFINED_VARIABLE, 'o', "a", "extern typeof(struct note) a;");
    assert_null(names_outdated(&names, a));
    define(&names, DEFINED_TYPE, 't', "note", "struct note { int pitch; double onset; };");
    assert_ptr_equal(names_outdated(&names, a), old);
    names_clear(&names);
}

static void a_definition_knows_its_users_until_they_are_taken_back(void **state) {
    struct names names = {};
    struct definition *note = define(&names, DEFINED_TYPE, 't', "note", "struct note { int pitch; };");
    struct names_point before = names_here(&names);
    struct definition *a = define(&names, DEFINED_VARIABLE, 'o', "a", "extern typeof(struct note) a;");
    assert_int_equal(note->user_count, 1);
    assert_int_equal(note->users[0], a->number);
    names_return_to(&names, before);
    assert_int_equal(note->user_count, 0);
    assert_null(names_find(&names, "o a"));
    names_clear(&names);
}

static void a_macro_and_a_variable_may_share_a_name(void **state) {
    struct names names = {};
    define(&names, DEFINED_VARIABLE, 'o', "level", "extern int level;");
    define(&names, DEFINED_MACRO, 'm', "level", "#define level (level + 1)");
    struct closure closure = {};
    closure_add_text(&closure, &names, "level", 5, NULL, NULL);
    assert_int_equal(closure.count, 2);
    closure_free(&closure);
    names_clear(&names);
}

static void a_tag_without_a_meaning_is_looked_up_when_it_is_needed(void **state) {
    struct names names = {};
    struct definition *p = define(&names, DEFINED_VARIABLE, 'o', "p", "extern typeof(struct later *) p;");
    p->open = must_allocate(sizeof *p->open);
    p->open[p->open_count++] = must_copy("t later");
    struct definition *later = define(&names, DEFINED_TYPE, 't', "later", "struct later { int x; };");
    struct closure closure = {};
    closure_add_text(&closure, &names, "p->x", 4, NULL, NULL);
    assert_true(closure_has(&closure, later->number));
    closure_free(&closure);
    names_clear(&names);
}

static void a_failed_cell_is_taken_back(void **state) {
    struct names names = {};
    struct definition *x = define(&names, DEFINED_VARIABLE, 'o', "x", "extern int x;");
    names_mark(&names);
    define(&names, DEFINED_VARIABLE, 'o', "x", "extern double x;");
    define(&names, DEFINED_VARIABLE, 'o', "y", "extern double y;");
    names_forget(&names, "o x");
    names_roll_back(&names);
    assert_ptr_equal(names_find(&names, "o x"), x);
    assert_true(x->live);
    assert_null(names_find(&names, "o y"));
    assert_int_equal(names.count, 1);
    names_clear(&names);
}

static void thousands_of_names_are_found(void **state) {
    struct names names = {};
    for (int i = 0; i < 5000; i++) {
        char *name = must_format("name%d", i);
        define(&names, DEFINED_VARIABLE, 'o', name, "extern int x;");
        free(name);
    }
    assert_int_equal(names_find(&names, "o name4321")->number, 4321);
    assert_null(names_find(&names, "o name5000"));
    names_clear(&names);
}

static void the_nearest_word_is_found_unless_all_are_far(void **state) {
    struct nearest nearest = {.word = "prinft"};
    nearest_offer(&nearest, "sprintf");
    nearest_offer(&nearest, "printf");
    nearest_offer(&nearest, "puts");
    assert_string_equal(nearest.best, "printf");
    struct nearest far = {.word = "xyz"};
    nearest_offer(&far, "printf");
    assert_null(far.best);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_means_its_last_definition),
        cmocka_unit_test(a_closure_brings_what_its_words_need_in_order),
        cmocka_unit_test(a_macro_is_looked_up_where_it_is_used),
        cmocka_unit_test(a_variable_of_a_replaced_type_is_stale),
        cmocka_unit_test(a_definition_knows_its_users_until_they_are_taken_back),
        cmocka_unit_test(a_macro_and_a_variable_may_share_a_name),
        cmocka_unit_test(a_tag_without_a_meaning_is_looked_up_when_it_is_needed),
        cmocka_unit_test(a_failed_cell_is_taken_back),
        cmocka_unit_test(thousands_of_names_are_found),
        cmocka_unit_test(the_nearest_word_is_found_unless_all_are_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
