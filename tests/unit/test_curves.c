/* The curves of a training: one output that is updated, and what is left of a training that ends early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/nn/curves.h"
#include "lib/oto.h"
#include "refusal.h"
#include "show_host.h"

static int attach_new(void **state) {
    oto_progress_cell_begin();
    return attach(state);
}

/* Takes all records; the last one stays, and all must be of one display. */
static int all_sent(struct oto_record *last) {
    struct oto_record next = {0};
    char id[100] = "";
    int count = 0;
    lseek(fileno(host), 0, SEEK_SET);
    while (oto_record_receive(fileno(host), &next) == 1) {
        if (count) oto_record_free(last);
        *last = next;
        next = (struct oto_record){0};
        const char *this = oto_record_get_text(last, "display_id", "none");
        if (count == 0) snprintf(id, sizeof id, "%s", this);
        assert_string_equal(this, id);
        assert_int_equal(oto_record_get_integer(last, "update", 9), count > 0);
        count++;
    }
    assert_int_equal(ftruncate(fileno(host), 0), 0);
    lseek(fileno(host), 0, SEEK_SET);
    return count;
}

static void a_training_is_one_output_with_its_curves_and_numbers(void **state) {
    oto_scope {
        OtoCurves *curves = oto_curves_begin(200, .metric = "accuracy");
        for (int i = 0; i < 200; i++) oto_curves_add(curves, .loss = 1.0 / (i + 1), .lr = 1e-3 * (i + 1));
        oto_curves_add(curves, .steps = 0, .validation = 0.5, .metric = 0.875);
        oto_curves_end(curves);
        struct oto_record last;
        assert_true(all_sent(&last) < 20);
        const char *text = oto_record_get_text(&last, "text/plain", "");
        assert_non_null(strstr(text, "training 200 of 200"));
        assert_non_null(strstr(text, "loss 0.005, validation 0.5, accuracy 0.875, lr 0.2"));
        assert_non_null(strstr(oto_record_get_text(&last, "text/html", ""), "src=\"data:image/png;base64,iVBOR"));
        oto_record_free(&last);
    }
}

static void the_curves_so_far_stay_when_the_cell_ends_early(void **state) {
    oto_progress_cell_begin();
    oto_scope {
        OtoCurves *curves = oto_curves_begin(1000);
        oto_curves_add(curves, .loss = 2);
        usleep(600000);
        oto_curves_add(curves, .loss = 1);
    }
    oto_progress_cell_end();
    struct oto_record last;
    all_sent(&last);
    const char *stopped = oto_record_get_text(&last, OTO_RECORD_STOPPED "text/html", "");
    assert_non_null(strstr(stopped, "2 of 1000"));
    assert_non_null(strstr(stopped, "stopped after"));
    assert_non_null(strstr(stopped, "src=\"data:image/png"));
    oto_record_free(&last);
}

static void the_end_before_the_last_step_says_so(void **state) {
    oto_scope {
        OtoCurves *curves = oto_curves_begin(1000, .label = "tagger");
        oto_curves_add(curves, .steps = 10, .loss = 2);
        oto_curves_end(curves);
        oto_curves_end(curves);
        struct oto_record last;
        all_sent(&last);
        assert_non_null(strstr(oto_record_get_text(&last, "text/plain", ""), "tagger 10 of 1000"));
        oto_record_free(&last);
    }
}

static void a_long_training_takes_the_memory_of_a_short_one(void **state) {
    oto_scope {
        OtoCurves *curves = oto_curves_begin(OTO_UNKNOWN);
        int64_t before = oto_bytes_alive();
        for (int i = 0; i < 100000; i++) oto_curves_add(curves, .loss = i % 2);
        assert_int_equal(oto_bytes_alive(), before);
        oto_curves_end(curves);
        struct oto_record last;
        all_sent(&last);
        oto_record_free(&last);
    }
}

static void numbers_that_are_not_finite_are_left_out(void **state) {
    oto_scope {
        OtoCurves *curves = oto_curves_begin(2);
        oto_curves_add(curves, .loss = 3);
        oto_curves_add(curves, .loss = __builtin_inf());
        struct oto_record last;
        all_sent(&last);
        assert_non_null(strstr(oto_record_get_text(&last, "text/plain", ""), "loss 3"));
        oto_record_free(&last);
    }
}

static void curves_that_have_ended_are_refused(void **state) {
    OtoCurves *curves = NULL;
    oto_scope curves = oto_curves_begin(2);
    assert_refused(oto_curves_add(curves, .loss = 1), "freed");
    struct oto_record last;
    all_sent(&last);
    oto_record_free(&last);
}

static void a_program_prints_lines_and_writes_the_picture(void **state) {
    char directory[] = "/tmp/oto-test-curves-XXXXXX", before[4096];
    assert_non_null(mkdtemp(directory));
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(directory), 0);
    oto_host_attach(-1);
    fflush(stdout);
    int saved = dup(1);
    assert_non_null(freopen("out", "w", stdout));
    oto_scope {
        OtoCurves *curves = oto_curves_begin(10);
        for (int i = 0; i < 10; i++) oto_curves_add(curves, .loss = 10 - i);
        oto_curves_end(curves);
    }
    fflush(stdout);
    dup2(saved, 1);
    close(saved);
    oto_host_attach(fileno(host));
    char text[4000] = "";
    FILE *out = fopen("out", "r");
    assert_non_null(out);
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    fclose(out);
    assert_non_null(strstr(text, "training 1 of 10"));
    assert_non_null(strstr(text, "training 10 of 10"));
    const char *wrote = strstr(text, "oto_show: wrote ");
    assert_non_null(wrote);
    char name[40];
    assert_int_equal(sscanf(wrote, "oto_show: wrote %39s", name), 1);
    struct stat status;
    assert_int_equal(stat(name, &status), 0);
    assert_true(status.st_size > 1000);
    unlink(name);
    unlink("out");
    assert_int_equal(chdir(before), 0);
    rmdir(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_training_is_one_output_with_its_curves_and_numbers, attach_new, detach),
        cmocka_unit_test_setup_teardown(the_curves_so_far_stay_when_the_cell_ends_early, attach_new, detach),
        cmocka_unit_test_setup_teardown(the_end_before_the_last_step_says_so, attach_new, detach),
        cmocka_unit_test_setup_teardown(a_long_training_takes_the_memory_of_a_short_one, attach_new, detach),
        cmocka_unit_test_setup_teardown(numbers_that_are_not_finite_are_left_out, attach_new, detach),
        cmocka_unit_test_setup_teardown(curves_that_have_ended_are_refused, attach_new, detach),
        cmocka_unit_test_setup_teardown(a_program_prints_lines_and_writes_the_picture, attach_new, detach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
