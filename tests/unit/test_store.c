/* What lies in a file instead of in memory (kernel/engine/store.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kernel/engine/store.h"

static void assert_holds(const struct store *store, const struct stored *stored, const char *bytes) {
    char read[16] = "";
    assert_true(stored->size < sizeof read);
    assert_true(store_get(store, stored, read));
    assert_string_equal(read, bytes);
}

static void each_keeps_its_bytes(void **state) {
    struct store store = store_open();
    struct stored first = store_put(&store, "first", 5), second = store_put(&store, "second", 6);
    assert_holds(&store, &second, "second");
    assert_holds(&store, &first, "first");
    store_drop(&store, &second);
    store_drop(&store, &first);
    store_close(&store);
}

static void what_is_kept_takes_no_memory(void **state) {
    struct store store = store_open();
    struct stored stored = store_put(&store, "here", 4);
    assert_null(stored.bytes);
    store_drop(&store, &stored);
    store_close(&store);
}

static void dropping_the_last_makes_room_for_the_next(void **state) {
    struct store store = store_open();
    struct stored kept = store_put(&store, "kept", 4);
    for (int i = 0; i < 100; i++) {
        struct stored passing = store_put(&store, "passing", 7);
        store_drop(&store, &passing);
    }
    struct stat file;
    assert_int_equal(fstat(store.file, &file), 0);
    assert_int_equal(file.st_size, 4 + 7);
    assert_holds(&store, &kept, "kept");
    store_drop(&store, &kept);
    store_close(&store);
}

static void dropping_another_leaves_the_rest(void **state) {
    struct store store = store_open();
    struct stored first = store_put(&store, "first", 5), second = store_put(&store, "second", 6);
    store_drop(&store, &first);
    assert_holds(&store, &second, "second");
    store_drop(&store, &second);
    store_close(&store);
}

static void without_a_file_it_lies_in_memory(void **state) {
    setenv("TMPDIR", "/nowhere", 1);
    struct store store = store_open();
    unsetenv("TMPDIR");
    assert_int_equal(store.file, -1);
    struct stored stored = store_put(&store, "here", 4);
    assert_holds(&store, &stored, "here");
    store_drop(&store, &stored);
    store_close(&store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keeps_its_bytes),
        cmocka_unit_test(what_is_kept_takes_no_memory),
        cmocka_unit_test(dropping_the_last_makes_room_for_the_next),
        cmocka_unit_test(dropping_another_leaves_the_rest),
        cmocka_unit_test(without_a_file_it_lies_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
