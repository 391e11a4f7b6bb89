#include "lib/dsp/rate.h"
#include "lib/tensor/error.h"

#include <soxr.h>
#include <string.h>

/* soxr gets the sound in blocks, which stay in the cache. */
enum { BLOCK = 1024 };

void oto_change_rate(const char *operation, double ratio, const float *x, int64_t n, float *to, int64_t m, float gain) {
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    io.scale = (double)gain;
    soxr_error_t error = NULL;
    soxr_t soxr = soxr_create(1, ratio, 1, &error, &io, &quality, &runtime);
    int64_t taken = 0, given = 0;
    while (!error && given < m && !oto_interrupt_pending()) {
        size_t in = (size_t)(n - taken < BLOCK ? n - taken : BLOCK), in_done = 0, out_done = 0;
        /* No input, once there is none left, is the end: then the rest comes out. */
        error = soxr_process(soxr, in ? x + taken : NULL, in, &in_done, to + given, (size_t)(m - given), &out_done);
        taken += (int64_t)in_done;
        given += (int64_t)out_done;
        if (in == 0 && out_done == 0) break;
    }
    soxr_delete(soxr);
    if (error) oto_refuse(operation, "resampling by %g: %s", ratio, soxr_strerror(error));
    memset(to + given, 0, (size_t)(m - given) * sizeof *to);
}
