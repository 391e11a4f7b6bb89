#include "pattern.h"

#include <math.h>
#include <string.h>

const char *const drum_names[DRUMS] = {"kick",    "snare",    "closed_hat", "open_hat", "low_tom",
                                       "mid_tom", "high_tom", "crash",      "ride"};
const int drum_keys[DRUMS] = {36, 38, 42, 46, 45, 47, 50, 49, 51};

/* The drum that a key of General MIDI counts as: Gillick et al., "Learning to Groove" (2019), appendix. */
static int drum_of(int key) {
    static const unsigned char keys[DRUMS][16] = {
        [KICK] = {36, 35},
        [SNARE] = {38, 37, 39, 40, 56, 65, 66, 75, 85},
        [CLOSED_HAT] = {42, 44, 54, 68, 69, 70, 71, 73, 78, 80},
        [OPEN_HAT] = {46, 67, 72, 74, 79, 81},
        [LOW_TOM] = {45, 41, 61, 64, 84},
        [MID_TOM] = {48, 47, 60, 63, 77, 86, 87},
        [HIGH_TOM] = {50, 43, 62, 76, 83},
        [CRASH] = {49, 55, 57, 58},
        [RIDE] = {51, 52, 53, 59, 82},
    };
    for (int drum = 0; drum < DRUMS; drum++)
        if (memchr(keys[drum], key, sizeof keys[drum])) return drum;
    return -1;
}

bool pattern_from(OtoMidi *midi, int bar, struct pattern *pattern) {
    enum { PERCUSSION_ON = 0x99, BEATS = 4, FEWEST = 6 };
    static const double farthest = 0.2; /* on average, of a sixteenth */
    double step = (double)midi->ticks_per_quarter / STEPS_PER_BEAT, off = 0;
    int hits = 0;
    for (int drum = 0; drum < DRUMS; drum++) {
        memset(pattern->steps[drum], '.', STEPS);
        pattern->steps[drum][STEPS] = '\0';
    }
    for (int64_t i = 0; i < midi->count; i++) {
        const OtoMidiEvent *event = &midi->events[i];
        if (event->status != PERCUSSION_ON || event->size < 2 || event->data[1] == 0) continue;
        double place = (double)event->tick / step - bar * BEATS * STEPS_PER_BEAT, nearest = round(place);
        int drum = drum_of(event->data[0]);
        if (nearest < 0 || nearest >= STEPS || drum < 0) continue;
        char loudness = (char)('1' + 8 * event->data[1] / 127), *at = &pattern->steps[drum][(int)nearest];
        if (*at == '.' || *at < loudness) *at = loudness;
        off += fabs(place - nearest);
        hits++;
    }
    return hits >= FEWEST && off <= farthest * hits;
}
