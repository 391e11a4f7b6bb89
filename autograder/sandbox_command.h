/* sandbox_command: what is in sight in a sandbox, as bubblewrap's command line. */
#ifndef GRADER_SANDBOX_COMMAND_H
#define GRADER_SANDBOX_COMMAND_H

#include "autograder/sandbox.h"
#include "kernel/engine/words.h"

/* The command. files: as in sandbox_start. filter: the descriptor that bubblewrap is to read the filter of system calls
 * from. */
struct words sandbox_command(const char *files, const struct sandbox_limits *limits, int filter);
/* What every process in a sandbox has in its environment: NAME=VALUE. */
struct words sandbox_environment(void);

#endif
