#include "lib/music/sound.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

/* The macros by which oto_tone is mostly called; a tone's origin is their name without oto_. */
static const char *const operations[] = {
    [OTO_SINE] = "oto_sine", [OTO_SQUARE] = "oto_square", [OTO_SAW] = "oto_saw", [OTO_TRIANGLE] = "oto_triangle"};

OtoTensor *oto_new_sound(const char *operation, double seconds, double sample_rate) {
    oto_check_range(operation, "sample_rate", sample_rate, 100, 1e6);
    oto_check_range(operation, "seconds", seconds, 0, 1e6);
    OtoTensor *sound = oto_zeros((long long)llround(seconds * sample_rate));
    sound->sample_rate = sample_rate;
    sound->quantity = OTO_AMPLITUDE;
    return oto_name_axis(sound, 0, "time", .unit = "s", .step = 1 / sample_rate);
}

static void check_wave(const char *operation, OtoWave wave) {
    if ((unsigned)wave > OTO_TRIANGLE)
        oto_refuse(operation, "%d is not a wave; use OTO_SINE, OTO_SQUARE, OTO_SAW or OTO_TRIANGLE", (int)wave);
}

/* The shape at p, the fraction of the period. */
static double shape(OtoWave wave, double p) {
    p -= floor(p);
    switch (wave) {
    case OTO_SINE:
        return oto_fast_sine(p);
    case OTO_SQUARE:
        return p < 0.5 ? 1 : -1;
    case OTO_SAW:
        return 2 * p - 1;
    case OTO_TRIANGLE: {
        double quarter_later = p + 0.25 - floor(p + 0.25);
        return 1 - 4 * fabs(quarter_later - 0.5);
    }
    }
    return 0;
}

double oto_wave_partial(OtoWave wave, int k) {
    switch (wave) {
    case OTO_SINE:
        return k == 1;
    case OTO_SQUARE:
        return k % 2 ? 4 / (M_PI * k) : 0;
    case OTO_SAW:
        return -2 / (M_PI * k);
    case OTO_TRIANGLE:
        return k % 2 ? (k % 4 == 1 ? 8 : -8) / (M_PI * M_PI * k * k) : 0;
    }
    return 0;
}

/* The sum of the harmonics below half the sample rate: each a sine made by the recurrence
 * s[n] = 2 cos(w) s[n - 1] - s[n - 2], in double, which drifts by less than float rounding over an hour. */
static void add_harmonics(float *to, int64_t n, OtoWave wave, double frequency, const OtoTone *options) {
    int highest = (int)fmin(floor(options->sample_rate / 2 / fabs(frequency)), 1e6);
    if (highest * fabs(frequency) >= options->sample_rate / 2) highest--;
    for (int k = 1; k <= highest && !oto_interrupt_pending(); k++) {
        double height = oto_wave_partial(wave, k) * options->amplitude,
               w = 2 * M_PI * frequency * k / options->sample_rate;
        if (height == 0) continue;
        double turn = 2 * cos(w), before = sin(k * options->phase - w), now = sin(k * options->phase);
        for (int64_t i = 0; i < n; i++) {
            to[i] += (float)(height * now);
            double next = turn * now - before;
            before = now;
            now = next;
        }
    }
}

OtoTensor *(oto_tone)(OtoWave wave, double frequency, double seconds, OtoTone options) {
    check_wave("oto_tone", wave);
    oto_check_range(operations[wave], "frequency", frequency, -1e6, 1e6);
    OtoTensor *sound = oto_new_sound(operations[wave], seconds, options.sample_rate);
    oto_set_origin(sound, operations[wave] + strlen("oto_"), NULL);
    float *to = sound->data;
    if (options.band_limited && wave != OTO_SINE && frequency != 0) {
        add_harmonics(to, sound->size, wave, frequency, &options);
        return sound;
    }
    double start = options.phase / (2 * M_PI), step = frequency / options.sample_rate;
    for (int64_t i = 0; i < sound->size; i++)
        to[i] = (float)(options.amplitude * shape(wave, start + (double)i * step));
    return sound;
}

/* Fills sound with a wave whose frequency at sample i is frequency_at(i). */
static void run_phase(OtoTensor *sound, OtoWave wave, const float *frequencies, double amplitude, double phase) {
    double p = phase / (2 * M_PI);
    for (int64_t i = 0; i < sound->size; i++) {
        ((float *)sound->data)[i] = (float)(amplitude * shape(wave, p));
        p += (double)frequencies[i] / sound->sample_rate;
        p -= floor(p);
    }
}

OtoTensor *(oto_oscillator)(OtoWave wave, OtoTensor *frequency, OtoTone options) {
    check_wave("oto_oscillator", wave);
    oto_need_float("oto_oscillator", "frequency", frequency);
    if (frequency->rank != 1)
        oto_refuse("oto_oscillator", "frequency is %s, but must be (time): one value in Hz a sample",
                   oto_shape_quoted(frequency));
    if (options.band_limited)
        oto_refuse("oto_oscillator",
                   ".band_limited is for oto_tone: a changing frequency has no fixed set of harmonics");
    double rate = frequency->sample_rate > 0 ? frequency->sample_rate : options.sample_rate;
    OtoTensor *sound = oto_new_sound("oto_oscillator", (double)frequency->size / rate, rate);
    oto_set_origin(sound, operations[wave] + strlen("oto_"), NULL);
    run_phase(sound, wave, frequency->data, options.amplitude, options.phase);
    return sound;
}

/* sin(2 pi (from t + slope t^2)) at sample i, t = i / sample_rate. */
OTO_VECTORISED static void fill_sweep(float *restrict to, int64_t count, double from, double slope, double sample_rate,
                                      double amplitude) {
    for (int64_t i = 0; i < count; i++) {
        double t = (double)i / sample_rate;
        to[i] = (float)(amplitude * oto_fast_sine((from + slope * t) * t));
    }
}

OtoTensor *(oto_sweep)(double from, double to, double seconds, OtoSweep options) {
    oto_check_range("oto_sweep", "from", from, 0, 1e6);
    oto_check_range("oto_sweep", "to", to, 0, 1e6);
    if (options.exponential && (from <= 0 || to <= 0))
        oto_refuse("oto_sweep", "an exponential sweep cannot start or end at 0 Hz (%g to %g)", from, to);
    OtoTensor *sound = oto_new_sound("oto_sweep", seconds, options.sample_rate);
    oto_set_origin(sound, "sweep", NULL);
    float *samples = sound->data;
    if (!options.exponential || from == to) {
        fill_sweep(samples, sound->size, from, (to - from) / (2 * seconds), options.sample_rate, options.amplitude);
        return sound;
    }
    double stretch = log(to / from);
    for (int64_t i = 0; i < sound->size; i++) {
        double t = (double)i / options.sample_rate, turns = from * seconds * expm1(stretch * t / seconds) / stretch;
        samples[i] = (float)(options.amplitude * sin(2 * M_PI * (turns - floor(turns))));
    }
    return sound;
}

OtoTensor *(oto_silence)(double seconds, OtoTone options) {
    OtoTensor *sound = oto_new_sound("oto_silence", seconds, options.sample_rate);
    oto_set_origin(sound, "silence", NULL);
    return sound;
}
