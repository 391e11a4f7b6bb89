/* harmony: chords and keys against a reference. Agrees with mir_eval 0.8. */
#ifndef OTO_HARMONY_H
#define OTO_HARMONY_H

#include "../labels/labels.h"
#include "../music/key.h"

/* How well chords are recognised: each number the share of the time, 0 to 1, in which the estimate is right by a rule
 * that is more or less strict. Where a rule has nothing to say about the reference's chord, the time is left out; where
 * it never has, the number is 0.
 *     root                root; as all others, "N" is right for "N", and a reference "X" is left out
 *     thirds              root, and whether there is a minor third
 *     triads              root, and all notes up to the augmented fifth
 *     tetrads             root, and all notes
 *     majmin, sevenths    triads, where the reference is major or minor or "N"; tetrads, where it is maj, min, maj7,
 *                         7, min7 or "N"
 *     ..._inv             the same, and the bass
 *     mirex               at least three notes in common; references of one or two notes are left out
 * Notes are counted within an octave: a ninth does not count. And without regard to labels, merging neighbours that are
 * the same chord (there a ninth counts):
 *     overseg             1 - the share of the time that lies, in each reference chord, outside its longest piece when
 *                         it is cut at the estimate's changes: low when there are too many
 *     underseg            the same with the two exchanged: low when there are too few
 *     seg                 the lesser of both
 * Chords: oto_labels(OTO_CHORDS, ...). The estimate is cut or filled up with "N" to the reference's span; a gap within
 * belongs to the chord before it. All 0 when the reference is empty. Refuses chords that overlap. As
 * mir_eval.chord.evaluate (Pauwels and Peeters 2013; Harte, Towards Automatic Extraction of Harmony Information, 2010).
 */
typedef struct OtoChordScore {
    double root, mirex;
    double thirds, thirds_inv, triads, triads_inv, tetrads, tetrads_inv;
    double majmin, majmin_inv, sevenths, sevenths_inv;
    double underseg, overseg, seg;
} OtoChordScore;
OtoChordScore oto_chord_score(OtoLabels *reference, OtoLabels *estimated);

/* 1 for the key itself, 0.5 for the one a fifth above, 0.3 for its relative key (A minor and C major), 0.2 for the same
 * tonic in the other mode, 0 for the rest. As mir_eval.key.weighted_score (the measure of MIREX). */
double oto_key_score(OtoKey reference, OtoKey estimated);

#endif
