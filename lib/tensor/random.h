/* random: numbers that are the same in every run. The generator (xoshiro256**, Blackman and Vigna 2018) starts from
 * seed 0; call oto_seed for another sequence. It belongs to the thread that calls. */
#ifndef OTO_RANDOM_H
#define OTO_RANDOM_H

#include <stdint.h>

void oto_seed(uint64_t seed);
double oto_uniform(void);            /* 0 <= x < 1 */
double oto_normal(void);             /* mean 0, standard deviation 1 */
int64_t oto_random_below(int64_t n); /* 0 ... n - 1, each equally likely; n >= 1 */
/* 64 random bits: a key for loops on several threads, whose numbers are hashes of the key and a place. */
uint64_t oto_random_key(void);
/* Puts an array into a random order, each equally likely (Fisher and Yates). */
void oto_shuffle(int64_t *numbers, int64_t count);

/* Where the generator stands, and back there: for what draws numbers of its own without being noticed. */
typedef struct OtoRandom {
    uint64_t state[4];
    uint64_t seed; /* that it began with */
} OtoRandom;
OtoRandom oto_random_now(void);
void oto_random_again(OtoRandom random);

#endif
