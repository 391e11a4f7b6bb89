/* Runs that are written down, and the table of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/oto.h"
#include "refusal.h"

static char folder[] = "/tmp/oto-runs-XXXXXX";

static int enter_folder(void **state) {
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}
static int remove_folder(void **state) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static void assert_row(OtoTable *table, int64_t row, const char *const cells[]) {
    for (int64_t c = 0; cells[c]; c++) assert_string_equal(oto_table_cell(table, row, c), cells[c]);
}

static void runs_are_tabulated_by_their_settings(void **state) {
    for (int width = 16; width <= 32; width *= 2)
        for (int seed = 0; seed < 3; seed++) {
            double lr = 0.001;
            bool augment = width == 16;
            const char *optimizer = "adam \"w\"";
            oto_seed((uint64_t)seed);
            OtoRun *run = oto_run("tagger", lr, width * 2, augment, optimizer);
            oto_log(run, "f1", 0);
            oto_log(run, "f1", 0.5 + 0.1 * seed + width);
            if (seed == 0) oto_log(run, "loss", 2);
        }
    OtoTable *table = oto_runs("tagger");
    static const char *const names[] = {"lr",      "width * 2", "augment",   "optimizer", "runs",
                                        "f1 mean", "f1 sd",     "loss mean", "loss sd"};
    assert_int_equal(table->rows, 2);
    assert_int_equal(table->columns, 9);
    for (int c = 0; c < 9; c++) assert_string_equal(table->names[c], names[c]);
    assert_row(table, 0, (const char *[]){"0.001", "32", "true", "adam \"w\"", "3", "16.6", "0.1", "2", "", NULL});
    assert_row(table, 1, (const char *[]){"0.001", "64", "false", "adam \"w\"", "3", "32.6", "0.1", "2", "", NULL});
}

static char *file_of(const char *path) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    char *text = calloc(100000, 1);
    assert_true(fread(text, 1, 99999, in) > 0);
    fclose(in);
    return text;
}

static void seed_data_source_and_time_are_written_down(void **state) {
    OtoExamples train = oto_examples(oto_zeros(4, 2), oto_zeros(4)),
                other = oto_examples(oto_zeros(4, 2), oto_arange(0, 4, 1));
    oto_seed(41);
    oto_uniform();
    oto_run("data", train);
    oto_run("data", train);
    oto_run("data", other);
    oto_run("data", train.x);
    oto_run("data");
    char *text = file_of("runs/data.jsonl");
    assert_non_null(strstr(text, "\"seed\":41"));
    assert_non_null(strstr(text, "\"began\":\"20"));
    assert_non_null(strstr(text, "test_runs.c\",\"line\":"));
    free(text);
    OtoTable *table = oto_runs("data");
    assert_int_equal(table->rows, 4);
    assert_string_equal(oto_table_cell(table, 0, oto_table_column(table, "runs")), "2");
    assert_non_null(strstr(oto_table_cell(table, 0, 0), " (4, 2)"));
    assert_string_not_equal(oto_table_cell(table, 0, 0), oto_table_cell(table, 1, 0));
}

static void broken_lines_are_left_out(void **state) {
    OtoRun *run = oto_run("broken", 3);
    FILE *out = fopen("runs/broken.jsonl", "a");
    fputs("{\"run\":\"x\n\nnot json\n{\"run\":7}\n{\"run\":\"nobody\",\"log\":{\"f1\":1}}\n", out);
    fclose(out);
    oto_log(run, "f1", 0.25);
    OtoTable *table = oto_runs("broken");
    assert_int_equal(table->rows, 1);
    assert_row(table, 0, (const char *[]){"3", "1", "0.25", "", NULL});
}

static void several_programs_write_at_once(void **state) {
    enum { PROGRAMS = 4, RUNS = 50 };
    for (int program = 0; program < PROGRAMS; program++)
        if (fork() == 0) {
            for (int i = 0; i < RUNS; i++) oto_log(oto_run("together", program), "f1", i);
            _exit(0);
        }
    for (int program = 0; program < PROGRAMS; program++) {
        int status;
        wait(&status);
        assert_int_equal(status, 0);
    }
    OtoTable *table = oto_runs("together");
    assert_int_equal(table->rows, PROGRAMS);
    for (int row = 0; row < PROGRAMS; row++) assert_string_equal(oto_table_cell(table, row, 1), "50");
}

static void mistakes_are_refused(void **state) {
    oto_scope {
        assert_refused(oto_run("../x", 1), "is no name for runs");
        assert_refused(oto_run("", 1), "is no name for runs");
        assert_refused(oto_runs("nobody"), "there are no runs of \"nobody\" in the folder runs here; there are: ");
        assert_refused(oto_log((OtoRun *)oto_zeros(1), "f1", 1), "run is a tensor");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_tabulated_by_their_settings),
        cmocka_unit_test(seed_data_source_and_time_are_written_down),
        cmocka_unit_test(broken_lines_are_left_out),
        cmocka_unit_test(several_programs_write_at_once),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, enter_folder, remove_folder);
}
