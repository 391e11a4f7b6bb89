/* Where an address lies, as AddressSanitizer's report tells it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/worker/whereabouts.h"

static void a_heap_block_is_told_with_its_size(void **state) {
    struct whereabouts place;
    assert_true(whereabouts_read("0x502000000020 is located 0 bytes after 16-byte region [0x502000000010,0x20)\n"
                                 "allocated by thread T0 here:\n",
                                 &place));
    assert_string_equal(place.object, "heap");
    assert_string_equal(place.relation, "after");
    assert_int_equal(place.distance, 0);
    assert_int_equal(place.extent, 16);
    assert_true(whereabouts_read("0x12 is located 2 bytes inside of 8-byte region [0x10,0x18)\n", &place));
    assert_string_equal(place.relation, "inside");
    assert_int_equal(place.distance, 2);
}

static void of_several_variables_the_nearest_is_told(void **state) {
    struct whereabouts place;
    assert_true(whereabouts_read(
        "0x4c is located 20 bytes before global variable 'gp.new' defined in '/tmp/a b.c' (0x60) of size 8\n"
        "0x4c is located 0 bytes after global variable 'grid.new' defined in '/tmp/a b.c' (0x40) of size 12\n",
        &place));
    assert_string_equal(place.object, "global");
    assert_string_equal(place.name, "grid");
    assert_string_equal(place.relation, "after");
    assert_int_equal(place.extent, 12);
}

static void the_variable_itself_is_nearer_than_its_neighbour(void **state) {
    struct whereabouts place;
    assert_true(whereabouts_read("0x4 is located 0 bytes after global variable 'a.new' defined in 'f' (0x0) of size 4\n"
                                 "0x4 is located 4 bytes inside of global variable 'f.new.b' defined in 'f' (0x0) of "
                                 "size 12\n",
                                 &place));
    assert_string_equal(place.name, "f.b");
    assert_string_equal(place.relation, "inside");
}

static void a_literal_has_no_name(void **state) {
    struct whereabouts place;
    assert_true(
        whereabouts_read("0x45 is located 1 bytes after global variable '.str.3' defined in 'r.c' (0x40) of size 4\n"
                         "  '.str.3' is ascii string 'abc'\n",
                         &place));
    assert_string_equal(place.object, "literal");
    assert_string_equal(place.name, "");
}

static const char stack_report[] = "Address 0x20 is located in stack of thread T0 at offset 48 in frame\n"
                                   "    #0 0x561720161a5f  (/bin/oto-worker+0x10ba5f)\n\n"
                                   "  This frame has 2 object(s):\n"
                                   "    [32, 48) 'a' (line 5) <== Memory access at offset 48 overflows this variable\n"
                                   "    [64, 68) 'b' (line 6)\n";

static void a_local_is_told_with_its_function(void **state) {
    struct whereabouts place;
    assert_true(whereabouts_read(stack_report, &place));
    assert_string_equal(place.object, "stack");
    assert_string_equal(place.name, "a");
    assert_string_equal(place.relation, "after");
    assert_int_equal(place.distance, 0);
    assert_int_equal(place.extent, 16);
    assert_true(place.owner == 0x561720161a5f);
}

static void a_stack_without_variables_has_no_bounds(void **state) {
    struct whereabouts place;
    assert_true(whereabouts_read("Address 0x7ffc60240114 is located in stack of thread T0\n", &place));
    assert_string_equal(place.object, "stack");
    assert_string_equal(place.relation, "");
    assert_string_equal(place.name, "");
}

static void a_wild_address_is_nowhere(void **state) {
    struct whereabouts place;
    assert_false(whereabouts_read("Address 0x50 is a wild pointer inside of access range of size 0x01.\n", &place));
    assert_string_equal(place.object, "");
    assert_false(whereabouts_read("0x1 is located somewhere else\n", &place));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_block_is_told_with_its_size),
        cmocka_unit_test(of_several_variables_the_nearest_is_told),
        cmocka_unit_test(the_variable_itself_is_nearer_than_its_neighbour),
        cmocka_unit_test(a_literal_has_no_name),
        cmocka_unit_test(a_local_is_told_with_its_function),
        cmocka_unit_test(a_stack_without_variables_has_no_bounds),
        cmocka_unit_test(a_wild_address_is_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
