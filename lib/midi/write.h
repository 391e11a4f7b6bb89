/* write: events to the bytes of a file. Not for students. */
#ifndef OTO_MIDI_WRITE_H
#define OTO_MIDI_WRITE_H

#include "midi.h"

/* The bytes of a file with these events: malloc's, *size of them. Of midi, it reads format, tracks, division and
 * events; it need not be a value. Refuses, in the operation's name, events that no file can hold. */
unsigned char *oto_midi_serialise(const char *operation, const OtoMidi *midi, size_t *size);
/* Writes them to a file, frees them, and refuses when the file cannot be written. */
void oto_midi_write_bytes(const char *operation, const char *path, unsigned char *bytes, size_t size);

#endif
