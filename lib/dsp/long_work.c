#include "lib/dsp/long_work.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

OtoLongWork oto_long_work(int64_t total, const char *label) {
    return (OtoLongWork){.total = total, .label = label, .began = now()};
}

void oto_long_work_step(OtoLongWork *work) {
    work->done++;
    if (!work->shown) {
        double elapsed = now() - work->began, left = elapsed / (double)work->done * (double)(work->total - work->done);
        if (elapsed < 1 || left < 1) return;
        work->bar = oto_progress(work->total, work->label);
        work->bar.started = work->began;
        work->shown = true;
    }
    oto_progress_to(&work->bar, work->done, " ");
}

void oto_long_work_done(OtoLongWork *work) {
    if (work->shown) oto_progress_done(&work->bar);
}

/* A loop whose indices are counted from `first`. */
struct slice {
    int64_t first;
    void (*body)(int64_t from, int64_t to, void *context);
    void *context;
};
static void run_slice(int64_t from, int64_t to, void *context) {
    struct slice *slice = context;
    slice->body(slice->first + from, slice->first + to, slice->context);
}

void oto_long_parallel(int64_t count, int64_t grain, void (*body)(int64_t from, int64_t to, void *context),
                       void *context, const char *label) {
    enum { PIECES = 16 }; /* between two looks at the bar: enough to keep all threads at work */
    int64_t length = PIECES * grain;
    OtoLongWork work = oto_long_work((count + length - 1) / length, label);
    for (int64_t first = 0; first < count && !oto_interrupt_pending(); first += length) {
        struct slice slice = {.first = first, .body = body, .context = context};
        oto_parallel(count - first < length ? count - first : length, grain, run_slice, &slice);
        oto_long_work_step(&work);
    }
    oto_long_work_done(&work);
}
