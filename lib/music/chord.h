/* chord: what a chord's label means. */
#ifndef OTO_CHORD_H
#define OTO_CHORD_H

#include <stdbool.h>

/* A chord: its root and bass as pitch classes (0 is C), and which pitch classes sound. "N" (no chord) and "X" (a chord
 * that has no label) have root and bass -1 and no notes; is_unknown tells "X". */
typedef struct OtoChord {
    int root, bass;
    bool notes[12]; /* [0] is C */
    bool is_unknown;
} OtoChord;

/* Reads a label: a root, a colon and a quality ("C", "C:maj", "Bb:min7", "F#:hdim7"), degrees in brackets that are
 * added or, with a star, left out ("D:7(b9)", "C:maj(*5)"), and the bass as a degree ("A:min/b3"). Extended chords (9,
 * 11, 13) count as their seventh chord. Refuses anything else, and shows the label. Harte, Sandler, Abdallah and Gomez,
 * "Symbolic Representation of Musical Chords", 2005; as mir_eval.chord.encode 0.8, which gives the notes relative to
 * the root. */
OtoChord oto_chord(const char *label);
/* The same, but ninths, elevenths and thirteenths, of extended chords and in brackets, are notes too, an octave lower:
 * "C:9" has a D. As mir_eval.chord.encode(..., reduce_extended_chords=True). */
OtoChord oto_chord_extended(const char *label);
/* Whether a text is such a label. */
bool oto_is_chord(const char *label);
/* The shortest label of a chord: "A:min7/b3", with degrees in brackets where no quality fits. The text is the library's
 * and stays valid until this thread has asked for four more. */
const char *oto_chord_name(OtoChord chord);

#endif
