#include "lib/dsp/frequency_filter.h"
#include "lib/dsp/convolution.h"
#include "lib/dsp/frames.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/matmul.h"
#include "lib/tensor/pad.h"
#include "lib/tensor/place.h"

#include <inttypes.h>
#include <math.h>

static void check_gains(const char *operation, OtoTensor *gains, int64_t taps) {
    oto_need_float(operation, "gains", gains);
    if (gains->cols < 2 || gains->size == 0)
        oto_refuse(operation,
                   "gains is %s, but must be (..., frequency) with at least 2 frequencies: 0 Hz and half the "
                   "sample rate",
                   oto_shape_quoted(gains));
    int64_t most = 2 * (gains->cols - 1);
    if (taps < 0 || taps > most)
        oto_refuse(operation, "taps is %" PRId64 ", but %" PRId64 " frequencies give 1 to %" PRId64 " (or 0: all)",
                   taps, gains->cols, most);
}

/* (frequency, time): what a gain of 1 at a frequency gives to the windowed response,
 *     w[n] / N (1 or 2) cos(2 pi k (n - taps / 2) / N),  N = 2 (bins - 1), twice but for the first and the last k. */
static OtoTensor *cosines(int64_t bins, int64_t taps) {
    int64_t N = 2 * (bins - 1);
    OtoTensor *C = oto_tensor_new(OTO_FLOAT32, 2, (long long[]){bins, taps});
    for (int64_t k = 0; k < bins; k++)
        for (int64_t n = 0; n < taps; n++) {
            double window = taps > 1 ? 0.5 - 0.5 * cos(2 * M_PI * (double)n / (double)taps) : 1;
            double times = k == 0 || k == bins - 1 ? 1 : 2;
            ((float *)C->data)[k * taps + n] =
                (float)(window * times / (double)N * cos(2 * M_PI * (double)(k * (n - taps / 2) % N) / (double)N));
        }
    return C;
}

OtoTensor *(oto_impulse_response)(OtoTensor *gains, OtoImpulseOptions options) {
    check_gains("oto_impulse_response", gains, options.taps);
    int64_t taps = options.taps ? options.taps : 2 * (gains->cols - 1);
    OtoTensor *h = NULL;
    oto_scope h = oto_keep(oto_matmul(gains, cosines(gains->cols, taps)));
    return oto_name_axis(h, h->rank - 1, "time");
}

OtoTensor *(oto_frequency_filter)(OtoTensor *audio, OtoTensor *gains, OtoImpulseOptions options) {
    const char *name = "oto_frequency_filter";
    oto_need_audio(name, "audio", audio);
    check_gains(name, gains, options.taps);
    if (audio->rank != 1) oto_refuse(name, "audio is %s; oto_mono or oto_row makes it (time)", oto_shape_quoted(audio));
    if (gains->rank > 2 || gains->rows > audio->size)
        oto_refuse(name, "gains is %s, but must be (frame, frequency) with no more frames than audio %s has samples",
                   oto_shape_quoted(gains), oto_shape_quoted(audio));
    int64_t frames = gains->rows, hop = (audio->size + frames - 1) / frames;
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *h = (oto_impulse_response)(gains, options);
        int64_t taps = h->cols;
        h = oto_shaped(h, 2, (const long long[]){frames, taps});
        OtoTensor *whole = oto_pad(audio, 0, 0, frames * hop - audio->size);
        OtoTensor *stretches = oto_shaped(whole, 2, (const long long[]){frames, hop});
        OtoTensor *all = oto_overlap_add(oto_convolve(stretches, h), (int)hop);
        y = oto_keep(oto_part(all, 0, taps / 2, audio->size));
    }
    y->sample_rate = audio->sample_rate;
    y->quantity = audio->quantity;
    oto_axis_copy(y, 0, audio, 0);
    return y;
}
