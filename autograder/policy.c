#include "autograder/policy.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/files.h"
#include "autograder/moment.h"
#include "autograder/strings.h"
#include "kernel/engine/text.h"

enum { POLICY_MAX_BYTES = 16 << 20, DAY = 24 * 60 * 60 };

struct policy {
    struct gradebook *book;
    const char *course, *path;
    double grace_minutes, free_days, penalty_per_day, last_day;
    json_t *students;
    char *error;
};

[[gnu::format(printf, 2, 3)]] static bool refuse(struct policy *policy, const char *format, ...) {
    struct text why = {};
    char *line = NULL;
    va_list values;
    va_start(values, format);
    if (vasprintf(&line, format, values) < 0) line = NULL;
    va_end(values);
    text_format(&why, "%s: %s", policy->path, line ? line : "cannot be read");
    free(line);
    if (!policy->error) policy->error = text_take(&why);
    text_free(&why);
    return false;
}

/* A misspelt field would quietly do nothing, so it is refused. name: of the object in that place, or "". */
static bool has_only(struct policy *policy, json_t *object, const char *where, const char *name,
                     const char *const *known) {
    const char *field;
    json_t *value;
    if (!json_is_object(object)) return refuse(policy, "%s%s wants an object {...}", where, name);
    json_object_foreach(object, field, value) {
        bool found = false;
        for (int i = 0; known[i]; i++) found |= strcmp(field, known[i]) == 0;
        if (!found) return refuse(policy, "%s%s has no field \"%s\"", where, name, field);
    }
    return true;
}

static bool read_number(struct policy *policy, json_t *object, const char *field, double low, double high,
                        double *number) {
    json_t *value = json_object_get(object, field);
    if (!value) return true;
    *number = json_number_value(value);
    if (json_is_number(value) && *number >= low && *number <= high) return true;
    return refuse(policy, "late.%s wants a number from %g to %g", field, low, high);
}

static bool read_late(struct policy *policy, json_t *late) {
    static const char *const known[] = {"grace_minutes", "free_days", "penalty_per_day", "last_day", NULL};
    return !late || (has_only(policy, late, "late", "", known) &&
                     read_number(policy, late, "grace_minutes", 0, 1e6, &policy->grace_minutes) &&
                     read_number(policy, late, "free_days", 0, 1e4, &policy->free_days) &&
                     read_number(policy, late, "penalty_per_day", 0, 1, &policy->penalty_per_day) &&
                     read_number(policy, late, "last_day", 0, 1e4, &policy->last_day));
}

/* The dates of a whole term may be written before its weeks are, so a name that is not there is said and no error. */
static bool look_for_assignment(struct policy *policy, const char *where, const char *name) {
    char *folder = must_format("%s/source/%s", policy->course, name);
    bool found = name_is_safe(name) && access(folder, F_OK) == 0;
    free(folder);
    if (!found)
        found = gradebook_finds(policy->book, "SELECT 1 FROM oto_submission WHERE assignment = ? LIMIT 1", &name,
                                &policy->error);
    if (policy->error) return false;
    if (!found)
        fprintf(stderr, "oto-grade: %s: %s%s: %s/source has no such assignment, so this says nothing yet\n",
                policy->path, where, name, policy->course);
    return true;
}

static bool read_assignments(struct policy *policy, json_t *assignments) {
    static const char *const known[] = {"due", NULL};
    const char *name;
    json_t *entry;
    if (!assignments) return true;
    if (!json_is_object(assignments)) return refuse(policy, "assignments wants an object {...}");
    json_object_foreach(assignments, name, entry) {
        json_t *due = json_object_get(entry, "due");
        int64_t seconds;
        if (!has_only(policy, entry, "assignments.", name, known) || !look_for_assignment(policy, "assignments.", name))
            return false;
        if (!due) continue;
        if (!json_is_string(due) || !moment_read(json_string_value(due), &seconds))
            return refuse(policy, "assignments.%s.due wants a date like \"2026-10-09 23:59 +09:00\"", name);
        if (!gradebook_do(policy->book, &policy->error, "INSERT INTO oto_due VALUES (?,?)", "si", name, seconds))
            return false;
    }
    return true;
}

static const char *text_of(json_t *object, const char *field) {
    return json_string_value(json_object_get(object, field));
}

static bool read_extra_days(struct policy *policy, const char *student, json_t *extra) {
    char *where = must_format("students.%s.extra_days.", student);
    bool good = true;
    for (void *at = json_object_iter(extra); at && good; at = json_object_iter_next(extra, at)) {
        const char *assignment = json_object_iter_key(at);
        json_t *days = json_object_iter_value(at);
        good = json_is_number(days) && json_number_value(days) >= 0
                   ? look_for_assignment(policy, where, assignment)
                   : refuse(policy, "%s%s wants a number of days", where, assignment);
    }
    free(where);
    return good;
}

static bool read_students(struct policy *policy, json_t *students) {
    static const char *const known[] = {"name", "email", "id", "extra_days", NULL};
    const char *student;
    json_t *entry;
    if (!students) return true;
    if (!json_is_object(students)) return refuse(policy, "students wants an object {...}");
    policy->students = students;
    json_object_foreach(students, student, entry) {
        if (!has_only(policy, entry, "students.", student, known)) return false;
        for (int i = 0; i < 3; i++)
            if (json_object_get(entry, known[i]) && !text_of(entry, known[i]))
                return refuse(policy, "students.%s.%s wants a text in quotes", student, known[i]);
        json_t *extra = json_object_get(entry, "extra_days");
        if (extra && !json_is_object(extra))
            return refuse(policy, "students.%s.extra_days wants an object {\"assignment\": days}", student);
        if (!read_extra_days(policy, student, extra)) return false;
        if (!gradebook_do(policy->book, &policy->error, "INSERT INTO oto_student VALUES (?,?,?,?)", "ssss", student,
                          text_of(entry, "name"), text_of(entry, "email"), text_of(entry, "id")))
            return false;
    }
    return true;
}

/* ---- who is late ---- */

struct handing_in {
    char *student, *assignment;
    int64_t due, at;
    bool ungradable;
};

struct handed_in {
    size_t count, capacity;
    struct handing_in *all;
};

/* student, assignment, due, submitted_at, ungradable */
static void on_handed_in(void *context, sqlite3_stmt *row) {
    struct handed_in *handed_in = context;
    ARRAY_ADD(handed_in->all, handed_in->count, handed_in->capacity) =
        (struct handing_in){.student = must_copy(column_text(row, 0)),
                            .assignment = must_copy(column_text(row, 1)),
                            .due = sqlite3_column_int64(row, 2),
                            .at = sqlite3_column_int64(row, 3),
                            .ungradable = sqlite3_column_int(row, 4)};
}

static double extra_days(const struct policy *policy, const struct handing_in *one) {
    json_t *extra = json_object_get(json_object_get(policy->students, one->student), "extra_days");
    return json_number_value(json_object_get(extra, one->assignment));
}

/* Days begun since it was due. */
static double days_late(const struct policy *policy, const struct handing_in *one) {
    double late = (double)(one->at - one->due) - extra_days(policy, one) * DAY;
    return late > policy->grace_minutes * 60 ? ceil(late / DAY) : 0;
}

static bool note_late(struct policy *policy, const struct handed_in *handed_in) {
    double free_left = 0;
    for (size_t i = 0; i < handed_in->count; i++) {
        const struct handing_in *one = &handed_in->all[i];
        if (i == 0 || strcmp(one->student, one[-1].student) != 0) free_left = policy->free_days;
        double days = days_late(policy, one);
        if (days <= 0) continue;
        bool too_late = days > policy->last_day;
        double free = too_late || one->ungradable ? 0 : fmin(floor(free_left), days);
        double penalty = too_late ? 1 : one->ungradable ? 0 : fmin(1, (days - free) * policy->penalty_per_day);
        free_left -= free;
        if (!gradebook_do(policy->book, &policy->error, "INSERT INTO oto_late VALUES (?,?,?,?,?)", "ssddd",
                          one->student, one->assignment, days, free, penalty))
            return false;
    }
    return true;
}

static bool find_late(struct policy *policy) {
    struct handed_in handed_in = {};
    bool found = gradebook_query(policy->book,
                                 "SELECT student, s.assignment, due, submitted_at, verdict = 'ungradable' FROM"
                                 " oto_submission s"
                                 " JOIN oto_due d ON d.assignment = s.assignment WHERE submitted_at IS NOT NULL"
                                 " ORDER BY student, due, s.assignment",
                                 NULL, on_handed_in, &handed_in, &policy->error) &&
                 note_late(policy, &handed_in);
    for (size_t i = 0; i < handed_in.count; i++) {
        free(handed_in.all[i].student);
        free(handed_in.all[i].assignment);
    }
    free(handed_in.all);
    return found;
}

static bool read_language(struct policy *policy, json_t *code) {
    enum language language;
    if (!code) return true;
    if (!json_is_string(code) || !language_of(json_string_value(code), &language))
        return refuse(policy, "language wants \"en\" or \"ja\"");
    return gradebook_do(policy->book, &policy->error, "INSERT INTO oto_language VALUES (?)", "s",
                        language_code(language));
}

static bool read_all(struct policy *policy, json_t *all) {
    static const char *const known[] = {"assignments", "language", "late", "students", NULL};
    return has_only(policy, all, "the course", "", known) && read_language(policy, json_object_get(all, "language")) &&
           read_late(policy, json_object_get(all, "late")) &&
           read_assignments(policy, json_object_get(all, "assignments")) &&
           read_students(policy, json_object_get(all, "students")) && find_late(policy);
}

bool policy_load(struct gradebook *book, const char *course, char **error) {
    char *path = must_format("%s/course.json", course);
    struct policy policy = {.book = book, .course = course, .path = path, .last_day = INFINITY};
    *error = NULL;
    if (access(path, F_OK) == 0) {
        size_t size;
        json_error_t fault;
        char *why = NULL, *bytes = file_read(path, POLICY_MAX_BYTES, &size, &policy.error);
        const char *text = bytes ? file_text(bytes, size, &why) : NULL;
        json_t *all = text ? json_loads(text, JSON_REJECT_DUPLICATES, &fault) : NULL;
        if (why) refuse(&policy, "%s", why);
        if (text && !all) refuse(&policy, "line %d is not JSON: %s", fault.line, fault.text);
        if (all) read_all(&policy, all);
        json_decref(all);
        free(why);
        free(bytes);
    }
    *error = policy.error;
    free(path);
    return !*error;
}

static void on_language(void *context, sqlite3_stmt *row) {
    language_of(column_text(row, 0), context);
}

bool policy_language(struct gradebook *book, const char *asked, enum language *language, char **error) {
    *language = ENGLISH;
    if (!asked) return gradebook_query(book, "SELECT code FROM oto_language", NULL, on_language, language, error);
    if (language_of(asked, language)) return true;
    *error = must_format("--language wants en or ja, not \"%s\"", asked);
    return false;
}
