/* studio: where events of MIDI become sound files. One studio a process; a file it writes holds the same samples
 * whatever was recorded before it. */
#ifndef STUDIO_H
#define STUDIO_H

#include "lib/music/fluidsynth.h"

#include <stdbool.h>
#include <stdint.h>

enum { SAMPLE_RATE = 22050, STEMS = OTO_SYNTH_STEMS };

/* The split of the course: each soundfont has its part in it. */
enum soundfont { MUSESCORE, FLUIDR3, TIMGM, SOUNDFONTS };
extern const char *const soundfont_names[SOUNDFONTS];  /* as in oto_soundfont_path, and of folders */
extern const char *const soundfont_splits[SOUNDFONTS]; /* "train", "valid", "test" */

struct recording {
    int64_t length;            /* samples at SAMPLE_RATE */
    float *mix, *stems[STEMS]; /* by the channel of MIDI; NULL unless asked for */
};

/* Opens the soundfonts that are installed, once. To be called before processes are forked that record: it takes a
 * while, and what a player plays first is always the same to the bit, but what it plays later need not be. */
void open_players(void);

/* Plays events (in the order of their times) for so many seconds, both sides mixed to one. Ends the program with a
 * message when the soundfont is not installed. */
struct recording record(enum soundfont soundfont, const OtoSynthEvent *events, int64_t count, double seconds,
                        bool with_stems);
void forget(struct recording *recording);

/* When an event for that time really sounds: on the grid that the player works on. In seconds. */
double on_grid(double seconds);

/* Multiplies x so that its largest |sample| is peak; returns the factor (1 for silence). */
float scale_to_peak(float *x, int64_t n, double peak);

/* 16 bit, one channel, FLAC; complete or not at all. Returns false after a message. */
bool write_flac(const char *path, const int16_t *samples, int64_t n);
bool write_sound(const char *path, const float *x, int64_t n);
void to_sixteen_bits(int16_t *to, const float *x, int64_t n);

#endif
