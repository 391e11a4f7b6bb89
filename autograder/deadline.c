#include "autograder/deadline.h"

#include <stdio.h>

#include "autograder/sandbox.h"

/* On a machine where others have the processors, time passes more slowly, down to a fifth. */
enum { SLOWEST = 5 };

/* Seconds in which somebody on this machine waited for a processor; 0 where the system does not tell. */
static double crowded_seconds(void) {
    FILE *file = fopen("/proc/pressure/cpu", "re");
    long long total = 0;
    if (file && fscanf(file, "some avg10=%*f avg60=%*f avg300=%*f total=%lld", &total) != 1) total = 0;
    if (file) fclose(file);
    return 1e-6 * (double)total;
}

struct deadline deadline_in(double seconds) {
    return (struct deadline){seconds, monotonic_seconds() + seconds, crowded_seconds()};
}

bool deadline_is_past(const struct deadline *deadline) {
    double over = monotonic_seconds() - deadline->at;
    if (over <= 0) return false;
    return over > (SLOWEST - 1) * deadline->seconds || over > crowded_seconds() - deadline->crowded;
}
