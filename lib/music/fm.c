#include "lib/music/synthesis.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/error.h"

#include <math.h>

OtoTensor *(oto_fm)(double carrier, double seconds, OtoFm options) {
    oto_check_range("oto_fm", "carrier", carrier, 0, 1e6);
    oto_check_range("oto_fm", "ratio", options.ratio, 0, 1e3);
    oto_check_range("oto_fm", "index", options.index, 0, 1e4);
    double index_end = options.index_end == -1 ? options.index : options.index_end;
    oto_check_range("oto_fm", "index_end", index_end, 0, 1e4);
    OtoTensor *sound = oto_new_sound("oto_fm", seconds, options.sample_rate);
    oto_set_origin(sound, "frequency modulation", NULL);
    for (int64_t n = 0; n < sound->size; n++) {
        double t = (double)n / options.sample_rate, part = (double)n / (double)sound->size;
        double index = options.index + (index_end - options.index) * part;
        double modulation = index * sin(2 * M_PI * options.ratio * carrier * t);
        ((float *)sound->data)[n] = (float)(options.amplitude * sin(2 * M_PI * carrier * t + modulation));
    }
    return sound;
}
