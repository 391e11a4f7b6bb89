#include "lib/dsp/transform.h"
#include "lib/dsp/real_transform.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/error.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdlib.h>

struct oto_plan {
    enum oto_transform kind;
    int n;
    fftwf_plan plan;
    float _Complex *factors; /* of a real transform by way of a complex one of half the length; otherwise NULL */
    OtoPlan *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* FFTW's planner serves one thread at a time */
static OtoPlan *plans;

static void open_mutex(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}
__attribute__((constructor)) static void open_mutex_in_children(void) {
    pthread_atfork(NULL, NULL, open_mutex);
}

float *oto_transform_reals_or_null(long n) {
    return oto_buffer_new((size_t)n * sizeof(float));
}

float *oto_transform_reals(const char *operation, long n) {
    float *buffer = oto_transform_reals_or_null(n);
    if (!buffer) oto_refuse(operation, "no memory for %ld numbers", n);
    return buffer;
}

float _Complex *oto_transform_complexes(const char *operation, long n) {
    float _Complex *buffer = oto_buffer_new((size_t)n * sizeof *buffer);
    if (!buffer) oto_refuse(operation, "no memory for %ld complex numbers", n);
    return buffer;
}

void oto_transform_release(void *buffer) {
    oto_buffer_release(buffer);
}

/* ESTIMATE does not touch the buffers that it plans for, but looks at how they are aligned. */
static fftwf_plan make(enum oto_transform kind, int n) {
    size_t bytes = ((size_t)n + 2) * sizeof(fftwf_complex);
    void *from = oto_buffer_new(bytes), *to = oto_buffer_new(bytes);
    fftwf_plan plan = NULL;
    if (from && to) switch (kind) {
        case OTO_FORWARD:
            plan = fftwf_plan_dft_1d(n, from, to, FFTW_FORWARD, FFTW_ESTIMATE);
            break;
        case OTO_BACKWARD:
            plan = fftwf_plan_dft_1d(n, from, to, FFTW_BACKWARD, FFTW_ESTIMATE);
            break;
        case OTO_REAL_FORWARD:
            plan = fftwf_plan_dft_r2c_1d(n, from, to, FFTW_ESTIMATE);
            break;
        case OTO_REAL_BACKWARD:
            plan = fftwf_plan_dft_c2r_1d(n, from, to, FFTW_ESTIMATE);
            break;
        }
    oto_buffer_release(from);
    oto_buffer_release(to);
    return plan;
}

/* Fills in what a plan needs; false when it cannot be had. */
static bool prepare(OtoPlan *plan) {
    bool real = plan->kind == OTO_REAL_FORWARD || plan->kind == OTO_REAL_BACKWARD;
    if (real && plan->n % 2 == 0) {
        plan->factors = oto_real_factors(plan->n);
        if (!plan->factors) return false;
        plan->plan = make(plan->kind == OTO_REAL_FORWARD ? OTO_FORWARD : OTO_BACKWARD, plan->n / 2);
    } else {
        plan->plan = make(plan->kind, plan->n);
    }
    return plan->plan;
}

static OtoPlan *find(enum oto_transform kind, int n) {
    pthread_mutex_lock(&mutex);
    OtoPlan *entry = plans;
    while (entry && (entry->kind != kind || entry->n != n)) entry = entry->next;
    if (!entry && (entry = calloc(1, sizeof *entry))) {
        *entry = (OtoPlan){.kind = kind, .n = n, .next = plans};
        if (prepare(entry)) {
            plans = entry;
        } else {
            free(entry->factors);
            free(entry);
            entry = NULL;
        }
    }
    pthread_mutex_unlock(&mutex);
    return entry;
}

const OtoPlan *oto_transform_plan(const char *operation, enum oto_transform kind, int n) {
    const OtoPlan *plan = find(kind, n);
    if (!plan) oto_refuse(operation, "a transform of length %d could not be planned", n);
    return plan;
}

void oto_transform_execute(const OtoPlan *plan, void *from, void *to) {
    if (plan->factors && plan->kind == OTO_REAL_BACKWARD) oto_tangle(from, plan->factors, plan->n);
    if (plan->factors || plan->kind == OTO_FORWARD || plan->kind == OTO_BACKWARD)
        fftwf_execute_dft(plan->plan, from, to);
    else if (plan->kind == OTO_REAL_FORWARD)
        fftwf_execute_dft_r2c(plan->plan, from, to);
    else
        fftwf_execute_dft_c2r(plan->plan, from, to);
    if (plan->factors && plan->kind == OTO_REAL_FORWARD) oto_untangle(to, plan->factors, plan->n);
}

void oto_transform_run(const char *operation, enum oto_transform kind, int n, void *from, void *to) {
    oto_transform_execute(oto_transform_plan(operation, kind, n), from, to);
}
