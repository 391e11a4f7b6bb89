/* notes_file: lists of notes as tables that other programs read. */
#ifndef OTO_NOTES_FILE_H
#define OTO_NOTES_FILE_H

#include "../music/notes.h"

/* Writes notes as a table with the header onset, duration, pitch, velocity, channel, program, track; the ending chooses
 * commas (.csv) or tabs (.tsv, .txt). */
void oto_notes_save(OtoNotes *notes, const char *path);
/* Reads such a table. Columns may stand in any order and go by other names: onset, start, time, OnsetTime; duration, or
 * end, offset, OffsetTime; pitch, midi, MidiPitch (a number, or a name such as C#4), or hz, frequency; velocity. Only
 * onset, duration or end, and pitch must be there. Refuses, with the line, what is no note. */
OtoNotes *oto_notes_load(const char *path);

#endif
