#include "lib/music/sound.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>

OtoTensor *(oto_adsr)(double seconds, OtoAdsr options) {
    oto_check_range("oto_adsr", "attack", options.attack, 0, 1e6);
    oto_check_range("oto_adsr", "decay", options.decay, 0, 1e6);
    oto_check_range("oto_adsr", "sustain", options.sustain, 0, 1);
    oto_check_range("oto_adsr", "release", options.release, 0, 1e6);
    OtoTensor *envelope = oto_new_sound("oto_adsr", seconds, options.sample_rate);
    oto_set_origin(envelope, "adsr", NULL);
    double stages = options.attack + options.decay + options.release, fit = stages > seconds ? seconds / stages : 1;
    double attack = options.attack * fit, decay = options.decay * fit, release = options.release * fit;
    double let_go = seconds - release;
    for (int64_t i = 0; i < envelope->size; i++) {
        double t = (double)i / options.sample_rate, level = options.sustain;
        if (t < attack)
            level = t / attack;
        else if (t < attack + decay)
            level = 1 - (1 - options.sustain) * (t - attack) / decay;
        else if (t > let_go && release > 0)
            level = options.sustain * fmax(0, 1 - (t - let_go) / release);
        ((float *)envelope->data)[i] = (float)level;
    }
    envelope->quantity = OTO_PLAIN;
    return envelope;
}

OtoTensor *(oto_shape)(OtoTensor *audio, OtoAdsr options) {
    oto_need_audio("oto_shape", "audio", audio);
    options.sample_rate = audio->sample_rate;
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *envelope = (oto_adsr)((double)audio->cols / audio->sample_rate, options);
        result = oto_keep(oto_mul(audio, envelope));
        oto_set_origin(result, NULL, audio);
    }
    return result;
}

OtoTensor *(oto_fade)(OtoTensor *audio, OtoFade options) {
    oto_need_audio("oto_fade", "audio", audio);
    double seconds = (double)audio->cols / audio->sample_rate;
    oto_check_range("oto_fade", "in", options.in, 0, seconds);
    oto_check_range("oto_fade", "out", options.out, 0, seconds);
    OtoTensor *y = oto_copy(audio);
    double in = options.in * audio->sample_rate, out = options.out * audio->sample_rate;
    for (int64_t i = 0; i < audio->cols; i++) {
        double left = (double)(audio->cols - 1 - i), gain = 1;
        if ((double)i < in) gain *= (double)i / in;
        if (left < out) gain *= left / out;
        for (int64_t c = 0; c < audio->rows; c++) ((float *)y->data)[c * audio->cols + i] *= (float)gain;
    }
    return y;
}
