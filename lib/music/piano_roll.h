/* piano_roll: notes as a picture that networks can learn from, and back. */
#ifndef OTO_PIANO_ROLL_H
#define OTO_PIANO_ROLL_H

#include "notes.h"

/* A piano roll (pitch 128, time): 1 (or with .velocity the velocity / 127) in the frames where a note sounds, from
 * floor(onset * .frame_rate) up to, not including, floor(end * .frame_rate), at least one frame. Of notes that overlap
 * the loudest is seen. As get_piano_roll of pretty_midi, which adds overlapping velocities, does not show notes shorter
 * than a frame, and leaves out percussion: .percussion = false does so too. */
typedef struct OtoRoll {
    double frame_rate; /* frames a second */
    bool velocity, percussion;
} OtoRoll;
OtoTensor *oto_piano_roll(OtoNotes *notes, OtoRoll options);
#define oto_piano_roll(notes, ...)                                                                                     \
    oto_piano_roll(notes, OTO_OPTIONS(OtoRoll, (.frame_rate = 100, .percussion = true), __VA_ARGS__))

/* The notes of a roll (pitch, time), as a transcriber gives it: a note lasts while its pitch is at least .threshold
 * (above 0 when that is 0), and is dropped when that is less than .shortest seconds.
 *     .onsets        NULL, or a roll of the same shape: a note begins only where this one reaches the threshold, and
 *                    another begins where it does so again (Hawthorne et al., Onsets and Frames, 2018)
 *     .velocity      true: the largest value * 127 at the note's first frame is its velocity
 *     .lowest        MIDI number of row 0; 21 for a piano's 88 keys
 *     .frame_rate    0: from the roll's time axis
 * Refuses rolls that are not (pitch, time), and NaN. */
typedef struct OtoRollNotes {
    double threshold, shortest, frame_rate;
    OtoTensor *onsets;
    bool velocity;
    int lowest;
} OtoRollNotes;
OtoNotes *oto_notes_from_roll(OtoTensor *roll, OtoRollNotes options);
#define oto_notes_from_roll(roll, ...)                                                                                 \
    oto_notes_from_roll(roll, OTO_OPTIONS(OtoRollNotes, (.threshold = 0), __VA_ARGS__))

#endif
