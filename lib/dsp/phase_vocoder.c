#include "lib/dsp/phase_vocoder.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/rate.h"
#include "lib/dsp/stft.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <complex.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { GRAIN = 16 /* rows that a thread takes at a time */ };

struct stretch {
    const float _Complex *D;
    float _Complex *to;
    int64_t bins, frames, new_frames;
    double rate, radians_per_bin; /* that a bin's tone goes on by from frame to frame, per bin */
    atomic_bool no_memory;
};

/* One frequency: magnitudes and phases of its frames, two zeros behind them. */
static void stretch_row(const struct stretch *s, int64_t row, double *magnitudes, double *phases) {
    const float _Complex *from = s->D + row * s->frames;
    float *to = (float *)(s->to + row * s->new_frames);
    for (int64_t t = 0; t < s->frames; t++) {
        double re = (double)crealf(from[t]), im = (double)cimagf(from[t]);
        magnitudes[t] = sqrt(re * re + im * im);
        phases[t] = atan2(im, re);
    }
    double expected = (double)(row % s->bins) * s->radians_per_bin, phase = phases[0];
    for (int64_t t = 0; t < s->new_frames; t++) {
        double place = (double)t * s->rate, beyond = fmod(place, 1);
        int64_t at = (int64_t)place;
        double magnitude = (1 - beyond) * magnitudes[at] + beyond * magnitudes[at + 1];
        to[2 * t] = (float)(magnitude * cos(phase));
        to[2 * t + 1] = (float)(magnitude * sin(phase));
        double deviation = phases[at + 1] - phases[at] - expected;
        phase = remainder(phase + expected + remainder(deviation, 2 * M_PI), 2 * M_PI);
    }
}

static void stretch_rows(int64_t from, int64_t to, void *context) {
    struct stretch *s = context;
    double *room = calloc(2 * ((size_t)s->frames + 2), sizeof *room);
    if (!room) s->no_memory = true;
    for (int64_t row = from; room && row < to && !oto_interrupt_pending(); row++)
        stretch_row(s, row, room, room + s->frames + 2);
    free(room);
}

static void check_rate(const char *operation, double rate) {
    if (!(rate > 0 && rate < 1e6))
        oto_refuse(operation,
                   "rate is %g, but must be positive and below a million; 2 is twice as fast, 0.5 half as fast", rate);
}

OtoTensor *oto_phase_vocoder(OtoTensor *D, double rate) {
    const char *operation = "oto_phase_vocoder";
    oto_need(operation, "D", D);
    check_rate(operation, rate);
    if (D->type != OTO_COMPLEX64)
        oto_refuse(operation, "D is %s without phases; it takes the complex64 of oto_stft", oto_type_name(D->type));
    OtoFraming f = D->framing;
    if (D->rank < 2 || D->rank > 3 || f.hop_length < 1 || D->shape[D->rank - 2] != f.n_fft / 2 + 1 || D->size == 0)
        oto_refuse(operation, "%s does not come from oto_stft: it needs (frequency 1 + n_fft / 2, time)",
                   oto_shape_quoted(D));
    oto_need_finite(operation, "D", D);
    double frames = ceil((double)D->cols / rate);
    if (frames > 1e9) oto_refuse(operation, "rate is %g, which makes %g frames", rate, frames);
    long long shape[3] = {D->shape[0], D->shape[1], D->rank == 3 ? D->shape[2] : 0};
    shape[D->rank - 1] = (long long)frames;
    OtoTensor *y = oto_zeros_of(OTO_COMPLEX64, D->rank, shape);
    for (int axis = 0; axis < D->rank - 1; axis++) oto_axis_copy(y, axis, D, axis);
    OtoAxis time = D->axes[D->rank - 1];
    oto_name_axis(y, D->rank - 1, time.name, .unit = time.unit, .start = time.start, .step = time.step);
    y->sample_rate = D->sample_rate;
    y->quantity = D->quantity;
    y->framing = f;
    y->framing.samples = llround((double)f.samples / rate);
    oto_set_origin(y, "phase_vocoder", D);
    struct stretch stretch = {.D = D->data,
                              .to = y->data,
                              .bins = D->shape[D->rank - 2],
                              .frames = D->cols,
                              .new_frames = y->cols,
                              .rate = rate,
                              .radians_per_bin = 2 * M_PI * f.hop_length / f.n_fft};
    oto_parallel(D->rows, GRAIN, stretch_rows, &stretch);
    if (stretch.no_memory) oto_refuse(operation, "no memory for %" PRId64 " frames", D->cols);
    return y;
}

/* round(x) as Python has it: halves go to the even number. */
static int64_t stretched_length(int64_t samples, double rate) {
    return llrint((double)samples / rate);
}

OtoTensor *(oto_time_stretch)(OtoTensor *audio, double rate, OtoStft options) {
    oto_need_audio("oto_time_stretch", "audio", audio);
    oto_need_finite("oto_time_stretch", "audio", audio);
    check_rate("oto_time_stretch", rate);
    int64_t length = stretched_length(audio->cols, rate);
    if (length < 1)
        oto_refuse("oto_time_stretch", "rate is %g, which leaves nothing of %" PRId64 " samples", rate, audio->cols);
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *D = oto_phase_vocoder((oto_stft)(audio, options), rate);
        y = oto_keep(oto_istft(D, .length = length));
        oto_set_origin(y, "time_stretch", audio);
    }
    return y;
}

OtoTensor *(oto_pitch_shift)(OtoTensor *audio, double n_steps, OtoPitchShift options) {
    const char *operation = "oto_pitch_shift";
    oto_need_audio(operation, "audio", audio);
    oto_check_range(operation, "bins_per_octave", options.bins_per_octave, 1, 10000);
    double rate = exp2(-n_steps / options.bins_per_octave);
    if (!(rate > 1e-2 && rate < 1e2))
        oto_refuse(operation, "n_steps is %g, but must lie within %g, six octaves up or down", n_steps,
                   6.0 * options.bins_per_octave);
    OtoTensor *y = oto_like(audio, OTO_FLOAT32, "pitch_shift");
    oto_scope {
        OtoTensor *stretched = (oto_time_stretch)(audio, rate, OTO_STFT_OF(options));
        int64_t length = (int64_t)ceil((double)stretched->cols * rate);
        int64_t kept = length < audio->cols ? length : audio->cols;
        for (int64_t channel = 0; channel < audio->rows; channel++)
            oto_change_rate(operation, rate, (float *)stretched->data + channel * stretched->cols, stretched->cols,
                            (float *)y->data + channel * y->cols, kept, 1);
    }
    return y;
}
