#include "lib/dsp/silence.h"
#include "lib/dsp/waveform.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether each frame is loud, in any channel: frame_length / 2 zeros around the sound, as oto_frame_rms has it. */
static bool *loud_frames(const char *operation, OtoTensor *audio, OtoSilence o, int64_t *count) {
    oto_need_audio(operation, "audio", audio);
    oto_check_range(operation, "top_db", o.top_db, 0, 1e6);
    if (o.ref != OTO_MAX && !(o.ref > 0))
        oto_refuse(operation, "ref is %g, but must be a positive amplitude, or OTO_MAX for the loudest frame", o.ref);
    bool *loud = NULL;
    oto_scope {
        OtoTensor *rms = oto_frame_rms(audio, .frame_length = o.frame_length, .hop_length = o.hop_length);
        *count = rms->cols;
        loud = calloc((size_t)rms->cols, sizeof *loud);
        if (!loud) oto_refuse(operation, "no memory for %" PRId64 " frames", rms->cols);
        const double amin = 1e-5;
        double ref = o.ref;
        if (o.ref == OTO_MAX)
            for (int64_t i = 0; i < rms->size; i++) ref = fmax(ref, (double)((float *)rms->data)[i]);
        for (int64_t i = 0; i < rms->size; i++) {
            double amplitude = (double)((float *)rms->data)[i];
            double db = 20 * log10(fmax(amin, amplitude)) - 20 * log10(fmax(amin, ref));
            loud[i % rms->cols] |= db > -o.top_db;
        }
    }
    return loud;
}

static int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

OtoTensor *(oto_trim)(OtoTensor *audio, OtoSilence options) {
    int64_t count = 0;
    bool *loud = loud_frames("oto_trim", audio, options, &count);
    int64_t first = 0, end = count;
    while (first < count && !loud[first]) first++;
    while (end > first && !loud[end - 1]) end--;
    free(loud);
    int64_t from = lesser(first * options.hop_length, audio->cols), to = lesser(end * options.hop_length, audio->cols);
    if (first == count) from = to = 0;
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, audio->rank,
                                audio->rank == 2 ? (long long[]){audio->rows, to - from} : (long long[]){to - from});
    if (audio->rank == 2) oto_axis_copy(y, 0, audio, 0);
    oto_axis_copy(y, y->rank - 1, audio, audio->rank - 1);
    y->axes[y->rank - 1].start += (double)from / audio->sample_rate;
    y->sample_rate = audio->sample_rate;
    y->quantity = audio->quantity;
    oto_set_origin(y, "trimmed", audio);
    for (int64_t channel = 0; channel < audio->rows; channel++)
        memcpy((float *)y->data + channel * (to - from), (float *)audio->data + channel * audio->cols + from,
               (size_t)(to - from) * sizeof(float));
    return y;
}

OtoTensor *(oto_split)(OtoTensor *audio, OtoSilence options) {
    int64_t count = 0, intervals = 0;
    bool *loud = loud_frames("oto_split", audio, options, &count);
    for (int64_t i = 0; i < count; i++) intervals += loud[i] && (i == 0 || !loud[i - 1]);
    OtoTensor *y = oto_zeros_of(OTO_INT64, 2, (long long[]){intervals, 2});
    int64_t *edge = y->data;
    for (int64_t i = 0; i <= count; i++) {
        bool before = i > 0 && loud[i - 1], now = i < count && loud[i];
        if (before != now) *edge++ = lesser(i * options.hop_length, audio->cols);
    }
    free(loud);
    oto_name_axis(y, 0, "interval");
    y->quantity = OTO_SAMPLES;
    y->sample_rate = audio->sample_rate;
    oto_set_origin(y, "split", audio);
    return y;
}
