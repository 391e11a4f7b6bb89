/* What the processes of a sandbox hold together. A child of the test stands for the sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "autograder/watch.h"

static const struct sandbox_limits wide = {
    .notebook_seconds = 1000, .memory = 1ll << 40, .processes = 1000, .files = 1 << 30};

/* A child that has done its work and waits. */
static struct sandbox start(void (*work)(void)) {
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        work();
        (void)!write(ready[1], "", 1);
        for (;;) pause();
    }
    assert_true(child > 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return (struct sandbox){.pid = child, .told = -1};
}

static void end(const struct sandbox *sandbox) {
    kill(-sandbox->pid, SIGKILL);
    kill(sandbox->pid, SIGKILL);
    waitpid(sandbox->pid, NULL, 0);
}

static const char *passed(void (*work)(void), const struct sandbox_limits *limits) {
    struct sandbox sandbox = start(work);
    const char *what = watch(&sandbox, &wide);
    assert_null(what);
    what = watch(&sandbox, limits);
    end(&sandbox);
    return what;
}

enum { BYTES = 64 << 20, MOST = 1 << 30 };

static void hold_a_file_of_memory(void) {
    setpgid(0, 0);
    int file = memfd_create("large", 0);
    if (fallocate(file, 0, 0, BYTES) < 0) _exit(1);
}

static void hold_nothing(void) {
    setpgid(0, 0);
}

static void share_a_file_of_memory(void) {
    hold_a_file_of_memory();
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            for (;;) pause();
}

static void use_a_processor(void) {
    setpgid(0, 0);
    pid_t child = fork();
    if (child == 0) {
        for (clock_t begun = clock(); clock() - begun < CLOCKS_PER_SEC / 5;) {
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

/* What the child of a program with sanitizers holds for itself. */
static int64_t bytes_of_nothing(void) {
    int64_t low = 0, high = MOST;
    struct sandbox sandbox = start(hold_nothing);
    while (high - low > 1 << 20) {
        struct sandbox_limits limits = wide;
        limits.memory = (low + high) / 2;
        *(watch(&sandbox, &limits) ? &low : &high) = limits.memory;
    }
    end(&sandbox);
    return high;
}

static void memory_that_is_in_files_only_counts(void **state) {
    struct sandbox_limits limits = wide;
    limits.memory = bytes_of_nothing() + BYTES / 2;
    assert_string_equal(passed(hold_a_file_of_memory, &limits), "memory");
}

static void memory_that_processes_share_counts_once(void **state) {
    struct sandbox_limits limits = wide;
    limits.memory = 5 * bytes_of_nothing() + 2ll * BYTES;
    assert_null(passed(share_a_file_of_memory, &limits));
}

static void processes_are_counted(void **state) {
    struct sandbox_limits limits = wide;
    limits.processes = -12; /* 16 more are the sandbox's own */
    assert_string_equal(passed(share_a_file_of_memory, &limits), "processes");
    limits.processes = -11;
    assert_null(passed(share_a_file_of_memory, &limits));
}

static void processors_are_counted_over_forks_that_have_ended(void **state) {
    struct sandbox_limits limits = wide;
    limits.notebook_seconds = 0.05; /* twice that is allowed */
    assert_string_equal(passed(use_a_processor, &limits), "processor time");
    assert_null(passed(hold_nothing, &limits));
}

static void one_that_ended_makes_up_for_no_growth(void **) {
    struct holding were[] = {{1, 100, 100}, {2, 50, 80}, {3, 400, 400}};
    struct holding are[] = {{1, 130, 190}, {2, 60, 80}, {4, 5, 7}};
    const struct holdings before = {.list = were, .count = 3}, after = {.list = are, .count = 3};
    struct growth growth = holdings_growth(&before, &after);
    assert_int_equal(growth.most, 90 + 0 + 7);
    assert_int_equal(growth.left, 30 + 10 + 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_is_in_files_only_counts),
        cmocka_unit_test(memory_that_processes_share_counts_once),
        cmocka_unit_test(processes_are_counted),
        cmocka_unit_test(processors_are_counted_over_forks_that_have_ended),
        cmocka_unit_test(one_that_ended_makes_up_for_no_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
