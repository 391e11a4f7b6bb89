/* timed: could an answer save itself the work that a `time` check wants to measure? Told from the words of a test cell.
 * Pure. */
#ifndef GRADER_TIMED_H
#define GRADER_TIMED_H

#include <stdbool.h>
#include <stddef.h>

/* What a time check leaves open. */
struct timed {
    char *name;   /* of the check, as it is written: "\"FFT of 4096\"" */
    bool repeats; /* all calls have the same input: results can be remembered */
    bool is_last; /* no value is checked behind it: nothing need be done any more once the others were seen */
};

/* The next time check at or behind *at of the source that leaves anything open; *at comes to stand behind its word.
 * False: there is none. Release the name. */
bool timed_next(struct timed *timed, const char *source, size_t length, size_t *at);

#endif
