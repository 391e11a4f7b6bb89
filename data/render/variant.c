#include "variant.h"
#include "file.h"

#include <math.h>
#include <stdlib.h>

const char *const variant_names[VARIANTS] = {"clean", "detuned", "reverb", "noise"};

uint32_t seed_of(uint32_t item) {
    return (item + 1) * 2654435761u | 1;
}

uint32_t draw(uint32_t *state, uint32_t below) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return (uint32_t)((uint64_t)*state * below >> 32);
}

int cents_of(enum variant variant, uint32_t item) {
    if (variant != DETUNED) return 0;
    uint32_t state = seed_of(item);
    draw(&state, 2);
    int size = 15 + (int)draw(&state, 26);
    return draw(&state, 2) ? size : -size;
}

void detune(OtoSynthEvent *events, int64_t count, int cents) {
    for (int64_t i = 0; i < count; i++) events[i].cents += (float)cents;
}

struct line {
    float *samples;
    int length, at;
};

static float run_comb(struct line *line, float x, float feedback, float damping, float *low) {
    float y = line->samples[line->at];
    *low = y * (1 - damping) + *low * damping;
    line->samples[line->at] = x + *low * feedback;
    line->at = (line->at + 1) % line->length;
    return y;
}

static float run_all_pass(struct line *line, float x) {
    float delayed = line->samples[line->at], y = delayed - 0.5f * x;
    line->samples[line->at] = x + 0.5f * y;
    line->at = (line->at + 1) % line->length;
    return y;
}

static void add_room(float *x, int64_t n) {
    /* Delays in samples at 22,050 Hz without a common divisor, and the feedback after which each has fallen by 60 dB in
     * 1.2 s: 10^(-3 * delay / (22050 * 1.2)). */
    enum { COMBS = 6, ALL_PASSES = 2 };
    static const int comb_delays[COMBS] = {557, 593, 641, 677, 709, 743}, all_pass_delays[ALL_PASSES] = {113, 37};
    static const float feedbacks[COMBS] = {0.8647f, 0.8566f, 0.8459f, 0.8379f, 0.8309f, 0.8235f};
    struct line combs[COMBS], all_passes[ALL_PASSES];
    float low[COMBS] = {};
    for (int i = 0; i < COMBS; i++)
        combs[i] = (struct line){need_memory((size_t)comb_delays[i], sizeof(float)), comb_delays[i], 0};
    for (int i = 0; i < ALL_PASSES; i++)
        all_passes[i] = (struct line){need_memory((size_t)all_pass_delays[i], sizeof(float)), all_pass_delays[i], 0};
    for (int64_t t = 0; t < n; t++) {
        float wet = 0;
        for (int i = 0; i < COMBS; i++) wet += run_comb(&combs[i], x[t], feedbacks[i], 0.2f, &low[i]);
        wet /= COMBS;
        for (int i = 0; i < ALL_PASSES; i++) wet = run_all_pass(&all_passes[i], wet);
        x[t] = 0.67f * x[t] + 0.67f * wet;
    }
    for (int i = 0; i < COMBS; i++) free(combs[i].samples);
    for (int i = 0; i < ALL_PASSES; i++) free(all_passes[i].samples);
}

/* Pink noise by Voss and McCartney: number k of 12 white noises is drawn anew every 2^k samples. */
static void add_noise(float *x, int64_t n, uint32_t item) {
    enum { ROWS = 12, LEVELS = 65536 };
    uint32_t state = seed_of(item);
    double energy = 0;
    for (int64_t t = 0; t < n; t++) energy += (double)x[t] * (double)x[t];
    double rms = sqrt(energy / (double)(n ? n : 1));
    double unit = sqrt(ROWS / 3.0) * LEVELS / 2; /* the noise's own root mean square */
    double gain = rms * pow(10, -15 / 20.0) / unit;
    int rows[ROWS], sum = 0;
    for (int k = 0; k < ROWS; k++) sum += rows[k] = (int)draw(&state, LEVELS) - LEVELS / 2;
    for (int64_t t = 0; t < n; t++) {
        int k = __builtin_ctzll((unsigned long long)t + 1);
        if (k < ROWS) {
            sum -= rows[k];
            sum += rows[k] = (int)draw(&state, LEVELS) - LEVELS / 2;
        }
        x[t] += (float)(gain * sum);
    }
}

void send_through(enum variant variant, float *x, int64_t n, uint32_t item) {
    if (variant == REVERB) add_room(x, n);
    if (variant == NOISE) add_noise(x, n, item);
}
