/* oto-grade similar: pairs of submissions that are alike when names, numbers and layout are taken away. It reads what
 * was handed in and nothing else; whether two worked together is for a person to find out. */
#include "autograder/similar.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/commands.h"
#include "autograder/course.h"
#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/notebook.h"
#include "autograder/options.h"
#include "autograder/policy.h"
#include "autograder/release.h"
#include "autograder/table.h"
#include "autograder/transplant.h"
#include "kernel/engine/text.h"

/* A pair is worth a look when much of both is alike, or one stretch is long, whatever else was written around it. */
static const double similarity_at_least = 0.3;
enum { LONGEST_AT_LEAST = 40, LONG_STRETCH = 150, TABLE_ROWS_MAX = 40 };

static bool is_wanted(const struct similar *similar, const struct pair *pair) {
    return !similar->student || strcmp(pair->a->student, similar->student) == 0 ||
           strcmp(pair->b->student, similar->student) == 0;
}

static bool is_worth_a_look(const struct likeness *likeness) {
    return likeness->longest >= LONG_STRETCH ||
           (likeness->longest >= LONGEST_AT_LEAST && likeness->similarity >= similarity_at_least);
}

static bool read_released(struct notebook *released, const struct assignment *assignment, char **error) {
    char *why = NULL;
    if (!notebook_read(released, assignment->path, error)) return false;
    if (release_notebook(released, &why)) return true;
    *error = must_format("%s: %s", assignment->path, why);
    free(why);
    notebook_free(released);
    return false;
}

static void add_answer(struct paper *paper, const struct cell *cell, size_t answer, const char *source,
                       const char *released) {
    if (cell->code)
        paper_add_code(paper, answer, source, released);
    else
        paper_add_text(paper, answer, source);
}

/* ---- the works ---- */

static void complain_of(const char *student, const char *why) {
    struct text line = {};
    escape_terminal(&line, student, false);
    text_add(&line, ": ");
    escape_terminal(&line, why, false);
    fprintf(stderr, "oto-grade: %s\n", text_c(&line));
    text_free(&line);
}

/* The answers of one submission, put into a copy of the released notebook as for grading. */
static bool read_work(struct work *work, size_t number, const struct submission *submission,
                      const struct assignment *assignment, const struct notebook *released) {
    struct notebook handed_in, copy;
    struct text notes = {};
    char *why = NULL;
    if (submission->refused || !notebook_read(&handed_in, submission->path, &why)) {
        complain_of(submission->student, why ? why : submission->refused);
        free(why);
        return false;
    }
    bool read = read_released(&copy, assignment, &why);
    if (read) {
        *work = (struct work){.student = must_copy(submission->student), .paper = {.number = number}};
        transplant(&copy, &handed_in, released, &notes);
        work->answers = must_allocate((copy.count + 1) * sizeof *work->answers);
        for (size_t i = 0; i < copy.count; i++) {
            if (!cell_is_answer(&copy.cells[i])) continue;
            work->answers[work->count] = must_copy(copy.cells[i].source);
            if (copy.cells[i].code || strcmp(copy.cells[i].source, released->cells[i].source) != 0)
                add_answer(&work->paper, &copy.cells[i], work->count, copy.cells[i].source, released->cells[i].source);
            work->count++;
        }
        if (work->paper.is_cut) complain_of(work->student, "an answer is so long that the rest of it was not compared");
        notebook_free(&copy);
    } else {
        complain_of(submission->student, why);
    }
    free(why);
    text_free(&notes);
    notebook_free(&handed_in);
    return read;
}

static void similar_free(struct similar *similar) {
    for (size_t i = 0; i < similar->pair_count; i++) likeness_free(&similar->pairs[i].likeness);
    free(similar->pairs);
    for (size_t i = 0; i < similar->count; i++) {
        for (size_t k = 0; k < similar->works[i].count; k++) free(similar->works[i].answers[k]);
        free(similar->works[i].answers);
        free(similar->works[i].student);
        paper_free(&similar->works[i].paper);
    }
    free(similar->works);
    free(similar->answers);
}

/* ---- the pairs ---- */

static int by_value(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int by_similarity(const void *a, const void *b) {
    const struct pair *x = a, *y = b;
    if (x->likeness.similarity != y->likeness.similarity)
        return x->likeness.similarity > y->likeness.similarity ? -1 : 1;
    if (x->likeness.longest != y->likeness.longest) return x->likeness.longest > y->likeness.longest ? -1 : 1;
    int names = strcmp(x->a->student, y->a->student);
    return names ? names : strcmp(x->b->student, y->b->student);
}

static void compare_all(struct similar *similar) {
    size_t all = 0;
    double *values = must_allocate((similar->count * similar->count / 2 + 1) * sizeof *values);
    for (size_t i = 0; i < similar->count; i++)
        for (size_t k = i + 1; k < similar->count; k++) {
            struct pair pair = {.a = &similar->works[i], .b = &similar->works[k]};
            papers_compare(&pair.a->paper, &pair.b->paper, &pair.likeness);
            values[all++] = pair.likeness.similarity;
            if (is_wanted(similar, &pair) && is_worth_a_look(&pair.likeness))
                ARRAY_ADD(similar->pairs, similar->pair_count, similar->pair_capacity) = pair;
            else
                likeness_free(&pair.likeness);
        }
    qsort(values, all, sizeof *values, by_value);
    if (all) similar->median = values[all / 2];
    if (similar->pairs) qsort(similar->pairs, similar->pair_count, sizeof *similar->pairs, by_similarity);
    free(values);
}

static void mark_common(struct similar *similar, const struct notebook *released) {
    struct paper handed_out = {.number = SIZE_MAX}, *papers = must_allocate((similar->count + 1) * sizeof *papers);
    for (size_t i = 0; i < released->count; i++)
        add_answer(&handed_out, &released->cells[i], i, released->cells[i].source, NULL);
    for (size_t i = 0; i < similar->count; i++) papers[i] = similar->works[i].paper;
    papers_fingerprint(papers, similar->count, &handed_out);
    for (size_t i = 0; i < similar->count; i++) similar->works[i].paper = papers[i];
    paper_free(&handed_out);
    free(papers);
}

/* ---- what is shown ---- */

static void print_table(const struct similar *similar, const char *path) {
    struct table table = {.columns = 5};
    static const char *const headings[] = {"assignment", "alike", "longest", "of", "and"};
    if (similar->count < 2) {
        printf("%s: %s, and two are needed to compare\n", similar->assignment,
               similar->count ? "1 submission" : "no submission");
        return;
    }
    printf("%s: %zu submissions; half of all pairs are at most %.0f %% alike; %zu pair%s worth a look\n",
           similar->assignment, similar->count, 100 * similar->median, similar->pair_count,
           similar->pair_count == 1 ? " is" : "s are");
    if (similar->pair_count) printf("side by side: %s\n", path);
    for (int i = 0; i < 5 && similar->pair_count; i++) table_add(&table, headings[i]);
    for (size_t i = 0; i < similar->pair_count && i < TABLE_ROWS_MAX; i++) {
        const struct pair *pair = &similar->pairs[i];
        char *percent = must_format("%.0f %%", 100 * pair->likeness.similarity);
        table_add(&table, similar->assignment);
        table_add(&table, percent);
        table_add_number(&table, (double)pair->likeness.longest);
        table_add(&table, pair->a->student);
        table_add(&table, pair->b->student);
        free(percent);
    }
    table_print(&table);
    if (similar->pair_count > TABLE_ROWS_MAX)
        printf("and %zu more (--json has all)\n", similar->pair_count - TABLE_ROWS_MAX);
}

static void add_json(const struct similar *similar, json_t *all) {
    for (size_t i = 0; i < similar->pair_count; i++) {
        const struct pair *pair = &similar->pairs[i];
        json_t *answers = json_object(), *one;
        for (size_t k = 0; k < pair->likeness.count; k++) {
            const struct stretch *stretch = &pair->likeness.stretches[k];
            const char *grade_id = similar->answers[pair->a->paper.tokens[stretch->a].answer];
            json_int_t before = json_integer_value(json_object_get(answers, grade_id));
            json_object_set_new(answers, grade_id, json_integer(before + (json_int_t)stretch->own));
        }
        one = json_pack("{s:s, s:[o, o], s:f, s:I, s:o}", "assignment", similar->assignment, "students",
                        escape_json(pair->a->student), escape_json(pair->b->student), "similarity",
                        pair->likeness.similarity, "longest", (json_int_t)pair->likeness.longest, "answers", answers);
        json_array_append_new(all, one);
    }
}

/* ---- the command ---- */

/* A page of an earlier time would go on naming students. */
static bool remove_page(const char *path, char **error) {
    bool gone = unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR;
    if (!gone)
        *error = must_format("%s: holds pairs that are alike no more and cannot be removed: %s", path, strerror(errno));
    return gone;
}

static bool search(struct similar *similar, const struct options *options, const struct course *course, size_t index,
                   const struct submission *submissions, size_t submission_count, json_t *json, char **error) {
    const struct assignment *assignment = &course->assignments[index];
    struct notebook released;
    if (!read_released(&released, assignment, error)) return false;
    similar->works = must_allocate((submission_count + 1) * sizeof *similar->works);
    similar->answers = must_allocate((released.count + 1) * sizeof *similar->answers);
    for (size_t i = 0; i < released.count; i++)
        if (cell_is_answer(&released.cells[i])) similar->answers[similar->answer_count++] = released.cells[i].grade_id;
    for (size_t i = 0; i < submission_count; i++)
        if (submissions[i].assignment == index)
            similar->count += read_work(&similar->works[similar->count], i, &submissions[i], assignment, &released);
    mark_common(similar, &released);
    compare_all(similar);
    char *path = options->output ? must_format("%s/%s.html", options->output, assignment->name)
                                 : must_format("%s/similar/%s.html", course->root, assignment->name);
    bool done = similar->pair_count ? similar_page(similar, path, error) : options->student || remove_page(path, error);
    if (done && json)
        add_json(similar, json);
    else if (done)
        print_table(similar, path);
    free(path);
    notebook_free(&released);
    return done;
}

static bool has_handed_in(const struct submission *submissions, size_t count, const char *student) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(submissions[i].student, student) == 0) return true;
    return false;
}

/* The page's language: what was asked for, or the course's, of which nothing need have been graded yet. */
static bool find_language(const struct options *options, const struct course *course, enum language *language,
                          char **error) {
    struct gradebook none = {};
    bool found = gradebook_open(&none, ":memory:", error) && policy_load(&none, course->root, error) &&
                 policy_language(&none, options->language, language, error);
    gradebook_close(&none);
    return found;
}

int command_similar(int count, char **words) {
    struct options options;
    struct course course;
    size_t submission_count;
    bool all_read;
    char *error = NULL;
    if (!options_read_course(&options, "--course --assignment --student -o --json --language", count, words)) return 2;
    if (!course_open(&course, options.course, options.assignment, &error)) return complain_and_free(error);
    struct submission *submissions = course_submissions(&course, NULL, &submission_count, &all_read);
    enum language language = ENGLISH;
    if (find_language(&options, &course, &language, &error) && options.student &&
        !has_handed_in(submissions, submission_count, options.student))
        error = must_format("%s/submitted/%s: holds nothing that could be compared", course.root, options.student);
    json_t *json = options.json ? json_array() : NULL;
    for (size_t i = 0; i < course.count && !error; i++) {
        struct similar similar = {
            .assignment = course.assignments[i].name, .student = options.student, .language = language};
        search(&similar, &options, &course, i, submissions, submission_count, json, &error);
        similar_free(&similar);
    }
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    if (text && !error) puts(text);
    free(text);
    json_decref(json);
    submissions_free(submissions, submission_count);
    course_close(&course);
    return error ? complain_and_free(error) : all_read ? 0 : 1;
}
