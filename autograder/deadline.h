/* deadline: a moment after which something has taken too long, on a machine that may have other work. */
#ifndef GRADER_DEADLINE_H
#define GRADER_DEADLINE_H

#include <stdbool.h>

struct deadline {
    double seconds, at, crowded; /* how long it may take, when that is over, what crowded the machine before */
};

struct deadline deadline_in(double seconds);
/* Time in which others had the processors does not count, up to four times as many seconds. */
bool deadline_is_past(const struct deadline *deadline);

#endif
