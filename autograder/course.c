#include "autograder/course.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "autograder/escape.h"
#include "autograder/files.h"
#include "lib/record/utf8.h"

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

/* What is wrong with a name of a student, an assignment or a notebook, or NULL. Tables, pages and nbgrader's database
 * hold these names: one that is not UTF-8 would make all of them unreadable. */
static const char *name_fault(const char *name) {
    if (!name_is_safe(name))
        return "the name is no safe folder name (at most 120 bytes, no - first, no control characters): rename it";
    for (size_t length; *name; name += length) {
        length = oto_utf8_length(name, strlen(name));
        if (!length)
            return "the name is not text in UTF-8, as where an archive of another system was unpacked: rename it";
    }
    return NULL;
}

/* False with *error when what lies in a folder of source/ cannot have its name. */
static bool has_good_name(const char *folder, const char *name, char **error) {
    const char *fault = name_fault(name);
    struct text shown = {};
    if (!fault) return true;
    escape_terminal(&shown, name, false);
    *error = must_format("%s/%s: %s", folder, text_c(&shown), fault);
    text_free(&shown);
    return false;
}

void assignment_free(struct assignment *assignment) {
    free(assignment->name);
    free(assignment->notebook);
    free(assignment->folder);
    free(assignment->path);
}

bool assignment_of_notebook(struct assignment *assignment, const char *path, char **error) {
    char *real = realpath(path, NULL);
    *assignment = (struct assignment){};
    if (!real || !ends_with(real, ".ipynb")) {
        *error = real ? must_format("%s: a notebook's name ends in .ipynb", path)
                      : must_format("%s: %s", path, strerror(errno));
        free(real);
        return false;
    }
    const char *slash = strrchr(real, '/');
    assignment->folder = must_copy_n(real, (size_t)(slash - real));
    if (!has_good_name(assignment->folder, slash + 1, error)) {
        free(assignment->folder);
        free(real);
        return false;
    }
    assignment->notebook = must_copy_n(slash + 1, strlen(slash + 1) - strlen(".ipynb"));
    assignment->name = must_copy(assignment->notebook);
    assignment->path = real;
    return true;
}

/* The one notebook of source/NAME. */
static bool find_notebook(struct assignment *assignment, char **error) {
    size_t count;
    char **files = folder_list(assignment->folder, 'f', &count);
    if (errno) *error = must_format("%s: %s", assignment->folder, strerror(errno));
    for (size_t i = 0; i < count && !*error; i++) {
        if (!ends_with(files[i], ".ipynb")) continue;
        if (!has_good_name(assignment->folder, files[i], error)) break;
        if (assignment->path) {
            *error = must_format("%s: holds two notebooks (%s.ipynb and %s); an assignment has one", assignment->folder,
                                 assignment->notebook, files[i]);
            break;
        }
        assignment->notebook = must_copy_n(files[i], strlen(files[i]) - strlen(".ipynb"));
        assignment->path = must_format("%s/%s", assignment->folder, files[i]);
    }
    names_free(files, count);
    if (!assignment->path && !*error)
        *error = must_format("%s: holds no notebook; put the solution there, or take the folder out of source/",
                             assignment->folder);
    return !*error;
}

bool course_open(struct course *course, const char *root, const char *only, char **error) {
    size_t count;
    *course = (struct course){};
    *error = NULL;
    course->root = realpath(root, NULL);
    if (!course->root) {
        *error = must_format("%s: %s", root, strerror(errno));
        return false;
    }
    char *source = must_format("%s/source", course->root);
    char **names = folder_list(source, 'd', &count);
    if (errno && errno != ENOENT) *error = must_format("%s: %s", source, strerror(errno));
    course->assignments = must_allocate(count * sizeof *course->assignments);
    for (size_t i = 0; i < count && !*error; i++) {
        if (only && strcmp(only, names[i]) != 0) continue;
        if (!has_good_name(source, names[i], error)) break;
        struct assignment *assignment = &course->assignments[course->count++];
        assignment->name = must_copy(names[i]);
        assignment->folder = must_format("%s/%s", source, names[i]);
        find_notebook(assignment, error);
    }
    if (!*error && !course->count)
        *error = only ? must_format("%s: has no assignment \"%s\"", source, only)
                      : must_format("%s: has no assignments (a course has source/ASSIGNMENT/NOTEBOOK.ipynb)", source);
    names_free(names, count);
    free(source);
    if (*error) course_close(course);
    return !*error;
}

void course_close(struct course *course) {
    for (size_t i = 0; i < course->count; i++) assignment_free(&course->assignments[i]);
    free(course->assignments);
    free(course->root);
    *course = (struct course){};
}

/* student "": all of them. */
static void leave_out(struct course *course, const char *student, const char *why) {
    struct text name = {};
    course->some_left_out = true;
    escape_terminal(&name, student, false);
    fprintf(stderr, "oto-grade: submitted/%s: left out: %s\n", text_c(&name), why);
    text_free(&name);
}

static bool lies_in(const char *folder, const char *name) {
    char *path = must_format("%s/%s", folder, name);
    struct stat status;
    bool found = lstat(path, &status) == 0;
    free(path);
    return found;
}

/* Does every student have it? Then it is nobody's work. */
static bool is_handed_out(const struct course *course, const struct assignment *assignment, const char *name) {
    char *release = must_format("%s/release/%s", course->root, assignment->name);
    bool found = lies_in(assignment->folder, name) || lies_in(release, name);
    free(release);
    return found;
}

/* Why a notebook that is not there cannot be graded: another name was given to it, by a browser (" (1)", ".txt") or by
 * the student. NULL when there is none at all. */
static char *renamed(const struct course *course, const struct assignment *assignment, const char *folder,
                     const char *path) {
    static const char *const endings[] = {".ipynb", ".ipynb.txt", ".json"};
    struct stat status;
    struct text name = {};
    size_t count;
    if (lstat(path, &status) == 0) return NULL;
    char *why = NULL, **files = folder_list(folder, 'f', &count);
    for (size_t ending = 0; ending < sizeof endings / sizeof *endings; ending++)
        for (size_t i = 0; i < count && !name.length; i++)
            if (ends_with(files[i], endings[ending]) && !is_handed_out(course, assignment, files[i]))
                escape_terminal(&name, files[i], false);
    if (name.length)
        why = must_format("%s: is missing, but \"%s\" lies there; it must be called \"%s.ipynb\"", path, text_c(&name),
                          assignment->notebook);
    text_free(&name);
    names_free(files, count);
    return why;
}

char *course_beside(const struct course *course, const struct submission *submission) {
    enum { SHOWN = 3 };
    const struct assignment *assignment = &course->assignments[submission->assignment];
    struct text names = {};
    size_t count, others = 0;
    if (submission->refused) return NULL;
    const char *own = strrchr(submission->path, '/') + 1;
    char *folder = must_copy_n(submission->path, (size_t)(own - 1 - submission->path));
    char *told = NULL, **files = folder_list(folder, 'f', &count);
    for (size_t i = 0; i < count; i++) {
        if (!ends_with(files[i], ".ipynb") || strcmp(files[i], own) == 0 || is_handed_out(course, assignment, files[i]))
            continue;
        if (others++ >= SHOWN) continue;
        text_add(&names, others > 1 ? ", \"" : "\"");
        escape_terminal(&names, files[i], false);
        text_add(&names, "\"");
    }
    if (others > SHOWN) text_add(&names, ", ...");
    if (others)
        told = must_format("\"%s\" alone is graded, not %s beside it; what is to be graded must be called \"%s\".", own,
                           text_c(&names), own);
    text_free(&names);
    names_free(files, count);
    free(folder);
    return told;
}

/* course->count when there is no assignment of that name. */
static size_t assignment_named(const struct course *course, const char *name) {
    size_t i = 0;
    while (i < course->count && strcmp(course->assignments[i].name, name) != 0) i++;
    return i;
}

static bool is_folder(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

struct collection {
    struct course *course;
    struct submission *list;
    size_t count, capacity;
    bool all_read;
};

static void collect_assignment(struct collection *all, const char *student, const char *folder, size_t index) {
    const struct assignment *assignment = &all->course->assignments[index];
    char *own = must_format("%s/%s", folder, assignment->name),
         *path = must_format("%s/%s.ipynb", own, assignment->notebook);
    ARRAY_ADD(all->list, all->count, all->capacity) =
        (struct submission){.student = must_copy(student),
                            .assignment = index,
                            .path = path,
                            .refused = is_folder(own) ? renamed(all->course, assignment, own, path)
                                                      : must_format("%s: is not a folder of its own", own)};
    free(own);
}

static void collect_student(struct collection *all, const char *student, const char *folder) {
    size_t count;
    char **names = folder_list(folder, 'x', &count);
    const int error = errno;
    if (name_fault(student)) {
        leave_out(all->course, student, name_fault(student));
    } else if (!is_folder(folder)) {
        leave_out(all->course, student, "not a folder of its own");
    } else {
        if (error) leave_out(all->course, student, strerror(error));
        all->all_read &= !error;
        for (size_t i = 0; i < count; i++) {
            size_t index = assignment_named(all->course, names[i]);
            if (index < all->course->count) collect_assignment(all, student, folder, index);
        }
    }
    names_free(names, count);
}

struct submission *course_submissions(struct course *course, const char *only_student, size_t *count, bool *all_read) {
    struct collection all = {.course = course};
    size_t students;
    char *submitted = must_format("%s/submitted", course->root), **names = folder_list(submitted, 'x', &students);
    all.all_read = !errno || errno == ENOENT;
    if (!all.all_read) leave_out(course, "", strerror(errno));
    for (size_t i = 0; i < students; i++) {
        if (only_student && strcmp(only_student, names[i]) != 0) continue;
        char *folder = must_format("%s/%s", submitted, names[i]);
        collect_student(&all, names[i], folder);
        free(folder);
    }
    names_free(names, students);
    free(submitted);
    *count = all.count;
    *all_read = all.all_read;
    return all.list;
}

struct unknown {
    char *name, *student; /* the first who has it */
    size_t students;
};

static void tell_unknown(const struct unknown *unknown) {
    struct text name = {};
    escape_terminal(&name, unknown->student, false);
    text_add(&name, "/");
    escape_terminal(&name, unknown->name, false);
    fprintf(stderr, "oto-grade: submitted/%s: left out: source/ has no assignment of that name (%zu student%s it)\n",
            text_c(&name), unknown->students, unknown->students == 1 ? " has" : "s have");
    text_free(&name);
}

void course_tell_unknown(struct course *course, const char *only_student) {
    struct unknown *all = NULL;
    size_t count = 0, capacity = 0, students;
    char *submitted = must_format("%s/submitted", course->root);
    char **names = folder_list(submitted, 'd', &students);
    for (size_t i = 0; i < students; i++) {
        if (only_student && strcmp(only_student, names[i]) != 0) continue;
        char *folder = must_format("%s/%s", submitted, names[i]);
        size_t handed_in;
        char **found = folder_list(folder, 'x', &handed_in);
        for (size_t k = 0; k < handed_in; k++) {
            if (assignment_named(course, found[k]) < course->count) continue;
            size_t at = 0;
            while (at < count && strcmp(all[at].name, found[k]) != 0) at++;
            if (at == count)
                ARRAY_ADD(all, count, capacity) = (struct unknown){must_copy(found[k]), must_copy(names[i]), 0};
            all[at].students++;
        }
        names_free(found, handed_in);
        free(folder);
    }
    course->some_left_out |= count > 0;
    for (size_t i = 0; i < count; i++) {
        tell_unknown(&all[i]);
        free(all[i].name);
        free(all[i].student);
    }
    free(all);
    names_free(names, students);
    free(submitted);
}

void submission_free(struct submission *submission) {
    free(submission->student);
    free(submission->path);
    free(submission->refused);
}

bool submissions_read(const struct course *course, const struct submission *submissions, size_t count,
                      const char *student, const char *assignment, struct notebook *notebook) {
    char *error = NULL;
    bool read = false;
    for (size_t i = 0; i < count && !read; i++) {
        const struct submission *one = &submissions[i];
        if (!one->refused && strcmp(one->student, student) == 0 &&
            strcmp(course->assignments[one->assignment].name, assignment) == 0)
            read = notebook_read(notebook, one->path, &error);
    }
    free(error);
    return read;
}

void submissions_free(struct submission *submissions, size_t count) {
    for (size_t i = 0; i < count; i++) submission_free(&submissions[i]);
    free(submissions);
}
