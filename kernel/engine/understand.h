/* understand: what a stretch of C is: its items, each known for what it is, and what is wrong with it. */
#ifndef OTO_UNDERSTAND_H
#define OTO_UNDERSTAND_H

#include "kernel/engine/code.h"
#include "kernel/engine/unit.h"

struct attempt {
    struct plan plan;
    struct facts facts;
    struct text draft;
};

/* Plans, drafts and parses until every item is known. Errors that only mean that something happens at run time are
 * taken off the facts. False: the outcome tells why. */
bool understand(struct session *session, const struct code *code, struct attempt *attempt, struct flavour **flavour,
                struct cell_outcome *outcome);
void attempt_free(struct attempt *attempt);

size_t error_count(const struct facts *facts);
/* The item of a place in the draft, or -1. */
long item_at(const struct plan *plan, size_t offset);
/* The source with what #if leaves out, and the conditionals themselves, blanked, into *resolved; NULL there when it has
 * none. False when a conditional is wrong itself. */
bool resolve_conditionals(struct session *session, const struct code *code, const struct flavour *flavour,
                          char **resolved, struct cell_outcome *outcome);
/* False when a comment does not end. */
bool check_comments(struct session *session, const struct code *code, struct cell_outcome *outcome);
/* Makes the outcome a compile error of the engine's own; takes the message over. False, for the caller to return. */
bool fail_here(struct session *session, const struct code *code, struct cell_outcome *outcome, char *message);

#endif
