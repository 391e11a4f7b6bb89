/* notes: a list of notes, and the library's own synthesiser that plays it. */
#ifndef OTO_NOTES_H
#define OTO_NOTES_H

#include "../tensor/tensor.h"
#include "sound.h"

typedef struct OtoNote {
    double onset;    /* s */
    double duration; /* s */
    double pitch;    /* MIDI number; fractions are cents */
    double velocity; /* 1 ... 127; 0 (left out) counts as 80 */
    int channel;     /* of MIDI, 0 ... 15; 9 is percussion */
    int program;     /* of MIDI, 0 ... 127: the instrument */
    int track;       /* of the MIDI file, from 0 */
    int bank;        /* of MIDI, 0 ... 16383: another 128 instruments */
} OtoNote;

typedef struct OtoNotes {
    int64_t count;
    OtoNote *notes; /* by onset, then pitch */
    char *origin;   /* "tune.mid", or NULL */
} OtoNotes;

/* A list of notes: oto_notes({0, 0.5, 60}, {0.5, 0.5, 62}), or from a C array. Sorted by onset. Refuses a negative
 * onset or duration, a pitch outside 0 ... 127, a velocity outside 0 ... 127. */
#define oto_notes(...)                                                                                                 \
    oto_notes_from((OtoNote[]){__VA_ARGS__}, (int64_t)(sizeof((OtoNote[]){__VA_ARGS__}) / sizeof(OtoNote)))
OtoNotes *oto_notes_from(const OtoNote *notes, int64_t count);
/* Seconds until the last note has ended. */
double oto_notes_seconds(OtoNotes *notes);
/* All notes moved by so many semitones; refuses when one leaves 0 ... 127. */
OtoNotes *oto_transpose_notes(OtoNotes *notes, double semitones);
/* (note, field 7): onset s, duration s, pitch, velocity, channel, program, track; and back, from the first 3 to 7 of
 * these fields. Refuses what oto_notes refuses. */
OtoTensor *oto_notes_tensor(OtoNotes *notes);
OtoNotes *oto_notes_from_tensor(OtoTensor *x);

/* Plays the notes with the library's own synthesiser: each is a sum of partials k = 1 ... .partials below half the
 * sample rate with amplitudes of the wave (saw 1/k, square 1/k for odd k, triangle 1/k^2 for odd k, sine 1), shaped by
 * an envelope whose release comes after the note's end; loudness is (velocity / 127)^2. Channel 9 (percussion) becomes
 * drums and cymbals made of a falling sine and noise. The sum is scaled to .peak: (time).
 *     .wave OTO_SAW  .partials 12  .attack 0.005  .decay 0.3  .sustain 0.4  .release 0.15  .peak 0.9
 *     .sample_rate 22050
 *     .soundfont   "any", "MuseScore_General", "FluidR3", "TimGM6mb" or a path (soundfont.h): recorded instruments,
 *                  each note's .program of General MIDI, played dry through FluidSynth; .wave to .release then say
 *                  nothing. Onsets lie on a grid of 64 / 44100 s. Where it is not installed, a note on stderr says
 *                  what to install, and the library's own synthesiser plays. NULL (left out): always that one. */
typedef struct OtoRender {
    OtoWave wave;
    int partials;
    double attack, decay, sustain, release, peak, sample_rate;
    const char *soundfont;
} OtoRender;
OtoTensor *oto_render(OtoNotes *notes, OtoRender options);
#define oto_render(notes, ...)                                                                                         \
    oto_render(notes, OTO_OPTIONS(OtoRender,                                                                           \
                                  (.wave = OTO_SAW, .partials = 12, .attack = 0.005, .decay = 0.3, .sustain = 0.4,     \
                                   .release = 0.15, .peak = 0.9, .sample_rate = 22050),                                \
                                  __VA_ARGS__))

/* "12 notes, 0 to 6.2 s, C4 to G5, from tune.mid"; free() it. */
char *oto_notes_describe(OtoNotes *notes);
/* The line above and a table of the first notes; free() it. */
char *oto_notes_text(OtoNotes *notes);
void oto_notes_print(OtoNotes *notes);

#endif
