#include "lib/dsp/yin.h"
#include "lib/dsp/periods.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <stdatomic.h>

enum { GRAIN = 32 /* frames that a thread takes at a time */ };

struct search {
    struct periods periods;
    const float *samples;
    int64_t length; /* of a channel */
    double threshold;
    float *f0;
    atomic_bool no_memory;
};

/* The index of the first trough below the threshold, or of the smallest value when there is none. */
static int first_trough(const struct difference *d, int count, double threshold) {
    int smallest = 0;
    for (int i = 0; i < count; i++) {
        if (d->normalised[i] < threshold && is_trough(d, count, i)) return i;
        if (d->normalised[i] < d->normalised[smallest]) smallest = i;
    }
    return smallest;
}

/* Frames of all channels, counted through. */
static void search_frames(int64_t from, int64_t to, void *context) {
    struct search *search = context;
    const struct periods *periods = &search->periods;
    struct difference *d = difference_new(periods);
    if (!d) search->no_memory = true;
    for (int64_t i = from; d && i < to && !oto_interrupt_pending(); i++) {
        int64_t channel = i / periods->frames, t = i % periods->frames;
        difference_of_frame(periods, search->samples + channel * search->length, search->length, t, d);
        int at = first_trough(d, periods->count, search->threshold);
        search->f0[i] = (float)(periods->sample_rate / (periods->shortest + at + d->shift[at]));
    }
    difference_free(d);
}

OtoTensor *(oto_yin)(OtoTensor *audio, double fmin, double fmax, OtoYin options) {
    struct search search = {.periods = periods_of("oto_yin", audio, fmin, fmax, options.frame_length,
                                                  options.hop_length, options.center, options.pad_mode),
                            .threshold = options.trough_threshold};
    oto_check_range("oto_yin", "trough_threshold", options.trough_threshold, 0, 1e9);
    OtoTensor *f0 = periods_result(&search.periods, audio, OTO_FLOAT32, "yin");
    f0->quantity = OTO_FREQUENCY;
    search.samples = audio->data;
    search.length = audio->cols;
    search.f0 = f0->data;
    oto_parallel(f0->size, GRAIN, search_frames, &search);
    if (search.no_memory) oto_refuse("oto_yin", "no memory for frames of %d samples", options.frame_length);
    return f0;
}
