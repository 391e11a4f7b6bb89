/* midi: Standard MIDI Files (RP-001, types 0 and 1), read and written without loss. */
#ifndef OTO_MIDI_H
#define OTO_MIDI_H

#include "../tensor/lifetime.h"
#include "../music/notes.h"
#include "../music/timeline.h"

typedef struct OtoMidiEvent {
    int64_t tick;
    double seconds; /* by the file's tempo map */
    int track;
    uint8_t status; /* 0x80 ... 0xEF with the channel; 0xF0, 0xF7 sysex; 0xFF meta */
    uint8_t meta;   /* the type of a meta event: 0x03 track name, 0x51 tempo, 0x58 time signature, ... */
    bool running;   /* the file leaves the status byte out, because the event before has the same */
    int64_t size;   /* bytes of data */
    const uint8_t *data;
} OtoMidiEvent;

typedef struct OtoMidi {
    int format; /* 0: one track; 1: tracks that sound together */
    int tracks;
    int ticks_per_quarter;   /* 0 when the file counts SMPTE frames */
    double ticks_per_second; /* for SMPTE files, otherwise 0 */
    int division;            /* the header's two bytes that say so */
    int64_t count;
    OtoMidiEvent *events; /* of all tracks, by tick */
    OtoTimeline timeline; /* tempos, time signatures, keys; a SMPTE file has 120 quarters a minute */
    double seconds;       /* until the last event */
    char *origin;         /* the file's name */
    uint8_t *bytes;       /* of the file; the events' data lie in it */
} OtoMidi;

/* Reads a file. Refuses one that is missing, is not MIDI, is of type 2 (patterns without a common time), or is cut
 * short: the message names the file and the byte. */
OtoMidi *oto_midi_load(const char *path);
/* The same from memory; name is for messages. */
OtoMidi *oto_midi_parse(const void *bytes, size_t size, const char *name);

/* Writes the file again: every event of every track at its tick, sysex, escapes and unknown meta events too. What was
 * read from a file in the usual form (a header of six bytes, lengths in as few bytes as possible, only MTrk chunks)
 * comes out with the same bytes. A track without its end gets one. Refuses events that no file can hold. */
void oto_midi_write(OtoMidi *midi, const char *path);
/* The same in memory: allocated bytes, *size of them; free() them. */
unsigned char *oto_midi_bytes(OtoMidi *midi, size_t *size);

/* Its notes in seconds, as pretty_midi has them: program and bank are those of the channel at the note's onset. A note
 * that is never released ends at its track's last event (pretty_midi drops it); the same note struck again while it
 * sounds ends the earlier one (pretty_midi ends both with the next release).
 *     .sustain   a note lasts until the sustain pedal (controller 64, from 64 on) is lifted, or it is struck again
 *     .bend      pitches are moved by the channel's pitch wheel at the onset, within its bend range (RPN 0; 2) */
typedef struct OtoMidiNotes {
    bool sustain, bend;
} OtoMidiNotes;
OtoNotes *oto_midi_notes(OtoMidi *midi, OtoMidiNotes options);
#define oto_midi_notes(midi, ...) oto_midi_notes(midi, OTO_OPTIONS(OtoMidiNotes, (.sustain = false), __VA_ARGS__))

/* Ticks and seconds by the tempo map, as tick_to_time and time_to_tick (which rounds) of pretty_midi; quarters for the
 * functions of timeline.h: oto_quarter_to_bar_beat(&midi->timeline, oto_tick_to_quarter(midi, tick)). */
double oto_tick_to_seconds(OtoMidi *midi, int64_t tick);
int64_t oto_seconds_to_tick(OtoMidi *midi, double seconds);
double oto_tick_to_quarter(OtoMidi *midi, int64_t tick);

/* Writes notes as a type 1 file: 480 ticks a quarter, one track a channel.
 *     .bpm 120   .numerator 4   .denominator 4   .key NULL: none, or "A minor"
 *     .timeline  NULL: one tempo and time signature, as above. Notes know seconds only; where they come from a piece
 * whose tempo changes, &midi->timeline or &score->timeline (instead of the four above) keeps its quarters, tempos, time
 * signatures and keys */
typedef struct OtoMidiSave {
    double bpm;
    int numerator, denominator;
    const char *key;
    const OtoTimeline *timeline;
} OtoMidiSave;
void oto_midi_save(OtoNotes *notes, const char *path, OtoMidiSave options);
#define oto_midi_save(notes, path, ...)                                                                                \
    oto_midi_save(notes, path, OTO_OPTIONS(OtoMidiSave, (.bpm = 120, .numerator = 4, .denominator = 4), __VA_ARGS__))

/* "MIDI type 1, 3 tracks, 412 events, 120 bpm, 62.5 s, from tune.mid"; free() it. */
char *oto_midi_describe(OtoMidi *midi);

#endif
