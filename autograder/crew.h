/* crew: tasks 0 ... count-1 done by several threads, each with a sandbox slot of its own. */
#ifndef GRADER_CREW_H
#define GRADER_CREW_H

#include <stdbool.h>
#include <stddef.h>

/* How many of these jobs can have the files open that they need: a dozen descriptors for a sandbox, and its control
 * group's; one that cannot be opened would count as the student's fault. Takes as many from the kernel as it may, for a
 * shell usually allows 1024 at first. That it is fewer is said on stderr. */
int crew_size(int jobs);

/* Calls task(context, index, slot) for every index, workers at a time; slot is 0 ... workers-1. Tasks begin in order.
 * When *stop becomes true no further task begins. Each worker runs on its share of the processors, where there are
 * enough for all; and so does what it starts. */
void crew_run(size_t count, int workers, void (*task)(void *context, size_t index, int slot), void *context,
              const volatile bool *stop);

/* A line of progress on stderr: a bar on a terminal, a line a step otherwise; what is the name of the step. Called by
 * tasks, from any thread. */
struct progress {
    size_t done, total;
    double started;
    bool quiet;
};
void progress_start(struct progress *progress, size_t total, bool quiet);
void progress_step(struct progress *progress, const char *what);
/* So many steps at once. */
void progress_steps(struct progress *progress, size_t steps, const char *what);
void progress_end(struct progress *progress);

#endif
