/* process: the worker that runs student code: start it, open transactions, run units, interrupt, undo. */
#ifndef OTO_PROCESS_H
#define OTO_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/engine/cell.h"
#include "kernel/engine/interruption.h"
#include "lib/record/record.h"

enum run_end {
    RUN_RETURNED,
    RUN_EXITED,      /* exit(0) */
    RUN_REFUSED,     /* the library's: record holds the message */
    RUN_MISSING,     /* record names undefined symbols; nothing ran */
    RUN_INTERRUPTED, /* stopped cleanly, what it did stays */
    RUN_KILLED,      /* had to be killed; rolled back */
    RUN_FAULT,       /* record tells; rolled back */
    RUN_DIED,        /* without a word; status is waitpid's */
    RUN_LOST         /* the whole worker is gone; names are lost too */
};

struct run_request {
    int unit;
    const unsigned char *object;
    size_t size;
    const char *rebind, *keep, *entry; /* as in worker/protocol.h */
    bool program;
    bool transient; /* it defines no function */
    bool debug;     /* a debugger is to know it */
    const char *arguments, *libraries;
    double time_limit; /* seconds without those that it waits for a processor, 0: none */
};

struct run_result {
    enum run_end end;
    int unit; /* that was run */
    int status, threads;
    uint64_t *thread_functions; /* of the threads that were stopped, as far as they are known */
    size_t thread_function_count, thread_function_capacity;
    bool program; /* it was one */
    bool timed_out, by_interrupt;
    struct oto_record loaded;    /* LOADED, kind 0 when there is none */
    struct oto_record record;    /* FAULT, MISSING, the refusal, or RAN of an interrupted cell; kind 0: none */
    struct oto_record *findings; /* FINDING, the first of them */
    size_t finding_count, finding_capacity;
    /* What the host reads of the dying process before it goes on, while its memory can still be read. */
    void (*look)(void *context, const struct oto_record *fault, pid_t pid);
    void *look_context;
};

struct process;

/* interruption: what stops the cells that it runs; must live as long as the process. NULL with *error. */
struct process *process_start(const char *worker, const struct session_options *options,
                              struct interruption *interruption, char **error);
void process_stop(struct process *process);

enum begin_end {
    BEGIN_DONE,
    BEGIN_REFUSED, /* the system gives no process for the cell; nothing is lost */
    BEGIN_LOST     /* the worker is gone, or the process that held the session was killed */
};

enum begin_end process_begin(struct process *process, const struct limits *limits, bool debug);
/* Passes on what was printed, as far as it is there. */
void process_drain(struct process *process, const struct cell_host *host);
void process_run(struct process *process, const struct run_request *request, const struct cell_host *host,
                 struct run_result *result);
/* Each false with the worker lost. */
bool process_commit(struct process *process);
bool process_abandon(struct process *process, const struct cell_host *host);
/* Is there a snapshot before the last committed cell? One that costs more than a quarter of the memory limit is not
 * kept. */
bool process_can_undo(const struct process *process);
/* Back to the snapshot before the last committed cell. False when there is none. */
bool process_undo(struct process *process);
/* Asks the session process for values: names and shapes alternate; texts is filled (free each), false when lost. */
bool process_format(struct process *process, const char *const *names, const char *const *shapes, size_t count,
                    char **texts);
/* What nothing points to any more, as text; NULL when the worker does not answer. */
char *process_leaks(struct process *process);
/* A clock, in seconds. */
double process_now(void);
/* The process whose memory and working directory are the session's. */
pid_t process_pid(const struct process *process);
void run_result_free(struct run_result *result);

#endif
