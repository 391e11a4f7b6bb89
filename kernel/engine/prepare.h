/* prepare: a stretch of C -> objects that are ready to run, before any of it runs. What is wrong is found here, so that
 * a cell that does not compile has done nothing. */
#ifndef OTO_PREPARE_H
#define OTO_PREPARE_H

#include "kernel/engine/code.h"
#include "kernel/engine/cut.h"

/* A unit that has been compiled and whose names are defined, but which the worker does not know yet. */
struct stage {
    struct object object;
    struct text rebind, keep; /* for the worker */
    int unit;
    bool transient;            /* it defines no function: nothing needs its code when it has run */
    struct names_point before; /* the names without it */
};

/* What can be compiled only when the stages have run: it holds arrays whose lengths they compute. It has been checked
 * with lengths of no meaning. */
struct pending {
    struct cut cut;
    int unit; /* that holds the lengths */
};

struct prepared {
    struct stage *stages;
    size_t count, capacity;
    struct pending *pending; /* in order */
    size_t pending_count, pending_capacity;
};

/* Warnings go to the host. trial: only looks for what is wrong; the names are defined all the same, and nothing is
 * compiled. False: the outcome tells why; the caller takes the names back. */
bool prepare(struct session *session, const struct code *code, bool trial, const struct cell_host *host,
             struct prepared *prepared, struct cell_outcome *outcome);
void prepared_free(struct prepared *prepared);

#endif
