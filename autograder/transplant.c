#include "autograder/transplant.h"

#include <string.h>

#include "autograder/pieces.h"

/* The last cell with that id, whatever role its (student's) metadata claim. */
static const struct cell *answer_of(const struct notebook *submission, const char *grade_id, size_t *times) {
    const struct cell *found = NULL;
    *times = 0;
    for (size_t i = 0; i < submission->count; i++) {
        const struct cell *cell = &submission->cells[i];
        if (!cell->grade_id || strcmp(cell->grade_id, grade_id) != 0) continue;
        found = cell;
        ++*times;
    }
    return found;
}

/* Neither an answer nor what was handed out, nor empty. */
static bool is_own(const struct cell *cell, const struct notebook *instructor, const struct notebook *released) {
    bool known = !cell->length || (cell->grade_id && notebook_find(instructor, cell->grade_id));
    for (size_t i = 0; !known && i < released->count; i++) known = strcmp(released->cells[i].source, cell->source) == 0;
    return !known;
}

/* Code cells of the student's own are not run: someone who keeps a helper there must hear of it. */
static void note_own_cells(const struct notebook *instructor, const struct notebook *submission,
                           const struct notebook *released, struct text *notes) {
    size_t own = 0;
    for (size_t i = 0; i < submission->count; i++)
        own += submission->cells[i].code && is_own(&submission->cells[i], instructor, released);
    if (own)
        text_format(notes,
                    "%zu code cell%s of your own or changed instructor's cell%s: only answer cells are graded, "
                    "so what an answer needs must stand in it.\n",
                    own, own == 1 ? "" : "s", own == 1 ? "" : "s");
}

/* A cell with a main is a program by itself, of which nothing stays (kernel/engine/program.c). */
static bool defines_main(const struct cell *cell) {
    bool found = false;
    struct pieces pieces = pieces_of(cell->source, 0, cell->length);
    for (size_t i = 0; i + 1 < pieces.count && !found; i++) {
        if (!piece_is(&pieces, i, "main") || pieces.list[i].opener != NO_PIECE || !piece_is(&pieces, i + 1, "("))
            continue;
        size_t close = pieces.list[i + 1].partner;
        found = close != NO_PIECE && piece_is(&pieces, close + 1, "{");
    }
    pieces_free(&pieces);
    return found;
}

/* A written answer that was left as it was handed out, with text cells of the student's own right above or below it, or
 * that is missing, with such cells anywhere: they are the answer. A person reads it, and sees what else it may be. left
 * NULL: it is missing. */
static bool answer_beside(struct cell *written, const struct cell *left, const struct notebook *instructor,
                          const struct notebook *submission, const struct notebook *released) {
    const struct cell *cells = submission->cells;
    size_t first = left ? (size_t)(left - cells) : 0, end = left ? first + 1 : submission->count;
    while (first > 0 && (!cells[first - 1].length || is_own(&cells[first - 1], instructor, released))) first--;
    while (end < submission->count && (!cells[end].length || is_own(&cells[end], instructor, released))) end++;
    struct text own = {};
    for (size_t i = first; i < end; i++)
        if (!cells[i].code && is_own(&cells[i], instructor, released))
            text_format(&own, "%s%s", own.length ? "\n\n" : "", submission->cells[i].source);
    bool found = own.length > 0;
    if (found) cell_set_source(written, text_c(&own), own.length);
    text_free(&own);
    return found;
}

/* nbgrader's "task" is answered by cells that a student adds anywhere. */
static void answer_task(struct cell *task, const struct notebook *instructor, const struct notebook *submission,
                        const struct notebook *released) {
    struct text own = {};
    for (size_t i = 0; i < submission->count; i++)
        if (is_own(&submission->cells[i], instructor, released))
            text_format(&own, "%s%s", own.length ? "\n\n" : "", submission->cells[i].source);
    cell_set_source(task, text_c(&own), own.length);
    text_free(&own);
}

bool transplant_finds_any(const struct notebook *instructor, const struct notebook *submission) {
    bool wanted = false;
    for (size_t i = 0; i < instructor->count; i++) {
        size_t times;
        if (!cell_is_answer(&instructor->cells[i])) continue;
        if (answer_of(submission, instructor->cells[i].grade_id, &times)) return true;
        wanted = true;
    }
    return !wanted;
}

void transplant(struct notebook *instructor, const struct notebook *submission, const struct notebook *released,
                struct text *notes) {
    note_own_cells(instructor, submission, released, notes);
    for (size_t i = 0; i < instructor->count; i++) {
        struct cell *cell = &instructor->cells[i];
        size_t times;
        if (cell->role == ROLE_TASK) answer_task(cell, instructor, submission, released);
        if (!cell_is_answer(cell)) continue;
        const struct cell *answer = answer_of(submission, cell->grade_id, &times);
        if (times > 1)
            text_format(notes, "Answer \"%s\" is there %zu times; the last one was graded.\n", cell->grade_id, times);
        if (!answer)
            text_format(notes, "Answer \"%s\" is missing from the notebook.\n", cell->grade_id);
        else if (answer->code != cell->code)
            text_format(notes, "Answer \"%s\" is a %s cell now; it was graded as %s.\n", cell->grade_id,
                        answer->code ? "code" : "text", cell->code ? "code" : "text");
        if (answer && answer->code && defines_main(answer) && !defines_main(cell))
            text_format(notes,
                        "Answer \"%s\" defines main: it was run as a program of its own, of which no function stays "
                        "for the tests; take main out of it.\n",
                        cell->grade_id);
        const struct cell *stub = notebook_find(released, cell->grade_id);
        bool left = !answer || (stub && strcmp(answer->source, stub->source) == 0);
        if (left && cell->role == ROLE_WRITTEN && answer_beside(cell, answer, instructor, submission, released)) {
            text_format(notes, "Text cells of your own were taken for the answer \"%s\".\n", cell->grade_id);
            continue;
        }
        if (!answer) answer = stub;
        cell_set_source(cell, answer ? answer->source : "", answer ? answer->length : 0);
    }
}
