#include "lib/music/sound.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>

static void fill_white(float *to, int64_t n, double amplitude) {
    for (int64_t i = 0; i < n; i++) to[i] = (float)(amplitude * (2 * oto_uniform() - 1));
}

/* Voss and McCartney: a sum of white noises, of which number k is drawn anew every 2^k samples. */
static void fill_pink(float *to, int64_t n, double amplitude) {
    enum { ROWS = 16 };
    double rows[ROWS], sum = 0;
    for (int k = 0; k < ROWS; k++) sum += rows[k] = 2 * oto_uniform() - 1;
    for (int64_t i = 0; i < n; i++) {
        int k = __builtin_ctzll((unsigned long long)i + 1);
        if (k < ROWS) {
            sum -= rows[k];
            sum += rows[k] = 2 * oto_uniform() - 1;
        }
        double white = 2 * oto_uniform() - 1;
        to[i] = (float)(amplitude * (sum + white) / (ROWS + 1));
    }
}

OtoTensor *(oto_noise)(double seconds, OtoNoise options) {
    if (options.color != OTO_WHITE && options.color != OTO_PINK)
        oto_refuse("oto_noise", "%d is not a colour; use OTO_WHITE or OTO_PINK", (int)options.color);
    OtoTensor *sound = oto_new_sound("oto_noise", seconds, options.sample_rate);
    if (options.color == OTO_WHITE)
        fill_white(sound->data, sound->size, options.amplitude);
    else
        fill_pink(sound->data, sound->size, options.amplitude);
    oto_set_origin(sound, options.color == OTO_WHITE ? "white noise" : "pink noise", NULL);
    return sound;
}

OtoTensor *(oto_clicks)(OtoTensor *times, OtoClicks options) {
    oto_need_float("oto_clicks", "times", times);
    oto_check_range("oto_clicks", "click_seconds", options.click_seconds, 0, 10);
    oto_check_range("oto_clicks", "seconds", options.seconds, 0, 1e6);
    double last = 0;
    for (int64_t i = 0; i < times->size; i++) {
        double time = (double)((float *)times->data)[i];
        if (!(time >= 0 && time <= 1e6))
            oto_refuse("oto_clicks", "time %lld is %g s, but must lie within [0, 1000000] s", (long long)i, time);
        if (time > last) last = time;
    }
    double seconds = options.seconds > 0 ? options.seconds : last + options.click_seconds;
    OtoTensor *sound = oto_new_sound("oto_clicks", seconds, options.sample_rate);
    oto_set_origin(sound, "clicks", NULL);
    int64_t length = (int64_t)floor(options.sample_rate * options.click_seconds);
    double w = 2 * M_PI * options.frequency / options.sample_rate;
    for (int64_t i = 0; i < times->size; i++) {
        /* A time that was a whole sample before it became a float32 stays there. */
        int64_t first = (int64_t)floor((double)((float *)times->data)[i] * options.sample_rate + 1e-3);
        for (int64_t j = 0; j < length && first + j < sound->size; j++) {
            double decay = exp2(-10.0 * (double)j / fmax(1, (double)(length - 1)));
            ((float *)sound->data)[first + j] += (float)(options.amplitude * decay * sin(w * (double)j));
        }
    }
    return sound;
}
