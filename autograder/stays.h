/* stays: the scores of an earlier run that are still right for what a student hands in now. */
#ifndef GRADER_STAYS_H
#define GRADER_STAYS_H

#include "autograder/depends.h"

/* By cell: it need not run, because its score stays, or it would run for such cells alone; NULL when no score stays
 * (caller frees). earlier has the answers and tests of the run before, with their keys; basis is that of depends_key.
 */
bool *stays_find(const struct depends *depends, const struct scored *earlier, const char *basis);
/* Puts them where scored has cells that were not run. earlier loses them. Returns how many. */
size_t stays_take(const bool *stays, struct scored *scored, struct scored *earlier);

#endif
