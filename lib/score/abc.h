/* abc: the state in which an ABC tune is read. Not for students.
 *
 * ABC 2.1 (the standard of December 2011). Not played: macros, and user-defined symbols. Own code, because the tools
 * there are (abc2midi) perform a tune instead of reading it: chords are rolled, notes begin late, chord symbols get an
 * accompaniment, and spelling and bars are lost. */
#ifndef OTO_ABC_H
#define OTO_ABC_H

#include "sheet.h"

enum { OTO_ABC_TIES_MAX = 16, OTO_ABC_LETTERS = 7 };

/* A note whose tie waits for the next note of its voice. */
struct oto_abc_tie {
    char step;
    int octave, alter;
};

struct oto_abc_voice {
    char *id; /* of the sheet's part */
    int part;
    int64_t measure;                  /* that is being filled */
    double cursor, furthest;          /* quarters from its beginning */
    double unit;                      /* quarters of a note without a length */
    int numerator, denominator;       /* of its meter */
    int signature[OTO_ABC_LETTERS];   /* sharps of each letter, from A, by the key */
    int accidentals[OTO_ABC_LETTERS]; /* in this bar */
    bool has_accidental[OTO_ABC_LETTERS];
    int semitones;    /* from written to sounding: transpose=, octave=, clefs with 8 */
    int tuplet_notes; /* how many are still to come */
    double tuplet_factor;
    double broken_factor;             /* of the next note, after > or < */
    int64_t event_first, event_end;   /* the notes of the last note or chord in the sheet */
    double event_start, event_length; /* and where it lies; length 0: there is none yet */
    struct oto_abc_tie ties[OTO_ABC_TIES_MAX];
    int tie_count;
    bool in_volta;
};

struct oto_abc {
    const char *name; /* of the file */
    struct oto_sheet *sheet;
    const char *line; /* being read, up to its end */
    const char *end, *at;
    int64_t line_number;
    bool in_body;
    int voice_count, now; /* index of the voice that is read */
    struct oto_abc_voice *voices;
    struct oto_abc_voice header; /* what a new voice begins with */
    bool has_unit, has_key;
};

/* Refuses with the line and column of `at`. */
__attribute__((noreturn, format(printf, 3, 4))) void oto_abc_refuse(const struct oto_abc *abc, const char *at,
                                                                    const char *format, ...);
/* The voice that is read; the first is made when music comes without one. */
struct oto_abc_voice *oto_abc_voice(struct oto_abc *abc);
/* A field such as M:3/4: its letter, and its text up to end. */
void oto_abc_field(struct oto_abc *abc, char letter, const char *text, const char *end);
/* An instruction such as %%MIDI program 40, behind its %%. */
void oto_abc_instruction(struct oto_abc *abc, const char *text, const char *end);
/* P: in the header, the order in which parts are played; in the tune, the part that begins here. */
void oto_abc_part(struct oto_abc *abc, const char *text, const char *end);
/* A line of music. */
void oto_abc_music(struct oto_abc *abc);
/* Ends the measure that is being filled, at a bar line. */
void oto_abc_end_measure(struct oto_abc *abc, struct oto_abc_voice *voice);

#endif
