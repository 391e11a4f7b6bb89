#include "kernel/worker/timing.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Seconds. */
struct moment {
    double wall, processor;
};

static struct moment began, result;
static bool has_result;
static double clock_started, clock_stopped;

static double read_clock(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static struct moment now(void) {
    return (struct moment){read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID)};
}

/* "1.23 ms", three digits. */
static void put_duration(double seconds, int digits) {
    static const struct {
        double size;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}};
    int unit = 0;
    while (unit < 3 && seconds < units[unit].size) unit++;
    if (seconds >= 60)
        printf("%.0f min %.0f s", floor(seconds / 60), fmod(seconds, 60));
    else
        printf("%.*g %s", digits, seconds / units[unit].size, units[unit].name);
}

void oto_cell_time_begin(void) {
    has_result = false;
    began = now();
}

void timing_result(void) {
    result = now();
    has_result = true;
}

void oto_cell_time_end(void) {
    struct moment end = has_result ? result : now();
    printf("CPU time: ");
    put_duration(end.processor - began.processor, 3);
    printf(", wall time: ");
    put_duration(end.wall - began.wall, 3);
    putchar('\n');
}

void oto_cell_clock_start(void) {
    clock_started = read_clock(CLOCK_MONOTONIC);
}

void oto_cell_clock_stop(void) {
    clock_stopped = read_clock(CLOCK_MONOTONIC);
}

static double time_loops(void (*timed)(long loops), long loops) {
    clock_started = clock_stopped = 0;
    timed(loops);
    return clock_stopped - clock_started;
}

/* 10000000 as 10,000,000. */
static void put_grouped(long number) {
    if (number >= 1000) put_grouped(number / 1000);
    printf(number >= 1000 ? ",%03ld" : "%ld", number % 1000);
}

void oto_cell_timeit(void (*timed)(long loops), long loops, int runs) {
    const double long_enough = 0.05;
    const long loops_most = 1000000000;
    if (loops <= 0)
        for (loops = 1; time_loops(timed, loops) < long_enough && loops < loops_most;) loops *= 10;
    double *times = calloc((size_t)runs, sizeof *times), mean = 0, deviation = 0;
    if (!times) return;
    for (int i = 0; i < runs; i++) {
        times[i] = time_loops(timed, loops) / (double)loops;
        mean += times[i] / runs;
    }
    for (int i = 0; i < runs; i++) deviation += (times[i] - mean) * (times[i] - mean) / runs;
    free(times);
    put_duration(mean, 3);
    printf(" ± ");
    put_duration(sqrt(deviation), 3);
    printf(" per loop (mean ± std. dev. of %d run%s, ", runs, runs == 1 ? "" : "s");
    put_grouped(loops);
    printf(" loop%s each)\n", loops == 1 ? "" : "s");
}
