#include "autograder/stays.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/declares.h"
#include "kernel/engine/text.h"

static struct scored_cell *cell_at(const struct scored *scored, size_t position) {
    for (size_t i = 0; i < scored->count; i++)
        if (scored->cells[i].position == position) return &scored->cells[i];
    return NULL;
}

/* An error quotes the lines of other cells; what was scored with the instructor's version of an answer depends on what
 * broke; nobody tells who uses a cell's macros, headers and settings. */
static bool is_still_right(const struct depends *depends, const struct scored_cell *cell, const char *basis) {
    char key[65];
    if (!cell || cell->ename || cell->substituted || depends->declares[cell->position].is_beyond) return false;
    depends_key(depends, cell->position, basis, key);
    return strcmp(key, cell->key) == 0;
}

static bool *tests_that_stay(const struct depends *depends, const struct scored *earlier, const char *basis) {
    const struct notebook *notebook = depends->notebook;
    bool *stays = must_allocate(notebook->count);
    for (size_t i = 0; i < notebook->count; i++)
        stays[i] = notebook->cells[i].role == ROLE_TEST && is_still_right(depends, cell_at(earlier, i), basis);
    /* All of a group, or none of it. */
    for (size_t i = 0; i < notebook->count; i++) {
        if (notebook->cells[i].role != ROLE_TEST || stays[i]) continue;
        for (size_t k = 0; k < notebook->count; k++)
            if (depends->group[k] == depends->group[i]) stays[k] = false;
    }
    return stays;
}

static bool group_stays(const struct depends *depends, const bool *stays, size_t group) {
    for (size_t i = 0; i < depends->notebook->count; i++)
        if (depends->group[i] == group && stays[i]) return true;
    return false;
}

static bool is_wanted(const struct depends *depends, const bool *stays, size_t position) {
    size_t count = depends->notebook->count;
    for (size_t i = 0; i < count; i++)
        if (i != position && !stays[i] && depends->on[i * count + position]) return true;
    return false;
}

/* Is it an answer that a score depends on which stays, and which compiled when that was found? */
static bool is_known_to_compile(const struct depends *depends, const struct scored *earlier, const bool *stays,
                                size_t position) {
    const struct notebook *notebook = depends->notebook;
    const struct scored_cell *before = cell_at(earlier, position);
    if (notebook->cells[position].role != ROLE_ANSWER || !before || before->ename) return false;
    for (size_t i = 0; i < notebook->count; i++)
        if (stays[i] && notebook->cells[i].role == ROLE_TEST && depends->on[i * notebook->count + position])
            return true;
    return false;
}

/* Is it something that the instructor does for tests that stay, or with what they leave behind? */
static bool is_for_tests_that_stay(const struct depends *depends, const bool *stays, size_t position) {
    return depends->active[position] && !depends->declares[position].is_beyond &&
           group_stays(depends, stays, depends->group[position]);
}

static void add_cells_for_nobody(const struct depends *depends, const struct scored *earlier, bool *stays) {
    for (size_t i = depends->notebook->count; i-- > 0;)
        if (!stays[i] &&
            (is_for_tests_that_stay(depends, stays, i) || is_known_to_compile(depends, earlier, stays, i)) &&
            !is_wanted(depends, stays, i))
            stays[i] = true;
}

bool *stays_find(const struct depends *depends, const struct scored *earlier, const char *basis) {
    bool any = false;
    if (!depends->apart || !earlier->count) return NULL;
    bool *stays = tests_that_stay(depends, earlier, basis);
    for (size_t i = 0; i < depends->notebook->count; i++) any = any || stays[i];
    if (any) {
        add_cells_for_nobody(depends, earlier, stays);
        return stays;
    }
    free(stays);
    return NULL;
}

size_t stays_take(const bool *stays, struct scored *scored, struct scored *earlier) {
    size_t taken = 0;
    for (size_t i = 0; i < scored->count; i++) {
        struct scored_cell *cell = &scored->cells[i];
        if (cell->role != ROLE_TEST || !stays[cell->position]) continue;
        struct scored_cell *before = cell_at(earlier, cell->position);
        struct scored_cell unscored = *cell;
        cell->score = before->score;
        cell->count = before->count;
        cell->capacity = before->capacity;
        cell->checks = before->checks;
        before->count = unscored.count;
        before->capacity = unscored.capacity;
        before->checks = unscored.checks;
        before->key[0] = '\0';
        taken++;
    }
    scored_sum(scored);
    return taken;
}
