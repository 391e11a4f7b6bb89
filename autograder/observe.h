/* observe: runs a notebook's code cells in a sandbox and collects what its checks saw. This is the trusted end of the
 * conversation in job.h: everything that arrives is bounded, and none of it is believed. */
#ifndef GRADER_OBSERVE_H
#define GRADER_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "autograder/deadline.h"
#include "autograder/notebook.h"
#include "autograder/observed.h"
#include "autograder/sandbox.h"

struct observe_request {
    const struct notebook *notebook;
    int64_t seed;
    const char *files; /* folder of files that the exercise ships, or NULL */
    const struct sandbox_limits *limits;
    int slot;     /* of the sandbox */
    bool demos;   /* run the cells that only show something as well */
    bool careful; /* some cell is likely to fail: take a snapshot before each, and not only once one has failed */
    const bool *left_out; /* by cell: it is not run; NULL: none is left out */
    bool learn; /* keep what is found out while the instructor's cells are compiled: the notebook is all trusted */
    const struct deadline *whole; /* for this run and all others of the same submission; or NULL */
    const struct observed *known; /* of a run that learned: its own cells are not compiled again; or NULL */
};

/* False with a malloc'd *error when the sandbox or the engine did not work: that says nothing about the notebook. A
 * cell that ends the whole sandbox costs that cell: the notebook is run again without it, at most RESTARTS_MAX times.
 * Release *observed with observed_free. */
bool observe(const struct observe_request *request, struct observed *observed, char **error);

#endif
