#include "lib/io/audio.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <math.h>
#include <soxr.h>
#include <stdatomic.h>

enum { CHUNK = 4096 }; /* samples handed over at a time: what the filter's stages pass on stays in the cache */

struct resampling {
    OtoTensor *from, *to;
    _Atomic(const char *) error;
};

/* One channel; soxr's error, or NULL. */
static soxr_error_t resample_channel(const float *x, size_t count, double rate, float *y, size_t room,
                                     double new_rate) {
    soxr_error_t error = NULL;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    soxr_t resampler = soxr_create(rate, new_rate, 1, &error, NULL, &quality, &runtime);
    if (!resampler) return error;
    size_t written = 0, done = 1;
    for (size_t at = 0; at < count && !error && !oto_interrupt_pending(); at += CHUNK) {
        size_t length = count - at < CHUNK ? count - at : CHUNK;
        error = soxr_process(resampler, x + at, length, NULL, y + written, room - written, &done);
        written += done;
    }
    while (!error && done > 0 && written < room) { /* no more input: what is still on its way */
        error = soxr_process(resampler, NULL, 0, NULL, y + written, room - written, &done);
        written += done;
    }
    soxr_delete(resampler);
    return error;
}

static void resample_channels(int64_t from, int64_t to, void *context) {
    struct resampling *r = context;
    for (int64_t channel = from; channel < to; channel++) {
        soxr_error_t error = resample_channel((float *)r->from->data + channel * r->from->cols, (size_t)r->from->cols,
                                              r->from->sample_rate, (float *)r->to->data + channel * r->to->cols,
                                              (size_t)r->to->cols, r->to->sample_rate);
        if (error) r->error = error;
    }
}

OtoTensor *oto_resample(OtoTensor *audio, double sample_rate) {
    oto_need_audio("oto_resample", "audio", audio);
    oto_check_range("oto_resample", "sample_rate", sample_rate, 100, 1e6);
    int64_t length = (int64_t)ceil((double)audio->cols * sample_rate / audio->sample_rate);
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, audio->rank,
                                audio->rank == 2 ? (long long[]){audio->rows, length} : (long long[]){length});
    if (audio->rank == 2) oto_axis_copy(y, 0, audio, 0);
    oto_name_axis(y, y->rank - 1, "time", .unit = "s", .start = audio->axes[audio->rank - 1].start,
                  .step = 1 / sample_rate);
    y->sample_rate = sample_rate;
    y->quantity = audio->quantity;
    oto_set_origin(y, NULL, audio);
    struct resampling resampling = {.from = audio, .to = y};
    oto_parallel(audio->rows, 1, resample_channels, &resampling);
    if (resampling.error)
        oto_refuse("oto_resample", "from %g to %g Hz: %s", audio->sample_rate, sample_rate,
                   soxr_strerror(resampling.error));
    return y;
}
