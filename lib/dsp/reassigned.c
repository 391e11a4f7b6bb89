#include "lib/dsp/reassigned.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { PIECE = 16 }; /* blocks of OTO_LANES frames that a thread takes at a time */

struct reassignment {
    OtoAnalysis plain, derived, timed; /* with h, dh and th */
    OtoReassign options;
    double sample_rate, start, duration;
    OtoReassigned to;
    int64_t blocks_per_channel;
    atomic_bool no_memory;
};

/* The numbers of a frame, for every bin. Where S_h is 0 or faint, both corrections are NaN. */
OTO_VECTORISED static void reassign_frame(const struct reassignment *r, int64_t t, const float *restrict h,
                                          const float *restrict dh, const float *restrict th, float *restrict frequency,
                                          float *restrict time, float *restrict power) {
    const OtoReassign *o = &r->options;
    const OtoFraming *f = &r->plain.framing;
    double per_bin = r->sample_rate / f->n_fft, turn = r->sample_rate / (2 * M_PI), top = r->sample_rate / 2;
    double frame = (double)(t * f->hop_length + (f->center ? 0 : f->n_fft / 2)) / r->sample_rate;
    double moves_hz = o->reassign_frequencies, moves_time = o->reassign_times, ref_power = o->ref_power;
    double nowhere = o->fill_nan ? 0 : (double)NAN;
    for (int k = 0; k < r->plain.bins; k++) {
        double re = (double)h[2 * k], im = (double)h[2 * k + 1], square = re * re + im * im;
        /* Im(dh / h) and Re(th / h) by the conjugate of h */
        double turning = ((double)dh[2 * k + 1] * re - (double)dh[2 * k] * im) / square * turn;
        double late = ((double)th[2 * k] * re + (double)th[2 * k + 1] * im) / square / r->sample_rate;
        bool faint = square == 0 || square < ref_power;
        double hz = k * per_bin - (moves_hz != 0 ? (faint ? nowhere : turning) : 0);
        double seconds = frame + (moves_time != 0 ? (faint ? nowhere : late) : 0);
        power[k] = (float)square;
        frequency[k] = (float)hz;
        time[k] = (float)seconds;
    }
    if (o->clip && o->reassign_frequencies)
        for (int k = 0; k < r->plain.bins; k++) {
            float hz = frequency[k] < 0 ? 0 : frequency[k];
            frequency[k] = hz > (float)top ? (float)top : hz;
        }
    if (o->clip && o->reassign_times)
        for (int k = 0; k < r->plain.bins; k++) {
            float seconds = time[k] < 0 ? 0 : time[k];
            time[k] = seconds > (float)r->duration ? (float)r->duration : seconds;
        }
    if (r->start != 0)
        for (int k = 0; k < r->plain.bins; k++) time[k] += (float)r->start;
}

static void reassign_blocks(int64_t from, int64_t to, void *context) {
    struct reassignment *r = context;
    int bins = r->plain.bins;
    float *frame = oto_transform_reals_or_null(r->plain.framing.n_fft);
    float *spectra = oto_transform_reals_or_null(3 * 2 * (bins + 8L));
    float *rows = oto_transform_reals_or_null(3L * OTO_LANES * bins);
    if (!frame || !spectra || !rows) r->no_memory = true;
    for (int64_t b = from; b < to && frame && spectra && rows && !oto_interrupt_pending(); b++) {
        int64_t channel = b / r->blocks_per_channel, first = b % r->blocks_per_channel * OTO_LANES;
        int64_t count = r->plain.frames - first < OTO_LANES ? r->plain.frames - first : OTO_LANES;
        long stride = (bins + 7L) / 8 * 8; /* aligned, as the plan expects */
        float _Complex *h = (float _Complex *)spectra, *dh = h + stride, *th = dh + stride;
        for (int64_t i = 0; i < count; i++) {
            oto_analysis_frame(&r->plain, channel, first + i, frame, h);
            oto_analysis_frame(&r->derived, channel, first + i, frame, dh);
            oto_analysis_frame(&r->timed, channel, first + i, frame, th);
            float *row = rows + i * bins;
            reassign_frame(r, first + i, (float *)h, (float *)dh, (float *)th, row, row + (long)OTO_LANES * bins,
                           row + 2L * OTO_LANES * bins);
            oto_roots_of(row + 2L * OTO_LANES * bins, bins);
        }
        OtoTensor *results[] = {r->to.frequencies, r->to.times, r->to.magnitudes};
        for (int part = 0; part < 3; part++)
            oto_transpose_floats(rows + (long)part * OTO_LANES * bins, bins,
                                 (float *)results[part]->data + channel * bins * r->plain.frames + first,
                                 r->plain.frames, count, bins);
    }
    oto_transform_release(frame);
    oto_transform_release(spectra);
    oto_transform_release(rows);
}

/* The central difference of the window, taken as periodic; and the window times samples from its middle. */
static void derive_windows(struct reassignment *r) {
    int n = r->plain.framing.n_fft;
    float *derivative = oto_zeros(n)->data, *timed = oto_zeros(n)->data;
    const float *h = r->plain.window;
    for (int i = 0; i < n; i++) {
        derivative[i] = (h[(i + 1) % n] - h[(i + n - 1) % n]) / 2;
        timed[i] = h[i] * (float)(n % 2 ? i - n / 2 : i + 0.5 - n / 2);
    }
    r->derived = r->timed = r->plain;
    r->derived.window = derivative;
    r->timed.window = timed;
}

OtoReassigned(oto_reassigned_spectrogram)(OtoTensor *audio, OtoReassign options) {
    const char *operation = "oto_reassigned_spectrogram";
    oto_need_audio(operation, "audio", audio);
    if (!(options.ref_power >= 0)) oto_refuse(operation, "ref_power is %g, but must be at least 0", options.ref_power);
    if (!options.reassign_frequencies && !options.reassign_times)
        oto_refuse(operation, "reassign_frequencies and reassign_times are both false; one must be true");
    OtoReassigned result = {};
    oto_scope {
        OtoSource source = oto_source(operation, "audio", audio, OTO_STFT_OF(options), 1);
        OtoTensor **parts[] = {&result.frequencies, &result.times, &result.magnitudes};
        static const OtoQuantity quantities[] = {OTO_FREQUENCY, OTO_PLAIN, OTO_AMPLITUDE};
        static const char *const origins[] = {"reassigned frequencies", "reassigned times", "magnitude of stft"};
        for (int part = 0; part < 3; part++) {
            OtoTensor *y = *parts[part] = oto_keep(oto_source_result(&source, source.bins, origins[part]));
            oto_name_axis(y, y->rank - 2, "frequency", .unit = "Hz",
                          .step = audio->sample_rate / source.analysis.framing.n_fft);
            y->quantity = quantities[part];
        }
        struct reassignment r = {.plain = source.analysis,
                                 .options = options,
                                 .sample_rate = audio->sample_rate,
                                 .start = audio->axes[audio->rank - 1].start,
                                 .duration = (double)audio->cols / audio->sample_rate,
                                 .to = result,
                                 .blocks_per_channel = (source.frames + OTO_LANES - 1) / OTO_LANES};
        derive_windows(&r);
        oto_parallel(r.blocks_per_channel * source.channels, PIECE, reassign_blocks, &r);
        if (r.no_memory) oto_refuse(operation, "no memory for frames of n_fft = %d", options.n_fft);
    }
    return result;
}
