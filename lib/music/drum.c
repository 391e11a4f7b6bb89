#include "lib/music/drum.h"

#include <math.h>

/* A drum is a skin and a noise. The skin is a sine whose frequency falls from (1 + drop) times `hz` to hz; the noise is
 * white noise above `noise_hz` (a one-pole high-pass). Each dies away by 60 dB in its own seconds. */
struct drum {
    float hz, drop, skin, skin_seconds;
    float noise_hz, noise, noise_seconds;
};

enum { FIRST = 35, LAST = 59 };
static const struct drum drums[LAST - FIRST + 1] = {
    [35 - FIRST] = {50, 3, 1, 0.5, 1000, 0.10, 0.03},     /* acoustic bass drum */
    [36 - FIRST] = {55, 4, 1, 0.4, 2000, 0.15, 0.02},     /* bass drum */
    [37 - FIRST] = {1700, 0, 0.5, 0.05, 2000, 0.4, 0.04}, /* side stick */
    [38 - FIRST] = {185, 0.5, 0.6, 0.2, 1000, 0.7, 0.25}, /* acoustic snare */
    [39 - FIRST] = {0, 0, 0, 0, 900, 0.9, 0.2},           /* hand clap */
    [40 - FIRST] = {220, 0.5, 0.5, 0.15, 1800, 0.8, 0.2}, /* electric snare */
    [41 - FIRST] = {80, 0.6, 1, 0.6, 500, 0.10, 0.05},    /* low floor tom */
    [42 - FIRST] = {0, 0, 0, 0, 7000, 0.7, 0.08},         /* closed hi-hat */
    [43 - FIRST] = {95, 0.6, 1, 0.6, 500, 0.10, 0.05},    /* high floor tom */
    [44 - FIRST] = {0, 0, 0, 0, 6000, 0.5, 0.1},          /* pedal hi-hat */
    [45 - FIRST] = {115, 0.6, 1, 0.5, 500, 0.10, 0.05},   /* low tom */
    [46 - FIRST] = {0, 0, 0, 0, 7000, 0.7, 0.6},          /* open hi-hat */
    [47 - FIRST] = {135, 0.6, 1, 0.5, 500, 0.10, 0.05},   /* low-mid tom */
    [48 - FIRST] = {160, 0.6, 1, 0.45, 500, 0.10, 0.05},  /* high-mid tom */
    [49 - FIRST] = {0, 0, 0, 0, 4000, 0.8, 1.8},          /* crash cymbal */
    [50 - FIRST] = {190, 0.6, 1, 0.4, 500, 0.10, 0.05},   /* high tom */
    [51 - FIRST] = {3100, 0, 0.12, 0.8, 6000, 0.45, 1.0}, /* ride cymbal */
    [52 - FIRST] = {0, 0, 0, 0, 3000, 0.8, 1.5},          /* Chinese cymbal */
    [53 - FIRST] = {2600, 0, 0.4, 1.0, 6000, 0.2, 0.6},   /* ride bell */
    [54 - FIRST] = {0, 0, 0, 0, 8000, 0.8, 0.15},         /* tambourine */
    [55 - FIRST] = {0, 0, 0, 0, 5000, 0.8, 1.0},          /* splash cymbal */
    [56 - FIRST] = {560, 0, 0.8, 0.25, 2000, 0.10, 0.02}, /* cowbell */
    [57 - FIRST] = {0, 0, 0, 0, 3500, 0.8, 1.8},          /* crash cymbal 2 */
    [58 - FIRST] = {90, 0, 0.5, 0.6, 1500, 0.3, 0.6},     /* vibraslap */
    [59 - FIRST] = {3400, 0, 0.12, 0.8, 6000, 0.45, 1.0}, /* ride cymbal 2 */
};

/* Beyond the table: bongos, congas, blocks and bells ring higher the higher their key, with a short noise of the
 * stroke. */
static struct drum drum_at(int key) {
    if (key >= FIRST && key <= LAST) return drums[key - FIRST];
    float hz = (float)(key < FIRST ? 60 : 300 * exp2((key - LAST) / 12.0));
    return (struct drum){hz, 0.2f, 0.9f, 0.25f, 3000, 0.15f, 0.05f};
}

double oto_drum_seconds(int key) {
    struct drum drum = drum_at(key);
    return (double)fmaxf(drum.skin_seconds, drum.noise_seconds);
}

static void add_skin(float *wave, int64_t n, double sample_rate, const struct drum *drum) {
    static const double drop_seconds = 0.03;
    double phase = 0, level = (double)drum->skin, fade = pow(10, -3 / ((double)drum->skin_seconds * sample_rate));
    double excess = (double)drum->drop, fall = exp(-1 / (drop_seconds * sample_rate));
    for (int64_t i = 0; i < n; i++, level *= fade, excess *= fall) {
        wave[i] += (float)(level * sin(2 * M_PI * phase));
        phase += (double)drum->hz * (1 + excess) / sample_rate;
        phase -= floor(phase);
    }
}

/* From a generator of its own, so that the sound of a drum depends neither on oto_seed nor on the notes before it. */
static void add_noise(float *wave, int64_t n, double sample_rate, const struct drum *drum, int key) {
    uint32_t state = 0x9e3779b9u ^ (uint32_t)(key + 1) * 2654435761u;
    double level = (double)drum->noise, fade = pow(10, -3 / ((double)drum->noise_seconds * sample_rate));
    double keep = exp(-2 * M_PI * fmin((double)drum->noise_hz, sample_rate / 4) / sample_rate), before = 0, high = 0;
    for (int64_t i = 0; i < n; i++, level *= fade) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        double white = state / 2147483648.0 - 1;
        high = keep * (high + white - before);
        before = white;
        wave[i] += (float)(level * high);
    }
}

void oto_add_drum(float *wave, int64_t n, double sample_rate, int key) {
    struct drum drum = drum_at(key);
    if (drum.skin > 0 && (double)drum.hz < sample_rate / 2) add_skin(wave, n, sample_rate, &drum);
    if (drum.noise > 0) add_noise(wave, n, sample_rate, &drum, key);
}
