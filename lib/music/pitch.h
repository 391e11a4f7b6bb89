/* pitch: note names, MIDI numbers and Hz. A4 is MIDI number 69; middle C is C4, number 60; a semitone is 1. */
#ifndef OTO_PITCH_H
#define OTO_PITCH_H

#include <stdbool.h>

/* 440 * 2^((midi - 69) / 12) Hz; fractions are cents. */
double oto_midi_to_hz(double midi);
/* 69 + 12 log2(hz / 440). Refuses hz <= 0. */
double oto_hz_to_midi(double hz);
/* "A4" 69, "C#4" 61, "Db-1" 1, "F##3", "Bb": a letter, any number of # and b, an octave (left out: 4), and cents, as in
 * "A4+20". Refuses anything else, and shows the text. */
double oto_note_to_midi(const char *name);
/* Whether a text is such a name. */
bool oto_is_note(const char *name);
double oto_note_to_hz(const char *name);
/* 61 gives "C#4"; rounded to the nearest semitone. The text belongs to the library and stays valid. */
const char *oto_midi_to_note(double midi);
const char *oto_hz_to_note(double hz);
/* Another tuning for the four functions with Hz: the frequency of A4 (440 at the start). Returns the one before. */
double oto_set_tuning(double a4);

#endif
