/* truth: the files with what is really there (labels, onsets, chords ...), which checks name by .truth. They lie beside
 * the solution, in NN_topic.truth/, and never enter a sandbox.
 *
 *     drum_loop.txt   numbers, a row a line, parted by blanks or commas, # before comments
 *     drum_loop.json  an array of numbers, or of rows
 *     song.lab        chords: start, end, chord, a line each
 *     stems.flac      a sound, or .wav: a channel each source, as long and of the sample rate as the solution's
 *
 * Onsets and beats: the first column, s. Notes: onset s, duration s, MIDI number. Melodies: s, Hz. Predictions: a
 * class, or a 0 or 1 for each score, a line each example. Sources: a sound, or a line each channel. */
#ifndef GRADER_TRUTH_H
#define GRADER_TRUTH_H

#include "autograder/observed.h"

/* The folder of a notebook's truths, malloc'd, whether it is there or not. */
char *truth_folder(const char *notebook_path);
/* Whether a folder of that name holds truths: nobody else's business. */
bool is_truth_folder(const char *name);
/* Puts the truth in the place of what the solution observed, in every observation that names one. False with a malloc'd
 * *error that names the check and the file. */
bool truth_put(struct observed *observed, const char *notebook_path, char **error);

#endif
