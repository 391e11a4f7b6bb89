/* pattern: two bars of drums in sixteenths, as text. */
#ifndef PATTERN_H
#define PATTERN_H

#include "lib/midi/midi.h"

#include <stdbool.h>

/* The nine kinds of sound that the Groove MIDI data set is usually reduced to. */
enum drum { KICK, SNARE, CLOSED_HAT, OPEN_HAT, LOW_TOM, MID_TOM, HIGH_TOM, CRASH, RIDE, DRUMS };
extern const char *const drum_names[DRUMS];
extern const int drum_keys[DRUMS]; /* of General MIDI, that stands for each */

enum { STEPS = 32, STEPS_PER_BEAT = 4 };
struct pattern {
    char steps[DRUMS][STEPS + 1]; /* '.' or loudness '1' to '9' */
};

/* Notes of percussion from `bar` on (two bars of 4/4), each moved to the nearest sixteenth. False when that is not what
 * was played (triplets, swing), or when it is too little to be a pattern. */
bool pattern_from(OtoMidi *midi, int bar, struct pattern *pattern);

#endif
