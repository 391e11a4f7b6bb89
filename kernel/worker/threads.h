/* threads: those that cell code starts, so that the end of a cell can stop and count them. */
#ifndef OTO_WORKER_THREADS_H
#define OTO_WORKER_THREADS_H

#include <pthread.h>
#include <threads.h>

#include "kernel/worker/worker.h"
#include "lib/record/record.h"

#pragma GCC visibility push(hidden)

/* What cell code calls as pthread_create and thrd_create. */
int threads_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int threads_create_c11(thrd_t *thread, thrd_start_t start, void *argument);

/* Stops every thread of the cell that is still alive, for good; returns how many. */
int threads_stop(void);
/* Are there such that threads_stop stopped, or that it could not? */
bool threads_are_left(void);
/* Adds a field "thread", the address of the function that it ran, for each that threads_stop stopped since the last
 * call. */
void threads_name(struct oto_record *record);
/* In a new process: none of the parent's threads came along. */
void threads_forget(void);
/* A stack of its own for this thread's signal handlers; false when there is no memory for it. */
bool threads_signal_stack(void);

#pragma GCC visibility pop
#endif
