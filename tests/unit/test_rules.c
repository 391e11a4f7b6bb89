/* What an answer uses, and the rules about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "autograder/job.h"
#include "autograder/rules.h"

/* Cells 0 and 2 are answers, 1 is the instructor's. */
static struct cell cells[] = {
    {.role = ROLE_ANSWER, .grade_id = "helper"}, {.role = ROLE_PLAIN}, {.role = ROLE_ANSWER, .grade_id = "main part"}};
static const struct notebook notebook = {.cells = cells, .count = 3};

/* The rule that the third cell breaks when the cells use this; malloc'd. */
static char *broken(const char *helper, const char *provided, const char *part, const char *forbid,
                    const char *require) {
    struct observed_cell ran[] = {{.uses = (char *)helper}, {.uses = (char *)provided}, {.uses = (char *)part}};
    const struct observed observed = {.count = 3, .cells = ran};
    const size_t answers[] = {2};
    const struct ruled ruled = {.notebook = &notebook, .observed = &observed, .answers = answers, .count = 1};
    return rule_broken(&ruled, forbid, require);
}

static void expect(char *message, const char *says) {
    if (!says)
        assert_null(message);
    else {
        assert_non_null(message);
        if (!strstr(message, says)) fail_msg("\"%s\" says nothing of \"%s\"", message, says);
    }
    free(message);
}

static void a_name_is_forbidden_as_a_whole_or_by_its_beginning(void **state) {
    const char *uses = "\noto_stft\n\nsqrt\n";
    expect(broken(NULL, NULL, uses, "oto_stft", NULL), "must not use oto_stft, but \"main part\" does");
    expect(broken(NULL, NULL, uses, "oto_fft, oto_stft", NULL), "oto_stft");
    expect(broken(NULL, NULL, uses, "oto_*", NULL), "oto_*");
    expect(broken(NULL, NULL, uses, "oto_st oto_stfts stft", NULL), NULL);
    expect(broken(NULL, NULL, uses, " , ", NULL), NULL);
    expect(broken(NULL, NULL, NULL, "oto_stft", NULL), NULL);
}

static void what_another_answer_does_counts_when_it_is_used(void **state) {
    expect(broken("\noto_stft\n", NULL, "\nhelp@1\n", "oto_stft", NULL), "\"helper\" does");
    expect(broken("\noto_stft\n", NULL, "\nsqrt\n", "oto_stft", NULL), NULL);
    expect(broken("\nmain@3\n", NULL, "\nhelp@1\n", "oto_stft", NULL), NULL); /* each refers to the other */
}

static void what_the_instructors_cells_do_is_allowed(void **state) {
    expect(broken(NULL, "\noto_stft\n", "\nspectrum@2\n", "oto_stft", NULL), NULL);
    expect(broken(NULL, NULL, "\noto_stft@2\n", "oto_st*", NULL), NULL); /* the instructor's own of such a name */
}

static void what_a_written_answer_does_counts_when_it_is_used(void **state) {
    struct cell cells[] = {{.role = ROLE_WRITTEN}, {.role = ROLE_ANSWER}};
    struct observed_cell ran[] = {{.uses = "\nfor\n"}, {.uses = "\nhelper@1\n"}};
    const struct notebook two = {.cells = cells, .count = 2};
    const struct observed observed = {.cells = ran, .count = 2};
    const size_t answers[] = {1};
    const struct ruled ruled = {.notebook = &two, .observed = &observed, .answers = answers, .count = 1};
    expect(rule_broken(&ruled, "for", NULL), "the answer must not use for");
}

static void what_the_instructors_cells_define_can_be_forbidden(void **state) {
    struct cell cells[] = {{.role = ROLE_PLAIN}, {.role = ROLE_ANSWER}, {.role = ROLE_ANSWER}};
    struct observed_cell ran[] = {{}, {}, {.uses = "\nhidden_notes@1\n\nhelper@2\n"}};
    const struct notebook three = {.cells = cells, .count = 3};
    const struct observed observed = {.cells = ran, .count = 3};
    const size_t answers[] = {2};
    const struct ruled ruled = {.notebook = &three, .observed = &observed, .answers = answers, .count = 1};
    expect(rule_broken(&ruled, "hidden_notes", NULL), "the answer must not use hidden_notes");
    expect(rule_broken(&ruled, "hidden_*", NULL), NULL);
    expect(rule_broken(&ruled, "helper", NULL), NULL); /* an answer's own name for it */
}

/* The rule that the test of two answers breaks: the first answer's uses, the test's, and those in the solution's run.
 */
static char *broken_by_test(const char *first, const char *test, const char *solution) {
    struct cell cells[] = {
        {.role = ROLE_ANSWER, .code = true, .grade_id = "first", .source = "", .length = 0},
        {.role = ROLE_ANSWER, .code = true, .grade_id = "second", .source = "", .length = 0},
        {.role = ROLE_TEST, .code = true, .source = "check(\"four\", f(4)); /* five */", .length = 31}};
    struct observed_cell ran[] = {{.uses = (char *)first}, {}, {.uses = (char *)test}},
                         should[] = {{}, {.uses = "\n#KNOWN\n"}, {.uses = (char *)solution}};
    const struct notebook three = {.cells = cells, .count = 3};
    const struct observed observed = {.cells = ran, .count = 3}, expected = {.cells = should, .count = 3};
    const size_t answers[] = {1};
    const struct ruled ruled = {&three, &observed, answers, 1, 2, &expected};
    return rule_broken(&ruled, "sqrt", NULL);
}

static void what_the_test_refers_to_counts_where_the_solutions_does_not(void **state) {
    expect(broken_by_test("\nsqrt\n", "\nf@1\n", "\nf@2\n"), "must not use sqrt, but \"first\" does");
    expect(broken_by_test("\nsqrt\n", "\nf@2\n\nhelp@1\n", "\nf@2\n\nhelp@1\n"), NULL);
    expect(broken_by_test("\nsqrt\n", "\nf@2\n\nsqrt\n", "\nf@2\n\nsqrt\n"), NULL);
    expect(broken_by_test("\nsqrt\n", "\nf@99\n\nf@-1\n\nf@\n", NULL), NULL);
}

static void a_macro_of_an_answers_may_not_stand_in_the_test(void **state) {
    expect(broken_by_test("\n#f\n", "\nf@2\n", "\nf@2\n"), "\"first\" defines the macro f");
    expect(broken_by_test("\n#check\n", "\nf@2\n", "\nf@2\n"), "defines the macro check");
    expect(broken_by_test("\n#four\n\n#five\n\n#g\n\n#\n", "\nf@2\n", "\nf@2\n"), NULL);
    expect(broken_by_test("\n#KNOWN\n", "\nf@2\n", "\nf@2\n"), NULL);
}

static void a_name_that_is_taken_from_others_is_told(void **state) {
    struct observed_cell ran[] = {{.uses = "\n=own@3\n\n=count_right@2\n"}, {}, {.uses = "\n=own@1\n\nfor\n"}};
    const struct observed observed = {.count = 3, .cells = ran};
    const struct ruled ruled = {.notebook = &notebook, .observed = &observed};
    expect(rule_broken_by_taken_names(&ruled, 3), "\"helper\" defines count_right anew");
    ran[0].uses = "\noto_mean\n";
    expect(rule_broken_by_taken_names(&ruled, 3), NULL);
    ran[2].uses = "\n=oto_mean\n";
    expect(rule_broken_by_taken_names(&ruled, 3), "\"main part\" defines oto_mean anew");
    expect(rule_broken_by_taken_names(&ruled, 2), NULL); /* a test before it */
}

static void the_compilers_own_name_of_a_function_is_that_functions(void **state) {
    expect(broken(NULL, NULL, "\n__builtin_sqrt\n", "sqrt", NULL), "the answer must not use sqrt");
    expect(broken(NULL, NULL, "\n__builtin_elementwise_sqrt\n", "sqr*", NULL), "the answer must not use sqr*");
    expect(broken(NULL, NULL, "\n__builtin_elementwise_sqrt\n", "elementwise", NULL), NULL);
    expect(broken(NULL, NULL, "\n__builtin_\n", "sqrt", NULL), NULL);
}

static void a_cell_that_does_not_exist_is_nobodys(void **state) {
    expect(broken(NULL, NULL, "\nx@99999999999999999999\n\ny@-4\n\nz@\n\n@@@\n", "oto_stft", NULL), NULL);
}

static void where_anything_is_forbidden_names_at_run_time_are(void **state) {
    expect(broken(NULL, NULL, "\ndlsym\n", "oto_stft", NULL), "the answer uses dlsym");
    expect(broken(NULL, NULL, "\ndlsym\n", NULL, "dlsym"), NULL);
}

static void where_anything_is_forbidden_more_names_than_are_told_are(void **state) {
    expect(broken(NULL, NULL, "\nsqrt\n\n" USES_CUT "\n", "oto_stft", NULL), "so many names");
    expect(broken(NULL, NULL, "\nsqrt\n\n" USES_CUT "\n", NULL, "sqrt"), NULL);
}

static void what_is_required_must_be_used(void **state) {
    expect(broken(NULL, NULL, "\nmalloc\n\nrecursion\n", NULL, "recursion malloc"), NULL);
    expect(broken(NULL, NULL, "\nmalloc\n", NULL, "malloc recursion"), "the answer must use recursion");
    expect(broken("\nrecursion\n", NULL, "\nhelp@1\n", NULL, "recursion"), NULL);
}

static void where_time_is_measured_an_answer_makes_no_checks_and_jumps_nowhere(void **state) {
    static const char *const leaves[] = {"\noto_stopwatch_begin\n", "\noto_host\n", "\nlongjmp\n", "\nasm\n",
                                         "\ndlsym\n"};
    const size_t answers[] = {2};
    struct observed_cell ran[3] = {};
    const struct observed observed = {.count = 3, .cells = ran};
    const struct ruled ruled = {.notebook = &notebook, .observed = &observed, .answers = answers, .count = 1};
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        ran[2].uses = (char *)leaves[i];
        expect(rule_broken_by_own_checks(&ruled), "that is not allowed where time, memory or a property is checked");
    }
    ran[2].uses = "\noto_fft\n\nexit\n\nfor\n";
    expect(rule_broken_by_own_checks(&ruled), NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_forbidden_as_a_whole_or_by_its_beginning),
        cmocka_unit_test(what_another_answer_does_counts_when_it_is_used),
        cmocka_unit_test(what_the_instructors_cells_do_is_allowed),
        cmocka_unit_test(what_a_written_answer_does_counts_when_it_is_used),
        cmocka_unit_test(what_the_instructors_cells_define_can_be_forbidden),
        cmocka_unit_test(what_the_test_refers_to_counts_where_the_solutions_does_not),
        cmocka_unit_test(a_macro_of_an_answers_may_not_stand_in_the_test),
        cmocka_unit_test(a_name_that_is_taken_from_others_is_told),
        cmocka_unit_test(the_compilers_own_name_of_a_function_is_that_functions),
        cmocka_unit_test(a_cell_that_does_not_exist_is_nobodys),
        cmocka_unit_test(where_anything_is_forbidden_names_at_run_time_are),
        cmocka_unit_test(where_anything_is_forbidden_more_names_than_are_told_are),
        cmocka_unit_test(what_is_required_must_be_used),
        cmocka_unit_test(where_time_is_measured_an_answer_makes_no_checks_and_jumps_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
