/* performance: a song of the songbook, accompanied in a style, with everything known about it. */
#ifndef PERFORMANCE_H
#define PERFORMANCE_H

#include "lib/midi/midi.h"
#include "lib/music/fluidsynth.h"
#include "songbook.h"

/* Names of MMA's grooves. */
struct style {
    const char *name, *groove;
    double tempo; /* beats a minute */
};
enum { STYLES = 12 };
extern const struct style styles[STYLES];

struct performance {
    const struct song *song;
    const struct style *style;
    int bars, transposition; /* semitones */
    double tempo, seconds;   /* beats a minute; with 1 s in which the last notes die away */
    OtoMidi *midi;           /* of the accompaniment: oto_free it */
    OtoSynthEvent *events;   /* all that sounds, in the order of their times */
    int64_t count;
};

/* The channel of MIDI that a lead plays on; MMA takes its channels from the other end. */
enum { LEAD_CHANNEL = 0, DRUM_CHANNEL = 9, NO_LEAD = -1 };

/* Plays the first `bars` bars (fewer when the song has fewer), in a key that depends on song and style. With a program
 * of General MIDI as its lead, that one plays the melody. The accompaniment's MIDI file is kept at midi_path and used
 * when it is there. False after a message. */
bool perform(const struct song *song, const struct style *style, int bars, int lead, const char *midi_path,
             struct performance *performance);
void end_performance(struct performance *performance);

/* The melody of the song alone, played by a program of General MIDI, an octave up when `up` is 12: *count events to be
 * freed with free(). */
OtoSynthEvent *lead_of(const struct performance *performance, int program, int up, int64_t *count);
/* A song without accompaniment, in one of the keys: fills in everything but events and MIDI. */
struct performance unaccompanied(const struct song *song, int bars, double tempo, int transposition);

/* Label files beside a sound. Chords: "start end label" (Harte's notation). Beats: "time beat-of-the-bar", from 1.
 * Notes: "onset offset pitch velocity channel program", onset as it sounds. Tabs between, times in s. False after a
 * message. */
bool write_chords(const struct performance *performance, const char *path);
bool write_beats(const struct performance *performance, const char *path);
bool write_notes(const OtoSynthEvent *events, int64_t count, const char *path);

#endif
