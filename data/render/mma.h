/* mma: Musical MIDI Accompaniment, a program that plays chords in a style (Debian's package mma). */
#ifndef MMA_H
#define MMA_H

#include <stdbool.h>

/* Runs MMA on a song in its language and leaves the MIDI file at path, complete or not at all. The same text gives the
 * same bytes. False after a message. */
bool run_mma(const char *song, const char *path);

#endif
