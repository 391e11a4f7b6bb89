/* library: what is known of functions of C's headers and of oto.h by their names alone. Of one that nobody knows, the
 * worse is said. */
#ifndef GRADER_LIBRARY_H
#define GRADER_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* Does whoever uses it (as observed_any_use tells it) leave nothing behind but what he was given to write into, and
 * where the random generator stands? */
bool library_is_harmless(const char *name, size_t length);

/* May it draw random numbers? Many functions of oto.h do, some of them only when asked to. */
bool library_may_draw(const char *name, size_t length);

#endif
