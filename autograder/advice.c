#include "autograder/advice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/timed.h"
#include "kernel/engine/text.h"

/* Without this call the student's checks compare with nothing. */
static void advise_on_call(const struct exercise *exercise) {
    const char *slash = strrchr(exercise->path, '/'), *name = slash ? slash + 1 : exercise->path;
    char *call = must_format("oto_exercise(\"%.*s\")", (int)(strlen(name) - strlen(".ipynb")), name);
    bool found = false;
    for (size_t i = 0; i < exercise->solution.count && !found; i++) {
        const struct cell *cell = &exercise->solution.cells[i];
        found = cell->code && cell->role == ROLE_PLAIN && strstr(cell->source, call);
    }
    if (!found) printf("advice: no cell says %s: the checks that students run compare with nothing\n", call);
    free(call);
}

static bool is_tested(const struct exercise *exercise, size_t answer) {
    for (size_t i = answer; i < exercise->solution.count; i++)
        if (exercise->solution.cells[i].role == ROLE_TEST) return true;
    return false;
}

/* Do students get a test cell with fewer lines than the source has? */
static bool hides_checks(const struct exercise *exercise) {
    for (size_t i = 0; i < exercise->solution.count; i++) {
        const struct cell *cell = &exercise->solution.cells[i];
        const struct cell *released =
            cell->role == ROLE_TEST ? notebook_find(&exercise->release, cell->grade_id) : NULL;
        if (released && strcmp(released->source, cell->source) != 0) return true;
    }
    return false;
}

/* Work that an answer could save itself where its time is measured. */
static void advise_on_time(const struct cell *cell) {
    struct timed timed;
    for (size_t at = 0; timed_next(&timed, cell->source, cell->length, &at);) {
        if (timed.repeats)
            printf("advice: %s: all calls of the time check %s have the same input, so an answer may remember its "
                   "result: let the input change from call to call (x[k++ %% 8])\n",
                   cell->grade_id, timed.name);
        if (timed.is_last)
            printf("advice: %s: no value is checked behind the time check %s, so an answer may do nothing more once "
                   "its values were seen\n",
                   cell->grade_id, timed.name);
        free(timed.name);
    }
}

/* nbgrader's pattern. Here any text is an id, so it is no error; but the course folder is nbgrader's, too. */
static void advise_on_ids(const struct notebook *source) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    for (size_t i = 0; i < source->count; i++) {
        const char *id = source->cells[i].grade_id;
        if (id && id[strspn(id, letters)])
            printf("advice: cell %zu: nbgrader refuses the grade_id \"%s\": make it of the letters A to Z and a to z, "
                   "digits, _ and - before students get the notebook\n",
                   i + 1, id);
    }
}

void advise_on_notebook(const struct exercise *exercise) {
    advise_on_call(exercise);
    advise_on_ids(&exercise->source);
    if (!hides_checks(exercise))
        puts("advice: no check is hidden: an answer can be made to fit what the visible ones ask");
    for (size_t i = 0; i < exercise->solution.count; i++) {
        const struct cell *cell = &exercise->solution.cells[i];
        if (cell->role == ROLE_TEST) advise_on_time(cell);
        if (cell->role == ROLE_ANSWER && !is_tested(exercise, i))
            printf("advice: %s: no test cell stands behind it, so it earns no points\n", cell->grade_id);
    }
}
