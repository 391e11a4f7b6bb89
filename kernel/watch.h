/* watch: the inside of the debugger (debugger.h), shared by its three files: debugger.c (the thread, what the session
 * and the kernel ask), watch.c (the adapter and the cell that it watches), debug_requests.c (what the client asks). All
 * but the members under the lock belong to the debugger's thread. */
#ifndef OTO_WATCH_H
#define OTO_WATCH_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

#include "kernel/debugger.h"
#include "kernel/sources.h"

struct adapter;

struct job {
    struct job *next;
    enum { JOB_REQUEST, JOB_ATTACH, JOB_DETACH, JOB_END } kind;
    struct message message; /* of a request */
};

struct debugger {
    struct kernel *kernel;
    struct cell_debugger hooks;
    pthread_t thread;
    int wake; /* an eventfd: there are jobs */
    pthread_mutex_t lock;
    pthread_cond_t done; /* a job of the session's thread has been done */

    /* Under the lock. */
    struct job *first, **end;
    bool on;
    bool waiting;      /* the session's thread waits for attach or detach */
    int pid;           /* the process to attach to */
    json_t *variables; /* the session's, as [{name, type, address}] */
    bool watching;

    struct sources *sources; /* has a lock of its own */

    /* Of the thread. */
    struct adapter *adapter; /* started and initialised ahead, or watching */
    json_t *breakpoints;     /* file -> list of breakpoints as the client set them */
    json_t *waiting_events;  /* came while an answer was awaited */
    bool at_crashes;         /* stop where a cell is about to die */
    bool configured;         /* the watched process runs, and what it does is news */
    bool crashed;            /* it has stopped at its crash already */
    json_int_t stopped;      /* the thread that is stopped, 0: none */
    int steps;               /* gone by themselves since it last was stopped */
};

/* Whether the client has switched the debugger on. */
bool debugger_is_on(struct debugger *debugger);
void debugger_switch(struct debugger *debugger, bool on);

/* Starts an adapter ahead, for it takes a while. */
void watch_prepare(struct debugger *debugger);
/* Attaches to the process when there is something to stop at; sets configured. */
void watch_attach(struct debugger *debugger);
/* Lets the process go on without the adapter. */
void watch_let_go(struct debugger *debugger);
/* Sends a request to the adapter and waits for its answer; events that come first are kept. arguments are taken over.
 * NULL when the adapter is gone or silent: then it is given up. */
json_t *watch_ask(struct debugger *debugger, const char *command, json_t *arguments);
/* Tells the adapter whether to stop at crashes. */
bool watch_set_crashes(struct debugger *debugger);
json_t *watch_breakpoints(const char *file, json_t *list);
/* The frames of a stopped thread, in *answer, which is the caller's. */
json_t *watch_frames(struct debugger *debugger, json_int_t thread, json_t **answer);
/* Handles the events that are there: those that were kept, and those that can be read now. */
void watch_handle_events(struct debugger *debugger);
void watch_receive_events(struct debugger *debugger);
void watch_publish(struct debugger *debugger, json_t *event);

/* The answer to a client's request. */
json_t *debug_answer(struct debugger *debugger, const json_t *request);

#endif
