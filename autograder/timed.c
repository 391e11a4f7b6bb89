#include "autograder/timed.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/library.h"
#include "autograder/pieces.h"
#include "kernel/engine/text.h"

static bool begins_with(const struct pieces *p, size_t i, const char *beginning) {
    size_t length = strlen(beginning);
    const struct piece *piece = &p->list[i];
    return piece->to - piece->from > length && memcmp(p->source + piece->from, beginning, length) == 0;
}

/* Does it change a variable, or draw? */
static bool changes(const struct pieces *p, size_t i) {
    static const char *const operators[] = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "++", "--", NULL};
    const struct piece *piece = &p->list[i];
    bool call = begins_with(p, i, "oto_") && piece_is(p, i + 1, "(");
    return piece_is_one_of(p, i, operators) ||
           (call && library_may_draw(p->source + piece->from, piece->to - piece->from));
}

static bool checks_value(const struct pieces *p, size_t i) {
    return begins_with(p, i, "oto_check_") && !piece_is(p, i, "oto_check_time") && !piece_is(p, i, "oto_check_memory");
}

/* The comma behind an argument of the call whose bracket is open, or the call's end. */
static size_t argument_end(const struct pieces *p, size_t open, size_t i) {
    size_t close = p->list[open].partner;
    while (i < close && !(p->list[i].opener == open && piece_is(p, i, ","))) i++;
    return i;
}

/* The check whose arguments stand in the bracket at open. */
static struct timed look_at(const struct pieces *p, size_t open) {
    size_t name = open + 1, name_end = argument_end(p, open, name);
    struct timed timed = {.repeats = true, .is_last = true};
    timed.name = name_end > name
                     ? must_copy_n(p->source + p->list[name].from, p->list[name_end - 1].to - p->list[name].from)
                     : must_copy("");
    for (size_t i = name_end + 1, end = argument_end(p, open, i); i < end; i++) timed.repeats &= !changes(p, i);
    for (size_t i = p->list[open].partner; i < p->count; i++) timed.is_last &= !checks_value(p, i);
    return timed;
}

bool timed_next(struct timed *timed, const char *source, size_t length, size_t *at) {
    struct pieces pieces = pieces_of(source, 0, length);
    bool found = false;
    for (size_t i = 0; i + 1 < pieces.count && !found; i++) {
        bool call = piece_is(&pieces, i, "oto_check_time") && piece_is(&pieces, i + 1, "(");
        if (pieces.list[i].from < *at || !call || pieces.list[i + 1].partner == NO_PIECE) continue;
        *at = pieces.list[i].to;
        *timed = look_at(&pieces, i + 1);
        found = timed->repeats || timed->is_last;
        if (!found) free(timed->name);
    }
    pieces_free(&pieces);
    return found;
}
