#include "autograder/gone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "kernel/engine/text.h"

enum { GONE_SHOWN = 10 };

struct gone {
    const struct course *course;
    json_t *present; /* by place: "STUDENT/ASSIGNMENT" */
    struct text names;
    size_t count;
};

static char *place_of(const char *student, const char *assignment) {
    return must_format("%s/%s", student, assignment);
}

static json_t *places(const struct course *course, const struct submission *submissions, size_t count) {
    json_t *present = json_object();
    for (size_t i = 0; i < count; i++) {
        char *place = place_of(submissions[i].student, course->assignments[submissions[i].assignment].name);
        json_object_set_new_nocheck(present, place, json_true());
        free(place);
    }
    return present;
}

static bool is_of_course(const struct course *course, const char *assignment) {
    for (size_t i = 0; i < course->count; i++)
        if (strcmp(course->assignments[i].name, assignment) == 0) return true;
    return false;
}

/* student, assignment */
static void look(void *context, sqlite3_stmt *row) {
    struct gone *gone = context;
    if (!is_of_course(gone->course, column_text(row, 1))) return;
    char *place = place_of(column_text(row, 0), column_text(row, 1));
    if (!json_object_get(gone->present, place) && ++gone->count <= GONE_SHOWN) {
        if (gone->names.length) text_add(&gone->names, ", ");
        escape_terminal(&gone->names, place, false);
    }
    free(place);
}

bool gone_tell(struct gradebook *book, const struct course *course, const struct submission *submissions, size_t count,
               const char *student, char **error) {
    struct gone gone = {.course = course, .present = places(course, submissions, count)};
    bool asked = gradebook_query(book,
                                 "SELECT student, assignment FROM oto_submission WHERE ?1 IS NULL OR student = ?1"
                                 " ORDER BY student, assignment",
                                 (const char *const[]){student}, look, &gone, error);
    if (asked && gone.count > GONE_SHOWN) text_format(&gone.names, " and %zu more", gone.count - GONE_SHOWN);
    if (asked && gone.count)
        fprintf(stderr,
                "oto-grade: graded before and no longer in %s/submitted: %s; their scores stay (oto-grade forget "
                "--student NAME --assignment NAME takes one out, with what was given by hand)\n",
                course->root, text_c(&gone.names));
    json_decref(gone.present);
    text_free(&gone.names);
    return asked;
}
