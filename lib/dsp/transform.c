#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdlib.h>

struct plan {
    enum oto_transform kind;
    int n;
    fftwf_plan plan;
    struct plan *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* FFTW's planner serves one thread at a time */
static struct plan *plans;

static void open_mutex(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}
__attribute__((constructor)) static void open_mutex_in_children(void) {
    pthread_atfork(NULL, NULL, open_mutex);
}

float *oto_transform_reals(const char *operation, long n) {
    float *buffer = fftwf_malloc((size_t)n * sizeof *buffer);
    if (!buffer) oto_refuse(operation, "no memory for %ld numbers", n);
    return buffer;
}

float _Complex *oto_transform_complexes(const char *operation, long n) {
    float _Complex *buffer = fftwf_malloc((size_t)n * sizeof *buffer);
    if (!buffer) oto_refuse(operation, "no memory for %ld complex numbers", n);
    return buffer;
}

void oto_transform_release(void *buffer) {
    fftwf_free(buffer);
}

/* ESTIMATE does not touch the buffers, so planning with those of the call is safe. */
static fftwf_plan make(enum oto_transform kind, int n, void *from, void *to) {
    switch (kind) {
    case OTO_FORWARD:
        return fftwf_plan_dft_1d(n, from, to, FFTW_FORWARD, FFTW_ESTIMATE);
    case OTO_BACKWARD:
        return fftwf_plan_dft_1d(n, from, to, FFTW_BACKWARD, FFTW_ESTIMATE);
    case OTO_REAL_FORWARD:
        return fftwf_plan_dft_r2c_1d(n, from, to, FFTW_ESTIMATE);
    case OTO_REAL_BACKWARD:
        return fftwf_plan_dft_c2r_1d(n, from, to, FFTW_ESTIMATE);
    }
    return NULL;
}

static fftwf_plan find(enum oto_transform kind, int n, void *from, void *to) {
    pthread_mutex_lock(&mutex);
    struct plan *entry = plans;
    while (entry && (entry->kind != kind || entry->n != n)) entry = entry->next;
    if (!entry && (entry = calloc(1, sizeof *entry))) {
        *entry = (struct plan){.kind = kind, .n = n, .plan = make(kind, n, from, to), .next = plans};
        if (entry->plan) {
            plans = entry;
        } else {
            free(entry);
            entry = NULL;
        }
    }
    fftwf_plan plan = entry ? entry->plan : NULL;
    pthread_mutex_unlock(&mutex);
    return plan;
}

void oto_transform_run(const char *operation, enum oto_transform kind, int n, void *from, void *to) {
    fftwf_plan plan = find(kind, n, from, to);
    if (!plan) oto_refuse(operation, "a transform of length %d could not be planned", n);
    switch (kind) {
    case OTO_FORWARD:
    case OTO_BACKWARD:
        fftwf_execute_dft(plan, from, to);
        break;
    case OTO_REAL_FORWARD:
        fftwf_execute_dft_r2c(plan, from, to);
        break;
    case OTO_REAL_BACKWARD:
        fftwf_execute_dft_c2r(plan, from, to);
        break;
    }
}
