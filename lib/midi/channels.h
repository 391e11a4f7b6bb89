/* channels: what programs, controllers and pitch wheels make of the notes of a MIDI file. Not for students. */
#ifndef OTO_MIDI_CHANNELS_H
#define OTO_MIDI_CHANNELS_H

#include "midi.h"

/* A channel at a moment. */
struct oto_channel {
    int program, bank;
    double bend; /* semitones */
};

/* The state of each event's channel behind that event: states has one for each event. They are set for all tracks, so
 * this goes by time. */
void oto_midi_follow_channels(const OtoMidi *midi, struct oto_channel *states);

/* Lengthens notes that end while their channel's sustain pedal is down until it is lifted (or the file ends), but not
 * beyond the next note of the same channel and pitch. False when memory ran out. */
bool oto_midi_sustain(const OtoMidi *midi, OtoNote *notes, int64_t count);

#endif
