#include "lib/io/audio.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <soxr.h>

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
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    for (int64_t channel = 0; channel < audio->rows; channel++) {
        size_t done = 0;
        soxr_error_t error = soxr_oneshot(
            audio->sample_rate, sample_rate, 1, (float *)audio->data + channel * audio->cols, (size_t)audio->cols, NULL,
            (float *)y->data + channel * length, (size_t)length, &done, NULL, &quality, &runtime);
        if (error)
            oto_refuse("oto_resample", "from %g to %g Hz: %s", audio->sample_rate, sample_rate, soxr_strerror(error));
    }
    return y;
}
