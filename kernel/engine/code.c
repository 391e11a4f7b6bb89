#include "kernel/engine/code.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/bracket_macros.h"
#include "kernel/engine/excerpt.h"
#include "kernel/engine/plain.h"
#include "kernel/engine/prepare.h"
#include "kernel/engine/report.h"
#include "kernel/engine/understand.h"

static enum code_end run_stage(struct session *session, const struct code *code, struct stage *stage,
                               const struct cell_host *host, bool *begun, struct cell_outcome *outcome) {
    struct run_request request = {.unit = stage->unit,
                                  .rebind = stage->rebind.length ? text_c(&stage->rebind) : NULL,
                                  .keep = stage->keep.length ? text_c(&stage->keep) : NULL,
                                  .entry = "oto_cell.new",
                                  .transient = stage->transient};
    return object_run(session, code, &stage->object, &request, host, begun, outcome);
}

/* The lengths that a unit computed, one a length of the cut; false when one is no length. */
static bool read_lengths(struct session *session, const struct code *code, const struct pending *pending,
                         long long *lengths, struct cell_outcome *outcome) {
    size_t count = pending->cut.length_count;
    const char **symbols = must_allocate(count * sizeof *symbols), **shapes = must_allocate(count * sizeof *shapes);
    char **values = must_allocate(count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        symbols[i] = must_format(CUT_LENGTH "%zu.%d", i, pending->unit);
        shapes[i] = "i8";
    }
    bool ok = process_format(session->process, symbols, shapes, count, values);
    for (size_t i = 0; ok && i < count; i++) {
        struct span s = pending->cut.lengths[i];
        const char *text = text_c(&pending->cut.after);
        lengths[i] = strtoll(values[i], NULL, 10);
        if (lengths[i] > 0) continue;
        int line = code->first_line;
        for (size_t at = 0; at < s.start; at++) line += text[at] == '\n';
        outcome_fail(outcome, "UndefinedBehavior",
                     must_format("an array cannot have %lld elements: the length %.*s must be at least 1 (line %d)",
                                 lengths[i], (int)(s.end - s.start), text + s.start, line));
        struct text trace = {};
        text_format(&trace, "cell [%d] line %d\n", code->number, line);
        excerpt_add(&trace, session_cell_source(session, code->number), line, 0, NULL);
        outcome_trace(outcome, text_c(&trace));
        text_free(&trace);
        ok = false;
    }
    for (size_t i = 0; i < count; i++) {
        free((char *)symbols[i]);
        free(values[i]);
    }
    free(symbols);
    free(shapes);
    free(values);
    return ok;
}

static enum code_end run_whole(struct session *session, const struct code *code, const struct cell_host *host,
                               bool *begun, struct cell_outcome *outcome);

static enum code_end run_pending(struct session *session, const struct code *code, const struct pending *pending,
                                 const struct cell_host *host, bool *begun, struct cell_outcome *outcome) {
    enum code_end end = CODE_FAILED;
    long long *lengths = must_allocate(pending->cut.length_count * sizeof *lengths);
    if (read_lengths(session, code, pending, lengths, outcome)) {
        char *source = cut_fill(&pending->cut, lengths);
        struct code rest = *code;
        rest.source = source;
        rest.length = strlen(source);
        rest.quiet = true; /* its warnings were shown when it was checked */
        end = run_whole(session, &rest, host, begun, outcome);
        free(source);
    }
    free(lengths);
    return end;
}

/* Prepares all, then runs it. Where it stops before its end, what was not reached leaves no names. */
static enum code_end run_whole(struct session *session, const struct code *code, const struct cell_host *host,
                               bool *begun, struct cell_outcome *outcome) {
    struct prepared prepared = {};
    enum code_end end = prepare(session, code, false, host, &prepared, outcome) ? CODE_DONE : CODE_FAILED;
    for (size_t i = 0; i < prepared.count && end == CODE_DONE; i++) {
        end = run_stage(session, code, &prepared.stages[i], host, begun, outcome);
        if (end != CODE_DONE && i + 1 < prepared.count) names_return_to(&session->names, prepared.stages[i + 1].before);
    }
    for (size_t i = 0; i < prepared.pending_count && end == CODE_DONE; i++)
        end = run_pending(session, code, &prepared.pending[i], host, begun, outcome);
    prepared_free(&prepared);
    return end;
}

/* The code as the other parts of the engine want it: written plainly, without what conditionals leave out. NULL: the
 * outcome tells why. */
static char *active_source(struct session *session, const struct code *code, struct flavour **flavour,
                           struct cell_outcome *outcome) {
    char *error = NULL;
    *flavour = session_flavour(session, code->mode, &error);
    if (!*flavour) {
        fail_here(session, code, outcome, error);
        return NULL;
    }
    struct code plain = *code;
    char *source = plain_source(code->source, code->length);
    plain.source = source;
    char *active =
        !check_tokens(session, &plain, outcome) ? NULL : without_conditionals(session, *flavour, &plain, outcome);
    free(source);
    if (!active) return NULL;
    char *written_out = bracket_macros_written_out(&session->names, active, strlen(active));
    free(active);
    return written_out;
}

enum code_end code_run(struct session *session, const struct code *code, const struct cell_host *host, bool *begun,
                       struct cell_outcome *outcome) {
    struct flavour *flavour;
    struct code own = *code;
    char *source = active_source(session, code, &flavour, outcome);
    if (!source) return CODE_FAILED;
    own.source = source;
    own.length = strlen(source);
    enum code_end end = run_whole(session, &own, host, begun, outcome);
    free(source);
    return end;
}

bool code_check(struct session *session, const struct code *code, struct cell_outcome *outcome) {
    struct flavour *flavour;
    struct code own = *code;
    struct prepared prepared = {};
    char *source = active_source(session, code, &flavour, outcome);
    if (!source) return false;
    own.source = source;
    own.length = strlen(source);
    own.quiet = true;
    bool ok = prepare(session, &own, true, NULL, &prepared, outcome);
    prepared_free(&prepared);
    free(source);
    return ok;
}
