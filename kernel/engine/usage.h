/* usage: what a cell and everything that it started take together, wherever that went: the system's limits hold for one
 * process each, and programs know nothing of the worker's. Read from /proc. */
#ifndef OTO_USAGE_H
#define OTO_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/engine/limits.h"
#include "lib/record/record.h"

/* How often a running cell is worth a look, in seconds: a fork bomb makes some hundred processes meanwhile. */
#define USAGE_INTERVAL 0.1

struct excess {
    const char *what; /* "memory" or "processes", as FAULT names them; NULL: none */
    int64_t limit, used;
};

/* What of all that descends from the session's process exceeds the limits. The session's own memory does not count, nor
 * does the shadow of AddressSanitizer, an eighth; memory that processes share is counted once. */
struct excess usage_excess(pid_t session, const struct limits *limits);

/* The excess as a FAULT record, which the caller frees. */
void usage_tell(const struct excess *excess, struct oto_record *fault);

/* Kills all that descends from a process; it is stopped first, so that nothing of it can make more meanwhile. */
void usage_end(pid_t pid);

/* Seconds for which a process could have run and others had the processors: of its thread for which it was most. 0
 * where the system does not tell. */
double usage_waited(pid_t pid);

/* A field of a file below /proc/PID that is given in kilobytes; 0 when it cannot be read. */
int64_t usage_kilobytes(pid_t pid, const char *name, const char *field);

#endif
