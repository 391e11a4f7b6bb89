/* midi: Standard MIDI Files (RP-001, types 0 and 1), read and written. */
#ifndef OTO_MIDI_H
#define OTO_MIDI_H

#include "../tensor/lifetime.h"
#include "../music/notes.h"

typedef struct OtoMidiEvent {
    int64_t tick;
    double seconds; /* by the file's tempo map */
    int track;
    uint8_t status; /* 0x80 ... 0xEF with the channel; 0xF0, 0xF7 sysex; 0xFF meta */
    uint8_t meta;   /* the type of a meta event: 0x03 track name, 0x51 tempo, 0x58 time signature, ... */
    int64_t size;   /* bytes of data */
    const uint8_t *data;
} OtoMidiEvent;

typedef struct OtoTempo {
    int64_t tick;
    double seconds;
    double bpm; /* quarter notes a minute */
} OtoTempo;

typedef struct OtoMidi {
    int format; /* 0: one track; 1: tracks that sound together */
    int tracks;
    int ticks_per_quarter;   /* 0 when the file counts SMPTE frames */
    double ticks_per_second; /* for SMPTE files, otherwise 0 */
    int64_t count;
    OtoMidiEvent *events; /* of all tracks, by tick */
    int64_t tempo_count;
    OtoTempo *tempos; /* at least one: 120 bpm from tick 0 when the file names none */
    double seconds;   /* until the last event */
    char *origin;     /* the file's name */
    uint8_t *bytes;   /* of the file; the events' data lie in it */
} OtoMidi;

/* Reads a file. Refuses one that is missing, is not MIDI, or is cut short: the message names the file and the byte. */
OtoMidi *oto_midi_load(const char *path);
/* The same from memory; name is for messages. */
OtoMidi *oto_midi_parse(const void *bytes, size_t size, const char *name);
/* Its notes in seconds. A note that is never released ends at its track's last event; the same note struck again while
 * it sounds ends the earlier one. */
OtoNotes *oto_midi_notes(OtoMidi *midi);
/* Writes notes as a type 1 file: 480 ticks a quarter, one tempo (.bpm 120), one track a channel. */
typedef struct OtoMidiSave {
    double bpm;
} OtoMidiSave;
void oto_midi_save(OtoNotes *notes, const char *path, OtoMidiSave options);
#define oto_midi_save(notes, path, ...) oto_midi_save(notes, path, OTO_OPTIONS(OtoMidiSave, (.bpm = 120), __VA_ARGS__))

/* "MIDI type 1, 3 tracks, 412 events, 120 bpm, 62.5 s, from tune.mid"; free() it. */
char *oto_midi_describe(OtoMidi *midi);

#endif
