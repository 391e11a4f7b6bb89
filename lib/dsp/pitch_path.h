/* pitch_path: the likeliest path through pitches, voiced and unvoiced, given each frame's candidates: the hidden Markov
 * model of pYIN, by Viterbi's algorithm. Nothing here is for students. */
#ifndef OTO_PITCH_PATH_H
#define OTO_PITCH_PATH_H

#include <stdint.h>

/* What may follow what: a pitch moves by less than half of `width` bins from frame to frame, the less the likelier
 * (a triangle), and voiced frames turn unvoiced, and back, with probability switch_prob. */
struct pitch_model;
struct pitch_model *pitch_model_new(const char *operation, int bins, int width, double switch_prob);
void pitch_model_free(struct pitch_model *model);

/* A path through `frames` frames, found as they come. */
struct pitch_path;
struct pitch_path *pitch_path_new(const char *operation, const struct pitch_model *model, int64_t frames);
void pitch_path_free(struct pitch_path *path);
/* The next frame: voiced[bin] is the probability of each pitch, unvoiced that of having none, for every bin. */
void pitch_path_add(struct pitch_path *path, const double *voiced, double unvoiced);
/* When all have been added: states[t] is the bin, or bins + bin when the frame is unvoiced. */
void pitch_path_trace(const struct pitch_path *path, int *states);

#endif
