#include "lib/dsp/long_work.h"

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
