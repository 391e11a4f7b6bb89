#include "autograder/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "autograder/watch.h"
#include "kernel/engine/text.h"
#include "lib/check/observation.h"

enum { SETS_MOST = 3, SET_SAMPLES = 3, MEASUREMENTS_MOST = 100, GROWTH_MOST = 8 };
static const int64_t calls_most = 1ll << 32;
/* A set of samples ends sooner when they are this long. */
static const double set_seconds = 1;
/* What is over the threshold by no more than this is measured again. */
static const double near = 1.25;

/* What malloc is asked for is less than what a process grows by: AddressSanitizer surrounds small blocks by three times
 * as much, keeps a mebibyte of freed ones (see observe.c), and the kernel counts in batches of pages. */
enum { GROWTH_OF_MALLOC = 4 };
static const int64_t growth_unexplained = 4 << 20;

struct measurement {
    char *name;
    enum oto_check_kind kind;
    bool ended, spoilt;
    int64_t calls; /* that are running */
    double begun;  /* when they began, in seconds of the sandbox's processor time */
    double samples[SETS_MOST * SET_SAMPLES], total;
    size_t count;
    int sets;
    struct holdings before;
    struct growth growth;
};

/* ---- time ---- */

static double least(const double *samples, size_t count) {
    double smallest = INFINITY;
    for (size_t i = 0; i < count; i++) smallest = fmin(smallest, samples[i]);
    return smallest;
}

static const struct oto_record *observation_of(const struct observed_cell *cell, const char *name) {
    for (size_t i = 0; i < cell->count; i++)
        if (strcmp(oto_record_get_text(&cell->observations[i], "name", ""), name) == 0) return &cell->observations[i];
    return NULL;
}

/* Could the student gain by another set of samples? */
static bool is_near(const struct measurement *measurement, const struct observed_cell *solution) {
    const struct oto_record *record = solution ? observation_of(solution, measurement->name) : NULL;
    struct oto_observation expected;
    const char *why;
    if (!record || !oto_observation_read(&expected, record, &why) || expected.kind != OTO_CHECK_TIME ||
        expected.problem)
        return false;
    double want = INFINITY;
    for (size_t i = 0; i < expected.count; i++) want = fmin(want, oto_observation_real(&expected, i));
    double ratio = least(measurement->samples, measurement->count) / want;
    double full = isnan(expected.full_at) ? expected.at_most : expected.full_at;
    return ratio > full && ratio <= near * expected.at_most;
}

static void wait_a_moment(void) {
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
}

/* As many calls as take twice the least stretch, if these took so long; a stretch of none was too short to tell. */
static int64_t more_calls(int64_t calls, double took, double stretch) {
    double growth = took > 0 ? ceil(2 * stretch / took) : GROWTH_MOST;
    return calls * (int64_t)fmin(growth, GROWTH_MOST);
}

/* Takes the sample of the calls that have ended. Are there enough? */
static bool take_sample(struct measurement *measurement, const struct observed_cell *solution, double took) {
    measurement->samples[measurement->count++] = took / (double)measurement->calls;
    measurement->total += took;
    if (measurement->count % SET_SAMPLES != 0 && measurement->total < set_seconds) return false;
    if (++measurement->sets == SETS_MOST || measurement->count == SETS_MOST * SET_SAMPLES) return true;
    if (!is_near(measurement, solution)) return true;
    measurement->total = 0;
    wait_a_moment();
    return false;
}

static int64_t time_at(struct measuring *measuring, struct measurement *measurement) {
    double now = watch_seconds(measuring->sandbox), stretch = watch_resolution(measuring->sandbox);
    double took = now - measurement->begun;
    if (!measurement->calls)
        measurement->calls = 1;
    else if (took < stretch && measurement->calls < calls_most)
        measurement->calls = more_calls(measurement->calls, took, stretch);
    else
        measurement->ended = take_sample(measurement, measuring->solution, took);
    /* Nothing that the sandbox does goes between two stretches: one ends where the next begins. */
    measurement->begun = now;
    return measurement->ended ? 0 : measurement->calls;
}

/* ---- memory ---- */

static int64_t memory_at(struct measuring *measuring, struct measurement *measurement) {
    if (!measurement->calls) {
        watch_forget_most(measuring->sandbox);
        measurement->before = watch_holdings(measuring->sandbox);
        return measurement->calls = 1;
    }
    struct holdings after = watch_holdings(measuring->sandbox);
    measurement->growth = holdings_growth(&measurement->before, &after);
    measurement->ended = true;
    free(after.list);
    return 0;
}

/* The least that an honest check can have counted. */
static int64_t at_least_counted(int64_t grown) {
    return (grown - growth_unexplained) / GROWTH_OF_MALLOC;
}

/* ---- the stops of a cell's checks ---- */

static struct measurement *find(const struct measuring *measuring, const char *name) {
    for (size_t i = 0; i < measuring->count; i++)
        if (strcmp(measuring->measurements[i]->name, name) == 0) return measuring->measurements[i];
    return NULL;
}

static bool kind_of(const struct oto_record *record, enum oto_check_kind *kind) {
    const char *name = oto_record_get_text(record, "check", "");
    *kind = strcmp(name, oto_check_kind_name(OTO_CHECK_TIME)) == 0 ? OTO_CHECK_TIME : OTO_CHECK_MEMORY;
    return strcmp(name, oto_check_kind_name(*kind)) == 0;
}

int64_t measure_at(struct measuring *measuring, const struct oto_record *at) {
    const char *name = oto_record_get_text(at, "name", "");
    enum oto_check_kind kind;
    if (!kind_of(at, &kind) || !*name || strlen(name) > OTO_OBSERVATION_NAME_MAX) return 0;
    struct measurement *measurement = find(measuring, name), *running = measuring->running;
    bool is_new = !measurement && measuring->count < MEASUREMENTS_MOST;
    if (is_new) {
        measurement = must_allocate(sizeof *measurement);
        *measurement = (struct measurement){.name = must_copy(name), .kind = kind};
        ARRAY_ADD(measuring->measurements, measuring->count, measuring->capacity) = measurement;
    }
    bool in_order = measurement && measurement->kind == kind && (running ? running == measurement : is_new);
    if (!in_order) {
        if (measurement) measurement->spoilt = true;
        if (running) running->spoilt = true;
        return 0;
    }
    int64_t calls = kind == OTO_CHECK_TIME ? time_at(measuring, measurement) : memory_at(measuring, measurement);
    measuring->running = measurement->ended ? NULL : measurement;
    return calls;
}

/* ---- what the checks observed ---- */

static void copy_field(struct oto_record *to, const struct oto_field *field) {
    switch (field->type) {
    case 's':
        oto_record_text_n(to, field->name, field->data, field->size);
        break;
    case 'b':
        oto_record_bytes(to, field->name, field->data, field->size);
        break;
    case 'i':
        oto_record_integer(to, field->name, field->integer);
        break;
    default:
        oto_record_real(to, field->name, field->real);
    }
}

/* The observation with another value, or with a problem in its place. */
static void replace(struct oto_record *record, const void *data, int64_t count, const char *problem) {
    static const char *const replaced[] = {"shape", "data", "problem"};
    struct oto_record other;
    oto_record_begin(&other, OTO_RECORD_OBSERVATION);
    for (size_t i = 0; i < record->count; i++) {
        bool keep = true;
        for (size_t k = 0; k < sizeof replaced / sizeof *replaced; k++)
            keep = keep && strcmp(record->fields[i].name, replaced[k]) != 0;
        if (keep) copy_field(&other, &record->fields[i]);
    }
    oto_record_bytes(&other, "shape", &count, problem ? 0 : sizeof count);
    if (problem)
        oto_record_text(&other, "problem", problem);
    else
        oto_record_bytes(&other, "data", data, (size_t)count * 8);
    oto_record_free(record);
    *record = other;
}

static void put_memory(struct oto_record *record, const struct measurement *measurement) {
    struct oto_observation counted;
    const char *why;
    if (!oto_observation_read(&counted, record, &why) || counted.problem || counted.kind != OTO_CHECK_MEMORY) return;
    int64_t bytes[] = {oto_observation_integer(&counted, 0), oto_observation_integer(&counted, 1)};
    int64_t most = at_least_counted(measurement->growth.most);
    int64_t left = at_least_counted(measurement->growth.left);
    if (bytes[0] >= 0 && bytes[0] < most) bytes[0] = most;
    if (bytes[1] >= 0 && bytes[1] < left) bytes[1] = left;
    replace(record, bytes, 2, NULL);
}

static void put(const struct measuring *measuring, const struct observed_cell *cell, struct oto_record *record) {
    enum oto_check_kind kind;
    if (!kind_of(record, &kind)) return;
    const struct measurement *measurement = find(measuring, oto_record_get_text(record, "name", ""));
    if (!measurement || measurement->kind != kind || !measurement->ended || measurement->spoilt)
        replace(record, NULL, 0, "the check did not stop before and behind its calls, once each");
    else if (cell->failed || cell->exited)
        replace(record, NULL, 0, "what the calls take counts only where the test cell runs to its end");
    else if (kind == OTO_CHECK_MEMORY)
        put_memory(record, measurement);
    else
        replace(record, measurement->samples, (int64_t)measurement->count, NULL);
}

void measure_end(struct measuring *measuring, struct observed_cell *cell) {
    for (size_t i = 0; i < cell->count; i++) put(measuring, cell, &cell->observations[i]);
    for (size_t i = 0; i < measuring->count; i++) {
        free(measuring->measurements[i]->name);
        free(measuring->measurements[i]->before.list);
        free(measuring->measurements[i]);
    }
    free(measuring->measurements);
    *measuring = (struct measuring){};
}

static bool has_check(const struct notebook *notebook, const char *check) {
    for (size_t i = 0; i < notebook->count; i++) {
        const struct cell *cell = &notebook->cells[i];
        if ((cell->role == ROLE_TEST || cell->role == ROLE_PLAIN) && strstr(cell->source, check)) return true;
    }
    return false;
}

bool measures_memory(const struct notebook *notebook) {
    return has_check(notebook, "oto_check_memory");
}

char *measured_where(const struct notebook *notebook) {
    char start[64] = "";
    FILE *file = has_check(notebook, "oto_check_time") ? fopen("/proc/sys/kernel/random/boot_id", "re") : NULL;
    if (file && fscanf(file, "%63s", start) != 1) *start = '\0';
    if (file) fclose(file);
    return must_copy(start);
}
