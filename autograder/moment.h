/* moment: points in time as people and nbgrader write them, in seconds since 1970 (UTC). */
#ifndef GRADER_MOMENT_H
#define GRADER_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Reads "2026-10-09 23:59", "2026-10-09T23:59:30.5+09:00", "2026-10-09 23:59 UTC": a date, a time and the offset from
 * UTC (none, "Z", "UTC" or "GMT" for zero; +HH:MM or +HHMM). White space around it does not matter. */
bool moment_read(const char *text, int64_t *seconds);

/* "2026-10-09 14:59 UTC", malloc'd. */
char *moment_text(int64_t seconds);

#endif
