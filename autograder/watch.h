/* watch: what the processes of a sandbox hold together, seen from outside. The kernel's own limits are for one process
 * each; these are for all that a notebook starts. */
#ifndef GRADER_WATCH_H
#define GRADER_WATCH_H

#include "autograder/sandbox.h"

/* Looks whether the sandbox holds more than it may. NULL, or what it has too much of: "memory", "processes", "files" or
 * "processor time". */
const char *watch(struct sandbox *sandbox, const struct sandbox_limits *limits);
/* What of these the kernel has refused it already, or NULL; nothing is looked at. */
const char *watch_struck(const struct sandbox *sandbox);
/* Has the machine too little memory for what the sandbox may hold? */
bool watch_starved(const struct sandbox *sandbox);

/* Processor time of all processes together, s, in a control group also of the services that were sent in; and how long
 * a stretch of it must be to be told well. */
double watch_seconds(const struct sandbox *sandbox);
double watch_resolution(const struct sandbox *sandbox);
/* Bytes that each process holds, and the most that it has held since watch_forget_most. Free the list. */
struct holdings {
    struct holding {
        pid_t pid;
        int64_t now, most;
    } *list;
    size_t count, capacity;
};
void watch_forget_most(const struct sandbox *sandbox);
struct holdings watch_holdings(const struct sandbox *sandbox);
/* By how much processes grew at most, and what is left of that. One that has ended makes up for none. */
struct growth {
    int64_t most, left;
};
struct growth holdings_growth(const struct holdings *before, const struct holdings *after);

#endif
