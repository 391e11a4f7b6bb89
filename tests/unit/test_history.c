/* The history: what it finds, and that no state of its file keeps a kernel from going on. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "kernel/history.h"

static void check_rows(json_t *rows, const char *expected) {
    char *text = json_dumps(rows, JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(rows);
}

static void history_finds_cells(void **state) {
    struct history *history = history_open(":memory:");
    history_add(history, 1, "int a;", 6);
    history_add(history, 2, "int b;", 6);
    history_add(history, 3, "int a;", 6);
    check_rows(history_range(history, 0, 1, 3, false), "[[1,1,\"int a;\"],[1,2,\"int b;\"]]");
    check_rows(history_range(history, 1, 3, 0, true), "[[1,3,[\"int a;\",null]]]");
    check_rows(history_range(history, -1, 0, 0, false), "[]");
    check_rows(history_tail(history, 2, false), "[[1,2,\"int b;\"],[1,3,\"int a;\"]]");
    check_rows(history_tail(history, 0, false), "[]");
    check_rows(history_search(history, "*a*", -1, false, false), "[[1,1,\"int a;\"],[1,3,\"int a;\"]]");
    json_t *unique = history_search(history, "*a*", -1, true, false);
    assert_int_equal(json_array_size(unique), 1);
    json_decref(unique);
    check_rows(history_search(history, "float*", 5, false, false), "[]");
    history_close(history);
}

static void history_without_a_file_lives_in_memory(void **state) {
    struct history *history = history_open("/proc/no/such/folder/history.sqlite");
    history_add(history, 1, "int a;", 6);
    check_rows(history_tail(history, 5, false), "[[1,1,\"int a;\"]]");
    history_close(history);
}

/* ---- files that others use, or that cannot be used ---- */

static char folder[64], path[96], log_path[96];

static int make_folder(void **state) {
    strcpy(folder, "/tmp/oto-history-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/history.sqlite", folder);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    return 0;
}

static int remove_folder(void **state) {
    static const char *const files[] = {"history.sqlite", "history.sqlite-wal", "history.sqlite-shm",
                                        "history.sqlite-journal", "log"};
    char file[128];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, files[i]);
        unlink(file);
    }
    return rmdir(folder);
}

/* Lines on stderr while two cells are kept in the file and asked for; they must be found. */
static int lines_said_of_an_unusable_file(void) {
    fflush(stderr);
    int old = dup(STDERR_FILENO), log = open(log_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(old >= 0 && log >= 0);
    dup2(log, STDERR_FILENO);
    struct history *history = history_open(path);
    history_add(history, 1, "int a;", 6);
    json_t *first = history_tail(history, 5, false);
    history_add(history, 2, "int b;", 6);
    json_t *both = history_tail(history, 5, false);
    history_close(history);
    dup2(old, STDERR_FILENO);
    close(old);
    char text[4096];
    ssize_t size = pread(log, text, sizeof text, 0);
    close(log);
    assert_int_equal(json_array_size(first), 1);
    assert_int_equal(json_array_size(both), 2);
    json_decref(first);
    json_decref(both);
    int lines = 0;
    for (ssize_t i = 0; i < size; i++) lines += text[i] == '\n';
    return lines;
}

static void a_damaged_file_is_said_once(void **state) {
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1000; i++) fputs("this is no database\n", file);
    fclose(file);
    assert_int_equal(lines_said_of_an_unusable_file(), 1);
}

static void a_file_without_the_right_tables_is_said_once(void **state) {
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "CREATE TABLE history (something TEXT)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    assert_int_equal(lines_said_of_an_unusable_file(), 1);
}

static void a_file_that_may_not_be_written_is_said_once(void **state) {
    struct history *history = history_open(path);
    history_add(history, 1, "int a;", 6);
    history_close(history);
    assert_int_equal(chmod(path, 0444), 0);
    /* root may write everything, so the test drops what makes it root */
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (chown(folder, 65534, 65534) != 0 || setuid(65534) != 0)) _exit(9);
        _exit(lines_said_of_an_unusable_file());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void a_full_disk_is_said_once(void **state) {
    struct history *history = history_open(path);
    history_add(history, 1, "int a;", 6);
    history_close(history);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    none = (struct rlimit){.rlim_cur = 2000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    int lines = lines_said_of_an_unusable_file();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(lines, 1);
}

static void a_locked_file_loses_nothing(void **state) {
    struct history *history = history_open(path);
    history_add(history, 1, "before", 6);
    check_rows(history_tail(history, 5, false), "[[1,1,\"before\"]]");
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    history_add(history, 2, "meanwhile", 9);
    check_rows(history_tail(history, 5, false), "[[1,1,\"before\"]]");
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    check_rows(history_tail(history, 5, false), "[[1,1,\"before\"],[1,2,\"meanwhile\"]]");
    sqlite3_close(other);
    history_close(history);
}

static void a_file_locked_from_the_start_is_used_once_it_is_free(void **state) {
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    struct history *history = history_open(path);
    history_add(history, 1, "early", 5);
    check_rows(history_tail(history, 5, false), "[]");
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    history_close(history);
    sqlite3_close(other);
    history = history_open(path);
    check_rows(history_range(history, -1, 0, 0, false), "[[1,1,\"early\"]]");
    history_close(history);
}

static void several_kernels_share_a_file(void **state) {
    enum { KERNELS = 6, CELLS = 50 };
    struct history *histories[KERNELS];
    for (int i = 0; i < KERNELS; i++) histories[i] = history_open(path);
    for (int cell = 1; cell <= CELLS; cell++)
        for (int i = 0; i < KERNELS; i++) {
            char source[40];
            int size = snprintf(source, sizeof source, "cell %d of %d", cell, i);
            history_add(histories[i], cell, source, (size_t)size);
        }
    for (int i = 0; i < KERNELS; i++) history_close(histories[i]);
    struct history *history = history_open(path);
    json_t *all = history_tail(history, 10 * KERNELS * CELLS, false);
    assert_int_equal(json_array_size(all), KERNELS * CELLS);
    json_decref(all);
    for (int i = 1; i <= KERNELS; i++) {
        json_t *mine = history_range(history, -i, 0, 0, false);
        assert_int_equal(json_array_size(mine), CELLS);
        json_decref(mine);
    }
    history_close(history);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_finds_cells),
        cmocka_unit_test(history_without_a_file_lives_in_memory),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_said_once, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_without_the_right_tables_is_said_once, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_may_not_be_written_is_said_once, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_is_said_once, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_locked_file_loses_nothing, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_locked_from_the_start_is_used_once_it_is_free, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(several_kernels_share_a_file, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
