/* variant: what a recording goes through between the player and the listener. */
#ifndef VARIANT_H
#define VARIANT_H

#include "lib/music/fluidsynth.h"

#include <stdint.h>

enum variant { CLEAN, DETUNED, REVERB, NOISE, VARIANTS };
extern const char *const variant_names[VARIANTS];

/* How far variant DETUNED of item number `item` is out of tune: -40 ... +40 cents, at least 15 away from 0. Of others
 * 0. */
int cents_of(enum variant variant, uint32_t item);
/* Detunes every note that is no percussion. */
void detune(OtoSynthEvent *events, int64_t count, int cents);

/* In place. REVERB: a room of 1.2 s (Schroeder and Moorer's combs and all-passes), a third of it heard beside the dry
 * sound. NOISE: pink noise 15 dB below the sound's root mean square. Others: nothing. */
void send_through(enum variant variant, float *x, int64_t n, uint32_t item);

/* The next number of a generator, below `below`; *state starts anywhere but at 0. */
uint32_t draw(uint32_t *state, uint32_t below);
/* A start of that generator that differs for every item. */
uint32_t seed_of(uint32_t item);

#endif
