/* timing: from the ticks of a MIDI file to seconds. Not for students. */
#ifndef OTO_MIDI_TIMING_H
#define OTO_MIDI_TIMING_H

#include "midi.h"

/* Sorts the events by tick (at one tick: in the file's order), makes the tempo map, and gives every event its seconds.
 * False when memory runs out. */
bool oto_midi_time(OtoMidi *midi);

#endif
