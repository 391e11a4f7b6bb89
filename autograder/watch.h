/* watch: what the processes of a sandbox hold together, seen from outside. The kernel's own limits are for one process
 * each; these are for all that a notebook starts. */
#ifndef GRADER_WATCH_H
#define GRADER_WATCH_H

#include "autograder/sandbox.h"

/* Looks whether the sandbox holds more than it may. NULL, or what it has too much of: "memory", "processes", "files" or
 * "processor time". */
const char *watch(const struct sandbox *sandbox, const struct sandbox_limits *limits);

#endif
