#include "lib/dsp/frames.h"
#include "lib/dsp/window.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <string.h>

OtoTensor *oto_frame(OtoTensor *audio, int frame_length, int hop_length) {
    oto_need_audio("oto_frame", "audio", audio);
    if (audio->rank != 1)
        oto_refuse("oto_frame", "audio is %s; oto_mono or oto_row makes it (time)", oto_shape_quoted(audio));
    if (hop_length < 1) oto_refuse("oto_frame", "hop_length is %d, but must be at least 1 sample", hop_length);
    if (frame_length < 1 || frame_length > audio->size)
        oto_refuse("oto_frame", "frame_length is %d, but audio has %" PRId64 " samples", frame_length, audio->size);
    int64_t count = 1 + (audio->size - frame_length) / hop_length;
    OtoTensor *frames = oto_zeros(count, frame_length);
    oto_name_axis(frames, 0, "frame", .unit = "s", .step = hop_length / audio->sample_rate);
    oto_name_axis(frames, 1, "sample", .unit = "s", .step = 1 / audio->sample_rate);
    frames->quantity = audio->quantity;
    frames->sample_rate = audio->sample_rate;
    frames->framing = (OtoFraming){.n_fft = frame_length,
                                   .win_length = frame_length,
                                   .hop_length = hop_length,
                                   .window = OTO_RECTANGULAR,
                                   .samples = audio->size};
    oto_set_origin(frames, "frames", audio);
    for (int64_t i = 0; i < count; i++)
        memcpy((float *)frames->data + i * frame_length, (float *)audio->data + i * hop_length,
               (size_t)frame_length * sizeof(float));
    return frames;
}
