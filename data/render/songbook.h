/* songbook: chords, and some melodies, that are in the public domain or too short and common to be anybody's. */
#ifndef SONGBOOK_H
#define SONGBOOK_H

#include "studio.h"

/* All in 4/4. A bar of chords holds one, two or four, evenly; bars are separated by "|". A melody is words: a note's
 * name and, behind ":", its beats (1 when left out); "r" is a rest; "|" is only for the eye. */
struct song {
    const char *name, *title;
    enum soundfont soundfont; /* whose split the song is in */
    double pace;              /* times the style's tempo */
    const char *chords, *melody;
};
enum { SONGS = 20, BEATS_PER_BAR = 4 };
extern const struct song songbook[SONGS];

/* Bars of a song; at most MAX_BARS. */
enum { MAX_BARS = 16, MAX_CHORDS = MAX_BARS * BEATS_PER_BAR };
int bars_of(const struct song *song);

struct chord {
    double beat, beats;
    char name[8]; /* as MMA writes it: "Am7" */
};
/* The chords of the first `bars` bars; returns how many. */
int chords_of(const struct song *song, int bars, struct chord chords[MAX_CHORDS]);
/* The chord moved by semitones, in the notation of Harte: "A:min7". free() it. */
char *harte_of(const char *name, int semitones);

struct melody_note {
    double beat, beats;
    int pitch;
};
enum { MAX_MELODY = 256 };
/* The melody's notes within the first `bars` bars; returns how many, 0 without a melody. */
int melody_of(const struct song *song, int bars, struct melody_note notes[MAX_MELODY]);

#endif
