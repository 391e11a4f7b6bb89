/* key: the keys of music, as values. */
#ifndef OTO_KEY_H
#define OTO_KEY_H

#include <stdbool.h>

#include "notes.h"

typedef struct OtoKey {
    int tonic; /* pitch class: 0 C, 1 C#/Db, ... 11 B */
    bool minor;
} OtoKey;

/* "A minor", "Eb major", "f# minor", "C" (major), "Am": the names that people and data sets write. Refuses others. */
OtoKey oto_key(const char *name);
/* Whether a text is such a name. */
bool oto_is_key(const char *name);
/* "A minor", with the tonic spelt as its key signature has it ("Eb major", "G# minor"). The text is the library's. */
const char *oto_key_name(OtoKey key);
/* Sharps (or, negative, flats) of the key signature, -5 ... 6: D major 2, F minor -4, F# major 6. */
int oto_key_fifths(OtoKey key);
/* The key of a key signature of so many sharps (negative: flats), -7 ... 7. */
OtoKey oto_key_of_fifths(int fifths, bool minor);

/* The key that notes are in: of all 24 keys the one whose profile of pitch classes (Krumhansl & Kessler 1982, turned to
 * its tonic) correlates best with how long each pitch class sounds. The algorithm of Krumhansl and Schmuckler, in
 * Krumhansl, Cognitive Foundations of Musical Pitch, 1990, chapter 4; agrees with music21's KrumhanslSchmuckler.
 * Percussion (channel 9) has no pitch and is left out. Refuses a list without pitches. */
OtoKey oto_estimate_key(OtoNotes *notes);
/* The correlations themselves: (key 24), C major ... B major, then C minor ... B minor. */
OtoTensor *oto_key_correlations(OtoNotes *notes);

#endif
