/* watch: what the processes of a sandbox hold together, seen from outside. The kernel's own limits are for one process
 * each; these are for all that a notebook starts. */
#ifndef GRADER_WATCH_H
#define GRADER_WATCH_H

#include "autograder/sandbox.h"

/* Looks whether the sandbox holds more than it may. NULL, or what it has too much of: "memory", "processes", "files" or
 * "processor time". */
const char *watch(const struct sandbox *sandbox, const struct sandbox_limits *limits);
/* What of these the kernel has refused it already, or NULL; nothing is looked at. */
const char *watch_struck(const struct sandbox *sandbox);

/* Processor time of all processes together, s; and how long a stretch of it must be to be told well. */
double watch_seconds(const struct sandbox *sandbox);
double watch_resolution(const struct sandbox *sandbox);
/* Bytes that all processes hold now; from here on, watch_most_bytes tells the most that each has held, added up. */
int64_t watch_bytes(const struct sandbox *sandbox);
int64_t watch_most_bytes(const struct sandbox *sandbox);

#endif
