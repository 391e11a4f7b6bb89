#include "lib/tensor/random.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static _Thread_local uint64_t state[4], started_from;
static _Thread_local bool seeded;

/* splitmix64 spreads one seed over the whole state, as the generator's authors advise. */
void oto_seed(uint64_t seed) {
    started_from = seed;
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        state[i] = z ^ (z >> 31);
    }
    seeded = true;
}

OtoRandom oto_random_now(void) {
    if (!seeded) oto_seed(0);
    OtoRandom random = {.seed = started_from};
    memcpy(random.state, state, sizeof state);
    return random;
}

void oto_random_again(OtoRandom random) {
    memcpy(state, random.state, sizeof state);
    started_from = random.seed;
    seeded = true;
}

static uint64_t rotate(uint64_t x, int by) {
    return (x << by) | (x >> (64 - by));
}

static uint64_t next(void) {
    if (!seeded) oto_seed(0);
    uint64_t result = rotate(state[1] * 5, 7) * 9, t = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotate(state[3], 45);
    return result;
}

uint64_t oto_random_key(void) {
    return next();
}

double oto_uniform(void) {
    return (double)(next() >> 11) * 0x1p-53;
}

/* Box and Muller's transform; 1 - uniform is never 0. */
double oto_normal(void) {
    return sqrt(-2 * log(1 - oto_uniform())) * cos(2 * M_PI * oto_uniform());
}

int64_t oto_random_below(int64_t n) {
    if (n < 1) oto_refuse("oto_random_below", "n is %lld, but must be at least 1", (long long)n);
    uint64_t limit = UINT64_MAX - UINT64_MAX % (uint64_t)n, draw;
    do draw = next();
    while (draw >= limit);
    return (int64_t)(draw % (uint64_t)n);
}

void oto_shuffle(int64_t *numbers, int64_t count) {
    oto_check_range("oto_shuffle", "count", (double)count, 0, 1e15);
    oto_check_buffer("oto_shuffle", "numbers", numbers, (size_t)count * sizeof *numbers);
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = oto_random_below(i + 1), kept = numbers[i];
        numbers[i] = numbers[j];
        numbers[j] = kept;
    }
}
