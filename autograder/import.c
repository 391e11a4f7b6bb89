/* oto-grade import: what a person gave in nbgrader's formgrader becomes ours: all of it, or none when a part cannot be
 * taken. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "autograder/commands.h"
#include "autograder/escape.h"
#include "autograder/nbgrader.h"
#include "autograder/options.h"

/* Why this cannot be taken, with what to do; NULL when it can. */
static char *objection(const struct given *given) {
    if (isnan(given->points))
        return must_copy(
            "that submission could not be graded; run oto-grade run once it can, or oto-grade export --to nbgrader, "
            "which leaves the score for review");
    if (given->has_extra_credit)
        return must_copy("formgrader has extra credit, which oto-grade does not know; make it part of the score");
    if (!isnan(given->score) && (given->score < 0 || given->score > given->points))
        return must_format("the score %g is not between 0 and %g", given->score, given->points);
    if (given->is_stale)
        return must_copy("it was given for another answer, or over other results, than are here now; run oto-grade "
                         "export --to nbgrader and look again in formgrader");
    if (given->is_contradicted) return must_copy("oto-grade was given something else meanwhile; give the same in both");
    return NULL;
}

static bool is_taken(const struct given *given) {
    char *why = objection(given);
    if (!why) return true;
    struct text line = {};
    char *whole = must_format("%s, %s, cell %s: %s", given->assignment, given->student, given->grade_id, why);
    escape_terminal(&line, whole, false);
    fprintf(stderr, "oto-grade: %s\n", text_c(&line));
    text_free(&line);
    free(whole);
    free(why);
    return false;
}

static bool take(struct gradebook *book, const struct given *given, char **error) {
    struct manual_score score = {.student = given->student,
                                 .assignment = given->assignment,
                                 .grade_id = given->grade_id,
                                 .score = given->score,
                                 .comment = given->comment,
                                 .grader = "nbgrader"};
    return isnan(given->score) && !given->comment ? gradebook_take_back(book, &score, error)
                                                  : gradebook_give(book, &score, error);
}

static bool take_all(struct gradebook *book, const struct options *options, char **error) {
    struct given_list list;
    size_t refused = 0;
    bool done = nbgrader_given(book, options, &list, error);
    for (size_t i = 0; i < list.count && done; i++) refused += !is_taken(&list.items[i]);
    if (refused) *error = must_format("%zu of %zu cannot be taken; nothing was changed", refused, list.count);
    for (size_t i = 0; i < list.count && !*error; i++) take(book, &list.items[i], error);
    done = gradebook_end(book, !*error && nbgrader_agree(book, options, error), error);
    if (done) printf("scores and comments taken from nbgrader: %zu\n", list.count);
    given_list_free(&list);
    return done;
}

int command_import(int count, char **words) {
    struct options options;
    struct gradebook book;
    char *error = NULL;
    if (!options_read_course(&options, "--from --course --assignment --student", count, words)) return 2;
    if (!options.from || strcmp(options.from, "nbgrader") != 0) {
        fputs("oto-grade: import wants --from nbgrader (oto-grade manual --from FILE reads a table)\n", stderr);
        return 2;
    }
    if (!gradebook_open_course_for(&book, options.course, options.assignment, options.student, &error))
        return complain_and_free(error);
    bool done = nbgrader_begin(&book, &error) && take_all(&book, &options, &error);
    gradebook_close(&book);
    return done ? 0 : complain_and_free(error);
}
