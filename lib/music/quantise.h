/* quantise: played notes onto the grid of the music. */
#ifndef OTO_QUANTISE_H
#define OTO_QUANTISE_H

#include "notes.h"
#include "timeline.h"

/* Moves each onset towards the nearest point of a grid, and its end towards the nearest point behind that.
 *     .grid       quarter notes between points: 0.25 (default) are sixteenths, 1.0 / 3 are triplets
 *     .strength   1 (default): onto the grid; 0.5: half way; 0: as played
 *     .swing      where every second point lies between its neighbours: 0.5 (default) straight, 2.0 / 3 a triplet swing
 *     .ends       true (default): ends too; false: durations stay
 *     .bpm        120; .timeline   instead: the tempos of a MIDI file or score, as &midi->timeline
 * A note becomes at least a grid point long when its end is moved with strength 1. Refuses a grid that is not positive,
 * and strengths and swings outside 0 to 1 (swing: 0.5 to 0.9). */
typedef struct OtoQuantiseNotes {
    double grid, strength, swing;
    bool ends;
    double bpm;
    const OtoTimeline *timeline;
} OtoQuantiseNotes;
OtoNotes *oto_quantise_notes(OtoNotes *notes, OtoQuantiseNotes options);
#define oto_quantise_notes(notes, ...)                                                                                 \
    oto_quantise_notes(notes, OTO_OPTIONS(OtoQuantiseNotes,                                                            \
                                          (.grid = 0.25, .strength = 1, .swing = 0.5, .ends = true, .bpm = 120),       \
                                          __VA_ARGS__))

#endif
