/* worker: what the files of this folder share about the process they run in.
 *
 * Everything declared here is hidden from cell code: dlsym(), which resolves a cell's library calls, must not find the
 * worker's own functions. */
#ifndef OTO_WORKER_H
#define OTO_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma GCC visibility push(hidden)

struct worker {
    int commands, records; /* descriptors of protocol.h */
    int64_t memory_limit;  /* bytes a cell may add; 0: none */
    int64_t file_limit;    /* bytes that a file may grow to; 0: none */
    int64_t memory_base;   /* VmData when the transaction began */
    pid_t session;         /* the process that speaks for the session; student forks differ */
    pid_t thread;          /* its main thread */
    int64_t unit;          /* that runs, or ran last */
    bool program;          /* a main() is running: exit is the real one */
    bool no_snapshots;     /* cells run in the session's process: one that dies ends it */
};
extern struct worker worker;

/* Is the caller a child that student code forked, and so never a second session? */
bool worker_is_forked_child(void);
/* VmData of this process in bytes, as RLIMIT_DATA counts it; async-signal-safe. 0 when /proc cannot be read. */
int64_t worker_data_bytes(void);

#pragma GCC visibility pop
#endif
