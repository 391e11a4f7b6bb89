#include "lib/dsp/envelope.h"
#include "lib/dsp/tempogram.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Tempo falls with the lag: the value at a tempo lies between the two lags around 60 rate / bpm, on a straight line
 * over tempo. Lag 0, an infinite tempo, has no place on it. */
static double value_at(const float *column, int64_t lags, int64_t stride, double frame_rate, double bpm) {
    if (!(bpm > 0)) return 0;
    double lag = 60 * frame_rate / bpm;
    if (!(lag >= 1 - 1e-6 && lag <= (double)(lags - 1) * (1 + 1e-6))) return 0;
    int64_t shorter = (int64_t)floor(lag);
    if (shorter < 1) shorter = 1;
    if (shorter > lags - 2) shorter = lags - 2;
    if (shorter < 1) return (double)column[stride];
    double fast = 60 * frame_rate / (double)shorter, slow = 60 * frame_rate / (double)(shorter + 1);
    double part = (bpm - slow) / (fast - slow);
    return part * (double)column[shorter * stride] + (1 - part) * (double)column[(shorter + 1) * stride];
}

OtoTensor *(oto_tempogram_ratio)(OtoTensor *tempogram, OtoTempogramRatio options) {
    const char *operation = "oto_tempogram_ratio";
    oto_need_float(operation, "tempogram", tempogram);
    if (tempogram->rank != 2 || strcmp(tempogram->axes[0].name, "lag") || tempogram->rows < 2)
        oto_refuse(operation, "tempogram is %s, but must be (lag, time), as oto_tempogram makes it",
                   oto_shape_quoted(tempogram));
    oto_need_no_nan(operation, "tempogram", tempogram);
    int64_t lags = tempogram->rows, frames = tempogram->cols;
    double frame_rate = 1 / tempogram->axes[0].step;
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *factors =
            options.factors ? options.factors
                            : oto_tensor(4, 8.0 / 3, 3, 2, 4.0 / 3, 1.5, 1, 2.0 / 3, 0.75, 0.5, 1.0 / 3, 0.375, 0.25);
        OtoTensor *bpm = options.bpm ? options.bpm
                                     : oto_tempo_over_time(tempogram, .start_bpm = options.start_bpm,
                                                           .std_bpm = options.std_bpm, .max_tempo = options.max_tempo);
        oto_need_float(operation, "factors", factors);
        oto_need_float(operation, "bpm", bpm);
        if (bpm->size != 1 && bpm->size != frames)
            oto_refuse(operation, "bpm is %s, but must be one number or one for each of %" PRId64 " frames",
                       oto_shape_quoted(bpm), frames);
        OtoTensor *ratios = oto_zeros(factors->size, frames);
        for (int64_t f = 0; f < factors->size; f++)
            for (int64_t t = 0; t < frames; t++) {
                double tempo = (double)((float *)bpm->data)[bpm->size == 1 ? 0 : t];
                ((float *)ratios->data)[f * frames + t] =
                    (float)value_at((float *)tempogram->data + t, lags, frames, frame_rate,
                                    tempo * (double)((float *)factors->data)[f]);
            }
        oto_name_axis(ratios, 0, "factor");
        oto_axis_copy(ratios, 1, tempogram, 1);
        ratios->sample_rate = tempogram->sample_rate;
        ratios->framing = tempogram->framing;
        oto_set_origin(ratios, "ratio", tempogram);
        result = oto_keep(ratios);
    }
    return result;
}
