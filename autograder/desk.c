#include "autograder/desk.h"

#include <md4c-html.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/escape.h"
#include "autograder/excerpt.h"
#include "autograder/given.h"
#include "autograder/notebook.h"
#include "autograder/policy.h"
#include "autograder/pseudonym.h"
#include "autograder/sentences.h"

bool desk_open(struct desk *desk, const char *course, const char *assignment, const char *language, char **error) {
    *desk = (struct desk){.assignment = assignment};
    const struct passwd *user = getpwuid(getuid());
    desk->grader = must_copy(user ? user->pw_name : "page");
    bool opened = course_open(&desk->course, course, assignment, error) &&
                  gradebook_open_course(&desk->book, course, error) &&
                  policy_language(&desk->book, language, &desk->language, error) &&
                  (desk->salt = pseudonym_salt(&desk->book, error));
    if (!opened) desk_close(desk);
    return opened;
}

void desk_close(struct desk *desk) {
    gradebook_close(&desk->book);
    course_close(&desk->course);
    free(desk->salt);
    free(desk->grader);
    *desk = (struct desk){};
}

/* ---- replies ---- */

static struct desk_reply good(json_t *body) {
    return (struct desk_reply){200, body};
}

/* What the grader wrote in English, in the desk's language as far as it is known there. */
static json_t *said(const struct desk *desk, const char *english) {
    char *own = sentence_in(desk->language, english);
    json_t *text = escape_json(own ? own : english);
    free(own);
    return text;
}

static struct desk_reply bad_and_free(const struct desk *desk, int status, char *error) {
    json_t *body = json_object();
    json_object_set_new(body, "error", said(desk, error ? error : "unknown error"));
    free(error);
    return (struct desk_reply){status, body};
}

/* ---- who ---- */

/* A student has another pseudonym in each part, so that the points of one do not colour those of the next. */
static char *pseudonym_in(const struct desk *desk, const struct desk_place *place, const char *student) {
    char *salt = must_format("%s %s/%s", desk->salt, place->assignment, place->part);
    char *who = pseudonym_of(salt, student);
    free(salt);
    return who;
}

struct search {
    const struct desk *desk;
    const struct desk_place *place;
    char *found;
};

static void on_candidate(void *context, sqlite3_stmt *row) {
    struct search *search = context;
    char *who = pseudonym_in(search->desk, search->place, column_text(row, 0));
    if (!search->found && strcmp(who, search->place->who) == 0) search->found = must_copy(column_text(row, 0));
    free(who);
}

/* The student behind a pseudonym (caller frees), or NULL with the reply that says why not. */
static char *find_student(struct desk *desk, const struct desk_place *place, struct desk_reply *reply) {
    struct search search = {.desk = desk, .place = place};
    char *error = NULL;
    if (place->assignment && place->part && place->who &&
        !gradebook_query(&desk->book,
                         "SELECT student FROM oto_cell WHERE assignment = ? AND grade_id = ?"
                         " AND role IN ('written', 'task')",
                         (const char *const[]){place->assignment, place->part}, on_candidate, &search, &error)) {
        free(search.found);
        *reply = bad_and_free(desk, 500, error);
        return NULL;
    }
    if (!search.found) *reply = bad_and_free(desk, 404, must_copy("there is no such answer; load the page again"));
    return search.found;
}

/* ---- parts ---- */

static void on_part(void *context, sqlite3_stmt *row) {
    json_t *part = json_object();
    json_object_set_new(part, "assignment", escape_json(column_text(row, 0)));
    json_object_set_new(part, "part", escape_json(column_text(row, 1)));
    json_object_set_new(part, "points", json_real(sqlite3_column_double(row, 2)));
    json_object_set_new(part, "answers", json_integer(sqlite3_column_int64(row, 3)));
    json_object_set_new(part, "done", json_integer(sqlite3_column_int64(row, 4)));
    json_array_append_new(context, part);
}

struct desk_reply desk_parts(struct desk *desk) {
    json_t *parts = json_array();
    char *error = NULL;
    if (gradebook_query(&desk->book,
                        "SELECT assignment, grade_id, max(points), count(*), sum(NOT waiting) FROM oto_graded_cell"
                        " WHERE role IN ('written', 'task') AND (?1 IS NULL OR assignment = ?1)"
                        " GROUP BY assignment, grade_id ORDER BY assignment, min(position)",
                        (const char *const[]){desk->assignment}, on_part, parts, &error))
        return good(parts);
    json_decref(parts);
    return bad_and_free(desk, 500, error);
}

/* ---- the task ---- */

static void on_html(const MD_CHAR *bytes, MD_SIZE size, void *context) {
    text_add_n(context, bytes, size);
}

/* HTML in it stays text. */
static void add_markdown(struct text *out, const char *markdown) {
    enum { DIALECT = MD_FLAG_TABLES | MD_FLAG_LATEXMATHSPANS | MD_FLAG_NOHTML };
    struct text html = {};
    if (md_html(markdown, (MD_SIZE)strlen(markdown), on_html, &html, DIALECT, 0) == 0) {
        text_add_n(out, text_c(&html), html.length);
    } else {
        text_add(out, "<pre>");
        escape_html(out, markdown);
        text_add(out, "</pre>");
    }
    text_free(&html);
}

/* The instructor's text cells right before the answer; a task's own cell is its text, marking scheme included. */
static void describe(json_t *body, const struct notebook *notebook, const struct cell *cell) {
    size_t at = (size_t)(cell - notebook->cells), first = at;
    struct text task = {};
    while (first && notebook->cells[first - 1].role == ROLE_PLAIN && !notebook->cells[first - 1].code) first--;
    for (size_t i = first; i < at; i++) add_markdown(&task, notebook->cells[i].source);
    if (cell->role == ROLE_TASK) add_markdown(&task, cell->source);
    json_object_set_new(body, "task", escape_json(text_c(&task)));
    json_object_set_new(body, "model", escape_json(cell->role == ROLE_TASK ? "" : cell->source));
    text_free(&task);
}

static const struct assignment *find_assignment(const struct desk *desk, const char *name) {
    for (size_t i = 0; i < desk->course.count; i++)
        if (strcmp(desk->course.assignments[i].name, name) == 0) return &desk->course.assignments[i];
    return NULL;
}

/* Without the task the answers can still be graded: its place says why it is missing. */
static void add_task(json_t *body, const struct desk *desk, const struct desk_place *place) {
    const struct assignment *assignment = find_assignment(desk, place->assignment);
    struct notebook notebook = {};
    char *error = NULL;
    if (assignment && notebook_read(&notebook, assignment->path, &error)) {
        const struct cell *cell = notebook_find(&notebook, place->part);
        if (cell) describe(body, &notebook, cell);
        notebook_free(&notebook);
    }
    if (json_object_get(body, "task")) return;
    struct text why = {};
    text_add(&why, "<p>");
    escape_html(&why, error ? error : string_of(desk->language, STRING_GRADING_NO_CELL));
    text_add(&why, "</p>");
    json_object_set_new(body, "task", escape_json(text_c(&why)));
    json_object_set_new(body, "model", json_string(""));
    text_free(&why);
    free(error);
}

/* ---- answers ---- */

struct answers {
    const struct desk *desk;
    const struct desk_place *place;
    json_t *list;
    double points;
};

static json_t *written(const struct desk *desk, const char *answer) {
    char *excerpt = excerpt_of(desk->language, answer);
    json_t *text = escape_json(excerpt);
    free(excerpt);
    return text;
}

#define ANSWER_COLUMNS "student, points, grader, role, " GIVEN_STATE_COLUMNS
enum { STUDENT, POINTS, GRADER, ROLE, STATE, ANSWER = STATE, CHECKS, SCORE, COMMENT };

static void on_answer(void *context, sqlite3_stmt *row) {
    struct answers *answers = context;
    json_t *answer = json_object();
    char state[65], *who = pseudonym_in(answers->desk, answers->place, column_text(row, STUDENT));
    given_state(row, STATE, state);
    answers->points = sqlite3_column_double(row, POINTS);
    json_object_set_new(answer, "who", json_string(who));
    json_object_set_new(answer, "answer", written(answers->desk, column_text(row, ANSWER)));
    json_object_set_new(answer, "score", column_json_number(row, SCORE));
    json_object_set_new(answer, "comment", escape_json(column_text(row, COMMENT)));
    json_object_set_new(answer, "grader", escape_json(column_text(row, GRADER)));
    json_object_set_new(answer, "untouched", json_boolean(sqlite3_column_type(row, CHECKS) != SQLITE_NULL));
    json_object_set_new(answer, "state", json_string(state));
    json_array_append_new(answers->list, answer);
    free(who);
}

static int by_pseudonym(const void *a, const void *b) {
    return strcmp(json_string_value(json_object_get(*(json_t *const *)a, "who")),
                  json_string_value(json_object_get(*(json_t *const *)b, "who")));
}

/* The order in which students are stored would tell who is who. */
static json_t *sorted(json_t *list) {
    size_t count = json_array_size(list);
    json_t **all = must_allocate((count + 1) * sizeof(json_t *)), *in_order = json_array();
    for (size_t i = 0; i < count; i++) all[i] = json_array_get(list, i);
    qsort(all, count, sizeof(json_t *), by_pseudonym);
    for (size_t i = 0; i < count; i++) json_array_append(in_order, all[i]);
    free(all);
    json_decref(list);
    return in_order;
}

struct desk_reply desk_answers(struct desk *desk, const struct desk_place *place) {
    struct answers answers = {.desk = desk, .place = place, .list = json_array()};
    char *error = NULL;
    bool asked = !place->assignment || !place->part ||
                 gradebook_query(&desk->book,
                                 "SELECT " ANSWER_COLUMNS " FROM oto_graded_cell WHERE assignment = ? AND grade_id = ?"
                                 " AND role IN ('written', 'task')",
                                 (const char *const[]){place->assignment, place->part}, on_answer, &answers, &error);
    if (!asked || !json_array_size(answers.list)) {
        json_decref(answers.list);
        return asked ? bad_and_free(desk, 404, must_copy("there is no such part")) : bad_and_free(desk, 500, error);
    }
    json_t *body = json_object();
    add_task(body, desk, place);
    json_object_set_new(body, "points", json_real(answers.points));
    json_object_set_new(body, "answers", sorted(answers.list));
    return good(body);
}

static json_t *one_answer(struct desk *desk, const struct desk_place *place, const char *student, char **error) {
    struct answers answers = {.desk = desk, .place = place, .list = json_array()};
    gradebook_query(&desk->book,
                    "SELECT " ANSWER_COLUMNS " FROM oto_graded_cell"
                    " WHERE assignment = ? AND grade_id = ? AND student = ?",
                    (const char *const[]){place->assignment, place->part, student}, on_answer, &answers, error);
    json_t *answer = json_incref(json_array_get(answers.list, 0));
    json_decref(answers.list);
    return answer;
}

/* ---- one student ---- */

struct desk_reply desk_name(struct desk *desk, const struct desk_place *place) {
    struct desk_reply reply;
    char *student = find_student(desk, place, &reply);
    if (!student) return reply;
    json_t *body = json_object();
    json_object_set_new(body, "name", escape_json(student));
    free(student);
    return good(body);
}

/* Pictures that are put into a text cell lie beside its text, encoded. Those of types that are no documents by
 * themselves; NULL for others. */
static const char *picture_type(const char *type) {
    static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i]) == 0) return types[i];
    return NULL;
}

static void add_pictures(json_t *pictures, const struct cell *cell) {
    json_t *attachment, *data;
    const char *name, *type;
    json_object_foreach(json_object_get(cell->json, "attachments"), name, attachment)
        json_object_foreach(attachment, type, data) if (picture_type(type) && json_is_string(data))
            json_array_append_new(pictures,
                                  json_pack("{s:s, s:s, s:O}", "name", name, "type", picture_type(type), "data", data));
}

static void on_text(void *context, sqlite3_stmt *row) {
    char **text = context;
    if (!*text) *text = must_copy(column_text(row, 0));
}

/* Of the cells whose text is in the answer: the notebook may have been handed in again since it was graded. */
static json_t *pictures_of(const struct notebook *notebook, const char *answer) {
    json_t *pictures = json_array();
    for (size_t i = 0; i < notebook->count; i++)
        if (notebook->cells[i].length && strstr(answer, notebook->cells[i].source))
            add_pictures(pictures, &notebook->cells[i]);
    return pictures;
}

struct desk_reply desk_pictures(struct desk *desk, const struct desk_place *place) {
    struct desk_reply reply;
    struct notebook notebook;
    char *student = find_student(desk, place, &reply), *answer = NULL, *error = NULL;
    if (!student) return reply;
    bool asked = gradebook_query(
        &desk->book, "SELECT answer FROM oto_cell WHERE student = ? AND assignment = ? AND grade_id = ?",
        (const char *const[]){student, place->assignment, place->part}, on_text, &answer, &error);
    size_t count;
    bool all_read;
    struct submission *submissions = course_submissions(&desk->course, student, &count, &all_read);
    json_t *body = json_object(), *pictures = NULL;
    if (answer && submissions_read(&desk->course, submissions, count, student, place->assignment, &notebook)) {
        pictures = pictures_of(&notebook, answer);
        notebook_free(&notebook);
    }
    submissions_free(submissions, count);
    json_object_set_new(body, "pictures", pictures ? pictures : json_array());
    free(answer);
    free(student);
    if (asked) return good(body);
    json_decref(body);
    return bad_and_free(desk, 500, error);
}

struct work {
    struct desk *desk;
    const char *assignment, *student;
    json_t *cells;
    char *error;
};

struct checks {
    const struct desk *desk;
    json_t *list;
};

static void on_check(void *context, sqlite3_stmt *row) {
    const struct checks *checks = context;
    json_t *check = json_object();
    json_object_set_new(check, "name", escape_json(column_text(row, 0)));
    json_object_set_new(check, "passed", json_boolean(sqlite3_column_int(row, 1)));
    json_object_set_new(check, "message", said(checks->desk, column_text(row, 2)));
    json_array_append_new(checks->list, check);
}

/* grade_id, answer, points, final, position, evalue */
static void on_work(void *context, sqlite3_stmt *row) {
    struct work *work = context;
    json_t *cell = json_object();
    struct checks checks = {work->desk, json_array()};
    char *error = NULL;
    json_object_set_new(cell, "part", escape_json(column_text(row, 0)));
    json_object_set_new(cell, "answer", written(work->desk, column_text(row, 1)));
    json_object_set_new(cell, "points", json_real(sqlite3_column_double(row, 2)));
    json_object_set_new(cell, "score", column_json_number(row, 3));
    json_object_set_new(cell, "error", said(work->desk, column_text(row, 5)));
    if (!gradebook_query(&work->desk->book,
                         "SELECT name, passed, message FROM oto_check WHERE student = ? AND assignment = ?"
                         " AND position = ? ORDER BY number",
                         (const char *const[]){work->student, work->assignment, column_text(row, 4)}, on_check, &checks,
                         &error)) {
        free(work->error);
        work->error = error;
    }
    json_object_set_new(cell, "checks", checks.list);
    json_array_append_new(work->cells, cell);
}

struct desk_reply desk_work(struct desk *desk, const struct desk_place *place) {
    struct desk_reply reply;
    char *student = find_student(desk, place, &reply), *error = NULL;
    if (!student) return reply;
    struct work work = {.desk = desk, .assignment = place->assignment, .student = student, .cells = json_array()};
    if (!gradebook_query(&desk->book,
                         "SELECT grade_id, answer, points, final, position, evalue FROM oto_graded_cell"
                         " WHERE student = ? AND assignment = ? AND role IN ('answer', 'test') ORDER BY position",
                         (const char *const[]){student, place->assignment}, on_work, &work, &error))
        work.error = error;
    free(student);
    if (work.error) {
        json_decref(work.cells);
        return bad_and_free(desk, 500, work.error);
    }
    json_t *body = json_object();
    json_object_set_new(body, "cells", work.cells);
    return good(body);
}

/* ---- giving points ---- */

static struct desk_reply give(struct desk *desk, const struct desk_place *place, const struct given *given) {
    char *error = NULL, *why = NULL;
    enum given_outcome outcome = GIVEN_FAILED;
    if (gradebook_begin(&desk->book, &error)) outcome = given_take(&desk->book, given, &error);
    if (!gradebook_end(&desk->book, outcome == GIVEN_KEPT, &error) && outcome == GIVEN_KEPT) outcome = GIVEN_FAILED;
    if (outcome == GIVEN_REFUSED) return bad_and_free(desk, 400, error);
    if (outcome == GIVEN_FAILED) return bad_and_free(desk, 500, error);
    struct desk_reply reply = outcome == GIVEN_KEPT ? good(json_object()) : bad_and_free(desk, 409, error);
    json_t *answer = one_answer(desk, place, given->student, &why);
    json_object_set_new(reply.body, "answer", answer ? answer : json_null());
    free(why);
    return reply;
}

struct desk_reply desk_give(struct desk *desk, json_t *json) {
    struct desk_place place;
    struct desk_reply reply;
    struct given given = {.grader = desk->grader};
    if (json_unpack(json, "{s:s, s:s, s:s, s:s, s:s, s:s}", "assignment", &place.assignment, "part", &place.part, "who",
                    &place.who, "score", &given.score, "comment", &given.comment, "state", &given.seen) != 0)
        return bad_and_free(desk, 400,
                            must_copy("wanted: {assignment, part, who, score, comment, state}, each a text"));
    char *student = find_student(desk, &place, &reply);
    if (!student) return reply;
    given.student = student;
    given.assignment = place.assignment;
    given.grade_id = place.part;
    reply = give(desk, &place, &given);
    free(student);
    return reply;
}
