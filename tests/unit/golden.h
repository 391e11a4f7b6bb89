/* golden: agreement with peers' numbers in tests/golden/TOPIC.golden (the format: tests/golden/golden.py).
 *
 * Each comparison leaves a row in build/agreement/TOPIC.tsv, of which `make agreement` writes lib/AGREEMENT.md.
 */
#ifndef OTO_TESTS_GOLDEN_H
#define OTO_TESTS_GOLDEN_H

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lib/tensor/tensor.h"

struct golden_entry {
    char *peer; /* the call */
    int rank;
    int64_t shape[OTO_RANK_MAX], strides[OTO_RANK_MAX];
    bool is_complex;
    size_t count; /* of values: complex ones are two */
    double *values;
};

static inline void golden_free(struct golden_entry *entry) {
    free(entry->peer);
    free(entry->values);
}

static inline int golden_numbers(char *text, int64_t *numbers) {
    int count = 0;
    for (char *at = strtok(text, " "); at && count < OTO_RANK_MAX; at = strtok(NULL, " ")) numbers[count++] = atoll(at);
    return count;
}

/* Splits "function TAB case TAB ..." into the entry when it is the one that is looked for. */
static inline bool golden_header(char *line, const char *function, const char *name, struct golden_entry *entry) {
    char *fields[6], *at = line;
    for (int i = 0; i < 6; i++) fields[i] = strsep(&at, "\t\n");
    if (!fields[5] || strcmp(fields[0], function) != 0 || strcmp(fields[1], name) != 0) return false;
    entry->peer = strdup(fields[2]);
    entry->rank = golden_numbers(fields[3], entry->shape);
    golden_numbers(fields[4], entry->strides);
    entry->is_complex = !strcmp(fields[5], "complex");
    return true;
}

static inline struct golden_entry golden_of(const char *topic, const char *function, const char *name) {
    struct golden_entry entry = {0};
    char path[200], *line = NULL;
    size_t room = 0;
    snprintf(path, sizeof path, "tests/golden/%s.golden", topic);
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("%s is missing; run the tests from the top of the tree, and see `make golden`", path);
    while (!entry.peer && getline(&line, &room, file) > 0) {
        if (*line == '#') continue;
        bool found = golden_header(line, function, name, &entry);
        if (getline(&line, &room, file) < 0) break;
        if (!found) continue;
        entry.values = malloc((strlen(line) + 1) * sizeof(double));
        char *at = line, *end;
        for (double v = strtod(at, &end); end != at; v = strtod(at = end, &end)) entry.values[entry.count++] = v;
    }
    free(line);
    fclose(file);
    if (!entry.peer) fail_msg("%s has no %s of case %s", path, function, name);
    return entry;
}

/* An input of a topic as a tensor: float32, complex64 where it is complex. */
static inline OtoTensor *golden_tensor(const char *topic, const char *name) {
    struct golden_entry entry = golden_of(topic, "-", name);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < entry.rank; i++) shape[i] = entry.shape[i];
    OtoTensor *x = oto_zeros_of(entry.is_complex ? OTO_COMPLEX64 : OTO_FLOAT32, entry.rank, shape);
    for (size_t i = 0; i < entry.count; i++) ((float *)x->data)[i] = (float)entry.values[i];
    golden_free(&entry);
    return x;
}

static inline void golden_note(const char *topic, const char *function, const char *name, const char *peer,
                               double tolerance, double error) {
    char path[200];
    if ((mkdir("build", 0777) && errno != EEXIST) || (mkdir("build/agreement", 0777) && errno != EEXIST))
        fail_msg("cannot make build/agreement: %s", strerror(errno));
    snprintf(path, sizeof path, "build/agreement/%s.tsv", topic);
    static char begun[200];
    FILE *file = fopen(path, strcmp(begun, topic) ? "w" : "a");
    if (!file) fail_msg("cannot write %s: %s", path, strerror(errno));
    snprintf(begun, sizeof begun, "%s", topic);
    fprintf(file, "%s\t%s\t%s\t%.3g\t%.2g\n", function, name, peer, tolerance, error);
    fclose(file);
}

/* One element as the peer's numbers have it: part 1 is the imaginary one. */
static inline double golden_element(const OtoTensor *x, int64_t index, int part) {
    if (x->type == OTO_INT64) return (double)((int64_t *)x->data)[index];
    return (double)((float *)x->data)[x->type == OTO_COMPLEX64 ? 2 * index + part : index];
}

/* The largest difference over the largest finite reference value; infinite where one is NaN (or infinite) and the other
 * is not the same. */
static inline double golden_error(const OtoTensor *x, const struct golden_entry *entry) {
    int parts = entry->is_complex ? 2 : 1;
    double largest = 0, error = 0;
    for (size_t i = 0; i < entry->count; i++)
        if (isfinite(entry->values[i])) largest = fmax(largest, fabs(entry->values[i]));
    int64_t at[OTO_RANK_MAX] = {0};
    for (size_t i = 0; i < entry->count; i++) {
        int64_t index = 0;
        for (int axis = 0; axis < entry->rank; axis++) index = index * entry->shape[axis] + at[axis];
        double ours = golden_element(x, index, (int)(i % (size_t)parts)), theirs = entry->values[i];
        if (isfinite(ours) && isfinite(theirs))
            error = fmax(error, fabs(ours - theirs));
        else if (!(isnan(ours) && isnan(theirs)) && ours != theirs)
            return INFINITY;
        if (i % (size_t)parts != (size_t)parts - 1) continue;
        for (int axis = entry->rank - 1; axis >= 0 && (at[axis] += entry->strides[axis]) >= entry->shape[axis]; axis--)
            at[axis] = 0;
    }
    return largest > 0 ? error / largest : error;
}

/* x must have the peer's shape (axes of length 1 do not count), and its numbers up to the tolerance. */
static inline void assert_agrees(const char *topic, const char *function, const char *name, OtoTensor *x,
                                 double tolerance) {
    struct golden_entry entry = golden_of(topic, function, name);
    int64_t size = 1;
    for (int axis = 0; axis < entry.rank; axis++) size *= entry.shape[axis];
    int ours = 0, theirs = 0;
    for (;; ours++, theirs++) {
        while (ours < x->rank && x->shape[ours] == 1) ours++;
        while (theirs < entry.rank && entry.shape[theirs] == 1) theirs++;
        if (ours == x->rank || theirs == entry.rank) break;
        if (x->shape[ours] != entry.shape[theirs])
            fail_msg("%s %s: axis %d has length %lld, the peer's %lld", function, name, ours, (long long)x->shape[ours],
                     (long long)entry.shape[theirs]);
    }
    if (x->size != size)
        fail_msg("%s %s: %lld elements, the peer has %lld", function, name, (long long)x->size, (long long)size);
    if (entry.is_complex != (x->type == OTO_COMPLEX64))
        fail_msg("%s %s: one is complex, the other is not", function, name);
    double error = golden_error(x, &entry);
    golden_note(topic, function, name, entry.peer, tolerance, error);
    golden_free(&entry);
    if (!(error <= tolerance)) fail_msg("%s %s: off by %g of the largest value", function, name, error);
}

static inline void assert_agrees_number(const char *topic, const char *function, const char *name, double x,
                                        double tolerance) {
    struct golden_entry entry = golden_of(topic, function, name);
    if (entry.count != 1) fail_msg("%s %s: the peer gives %zu numbers", function, name, entry.count);
    double theirs = entry.values[0], error = isnan(x) && isnan(theirs) ? 0 : fabs(x - theirs);
    if (theirs != 0) error /= fabs(theirs);
    golden_note(topic, function, name, entry.peer, tolerance, error);
    golden_free(&entry);
    if (!(error <= tolerance)) fail_msg("%s %s: %.9g, the peer has %.9g", function, name, x, theirs);
}

/* numbers(seed, *shape) of golden.py, as float32. */
#define golden_numbers_of(seed, ...) golden_fill(oto_zeros(__VA_ARGS__), seed)
static inline OtoTensor *golden_fill(OtoTensor *x, uint32_t seed) {
    float *data = x->data;
    for (int64_t i = 0; i < x->size; i++) {
        seed = 1664525u * seed + 1013904223u;
        data[i] = (float)(seed / 2147483648.0 - 1);
    }
    return x;
}

/* The signals of golden.py. */
static inline OtoTensor *golden_signal(const char *kind, double sample_rate, double seconds) {
    static const int melody[] = {60, 64, 67, 72, 71, 67, 62, 65};
    int64_t count = llrint(sample_rate * seconds);
    float *x = calloc((size_t)count + 1, sizeof *x);
    if (!x) fail_msg("no memory for %lld samples", (long long)count);
    uint32_t state = 1;
    for (int64_t n = 0; n < count; n++) {
        double t = (double)n / sample_rate, noise = (state = 1664525u * state + 1013904223u) / 2147483648.0 - 1;
        if (!strcmp(kind, "melody")) {
            int note = (int)(t / 0.25);
            double within = t - 0.25 * note, hz = 440 * pow(2, (melody[note % 8] - 69) / 12.0), sum = 0;
            for (int k = 1; k <= 3; k++) sum += 0.4 / k * sin(2 * M_PI * k * hz * within);
            x[n] = (float)(sum * exp(-6 * within) + 0.001 * noise);
        } else if (!strcmp(kind, "chirp")) {
            x[n] = (float)(0.5 * sin(2 * M_PI * (100 + 1000 * t) * t));
        } else if (!strcmp(kind, "noise")) {
            x[n] = (float)(0.5 * noise);
        } else if (!strcmp(kind, "beats")) {
            double within = t - 0.5 * (int)(t / 0.5);
            x[n] = (float)(0.05 * sin(2 * M_PI * 220 * t) + 0.6 * noise * exp(-40 * within));
        } else if (strcmp(kind, "silence") != 0) {
            fail_msg("no signal is called %s", kind);
        }
    }
    OtoTensor *audio = oto_audio(x, count, sample_rate);
    free(x);
    return audio;
}

#endif
