/* understand: what a stretch of C is: its items, each known for what it is, and what is wrong with it. */
#ifndef OTO_UNDERSTAND_H
#define OTO_UNDERSTAND_H

#include "kernel/engine/code.h"
#include "kernel/engine/unit.h"

struct attempt {
    struct plan plan;
    struct facts facts;
    struct text draft;
    char *written;   /* the source with what macros declare written out; NULL: as it was */
    size_t renewing; /* the item that gives a name which an item before it uses a new meaning; 0: none. Then only the
                        plan is there. */
};

/* Plans, drafts and parses until every item is known for what it is. Errors that only mean that something happens at
 * run time are taken off the facts. False: the outcome tells why. */
bool understand(struct session *session, const struct code *code, struct attempt *attempt, struct flavour **flavour,
                struct cell_outcome *outcome);
void attempt_free(struct attempt *attempt);

size_t error_count(const struct facts *facts);
/* The item of a place in the draft, or -1. */
long item_at(const struct plan *plan, size_t offset);
/* The source with what #if leaves out, and the conditionals themselves, blanked; NULL, and the outcome tells, when they
 * are wrong. */
char *without_conditionals(struct session *session, const struct flavour *flavour, const struct code *code,
                           struct cell_outcome *outcome);
/* False when a comment does not end, or tokens stand together on which the parser would hang. */
bool check_tokens(struct session *session, const struct code *code, struct cell_outcome *outcome);
/* Makes the outcome a compile error of the engine's own; takes the message over. False, for the caller to return. */
bool fail_here(struct session *session, const struct code *code, struct cell_outcome *outcome, char *message);

#endif
