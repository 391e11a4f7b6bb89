#include "lib/music/synthesis.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The string: a delay line, then the loop's filters. */
struct string {
    float *line;
    int64_t length, at;
    double before;                      /* the low-pass: the sample that came out last */
    double all_pass, passed_in, passed; /* the all-pass: its coefficient, its last input and output */
};

/* A period of P samples is shared out: the low-pass delays by a half, the line by whole samples, and the all-pass by
 * what is left, 0.3 to 1.3; it has that delay exactly at the fundamental. Returns room for another period behind the
 * line, or NULL. */
static float *make_string(struct string *string, double period) {
    double line = floor(period - 0.5 - 0.3), rest = period - 0.5 - line, w = 2 * M_PI / period;
    *string = (struct string){.length = (int64_t)line, .all_pass = sin(w * (1 - rest) / 2) / sin(w * (1 + rest) / 2)};
    string->line = malloc(2 * (size_t)string->length * sizeof *string->line);
    return string->line ? string->line + string->length : NULL;
}

/* One period of noise. Plucked at a fraction b of its length, the noise is subtracted from itself b periods later; room
 * holds a period. */
static void excite(struct string *string, double pluck, float *room) {
    int64_t n = string->length, later = (int64_t)llround(pluck * (double)n);
    for (int64_t i = 0; i < n; i++) string->line[i] = (float)(2 * oto_uniform() - 1);
    memcpy(room, string->line, (size_t)n * sizeof *room);
    for (int64_t i = 0; i < n && later > 0; i++) string->line[i] -= room[(i + n - later) % n];
}

static float run(struct string *string, double gain) {
    double out = (double)string->line[string->at], low = gain * 0.5 * (out + string->before);
    string->before = out;
    double back = string->all_pass * (low - string->passed) + string->passed_in;
    string->passed_in = low;
    string->passed = back;
    string->line[string->at] = (float)back;
    string->at = (string->at + 1) % string->length;
    return (float)out;
}

OtoTensor *(oto_pluck)(double frequency, double seconds, OtoPluck options) {
    oto_check_range("oto_pluck", "sample_rate", options.sample_rate, 100, 1e6);
    oto_check_range("oto_pluck", "frequency", frequency, 10, options.sample_rate / 4);
    oto_check_range("oto_pluck", "decay", options.decay, 1e-3, 1e4);
    oto_check_range("oto_pluck", "pluck", options.pluck, 0, 0.5);
    oto_check_range("oto_pluck", "amplitude", options.amplitude, 0, 1e6);
    OtoTensor *sound = oto_new_sound("oto_pluck", seconds, options.sample_rate);
    oto_set_origin(sound, "plucked string", NULL);
    struct string string;
    float *room = make_string(&string, options.sample_rate / frequency);
    if (!room) oto_refuse("oto_pluck", "no memory for a string of %g Hz", frequency);
    excite(&string, options.pluck, room);
    double gain = pow(10, -3 / (frequency * options.decay));
    for (int64_t n = 0; n < sound->size; n++) ((float *)sound->data)[n] = run(&string, gain);
    free(string.line);
    oto_scale_to_peak(sound, options.amplitude);
    return sound;
}
