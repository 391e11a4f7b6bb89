/* The parts of a run that other nodes grade. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "autograder/shard.h"
#include "kernel/engine/text.h"

/* A task that Slurm ran twice, whose second run ended when its shard had been merged. */
static void what_an_earlier_shard_left_does_not_make_a_new_one_done(void **state) {
    char folder[] = "/tmp/oto-shard-XXXXXX", *error = NULL;
    assert_non_null(mkdtemp(folder));
    char *stem = must_format("%s/0", folder), *list = must_format("%s.list", stem);
    struct assignment assignment = {.name = "01"};
    struct course course = {.assignments = &assignment, .count = 1};
    struct submission submission = {.student = "ada"};
    assert_true(shard_finish(stem, &error));
    assert_true(shard_is_done(folder, 0));
    assert_true(shards_write(folder, &course, &submission, &(bool){true}, 1, &error));
    assert_false(shard_is_done(folder, 0));
    assert_int_equal(access(list, F_OK), 0);
    unlink(list);
    rmdir(folder);
    free(stem);
    free(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_an_earlier_shard_left_does_not_make_a_new_one_done)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
