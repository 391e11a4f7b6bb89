/* fluidsynth: FluidSynth's library, opened by name when it is first needed, so that Oto runs without it. Nothing here
 * is for students.
 *
 * What makes two renders the same to the bit: one thread; no reverb, chorus or dither; events take effect at the start
 * of a block of OTO_SYNTH_BLOCK samples, the nearest to their time; and a player that was just opened. One that has
 * played before has quiet voices and its controllers in their middle, but its filters may remember: last bits differ.
 */
#ifndef OTO_FLUIDSYNTH_H
#define OTO_FLUIDSYNTH_H

#include <stdbool.h>
#include <stdint.h>

enum { OTO_SYNTH_BLOCK = 64, OTO_SYNTH_STEMS = 16 };

/* A channel message of MIDI: note on and off, control change, program change, pitch bend. */
typedef struct OtoSynthEvent {
    double seconds;
    uint8_t status; /* with the channel */
    uint8_t data[2];
    float cents; /* of a note on: how much higher than its key it sounds */
} OtoSynthEvent;

typedef struct OtoFluidsynth OtoFluidsynth;

/* Whether the library can be opened. */
bool oto_fluidsynth_is_there(void);

/* A player of the soundfont at path, at a sample rate of 8,000 to 96,000 Hz. stems: each channel of MIDI comes out by
 * itself. whole: all instruments are loaded now, not each when it is first used. NULL when the library is not there, or
 * cannot read the soundfont. */
OtoFluidsynth *oto_fluidsynth_open(const char *path, double sample_rate, bool stems, bool whole);
void oto_fluidsynth_close(OtoFluidsynth *synth);

/* Takes n samples from sample `first`: left[i] and right[i] of stem i, the channel of MIDI (without stems: of i = 0,
 * all of them mixed). */
typedef void (*OtoSynthSink)(void *context, int64_t first, int n, float *const left[], float *const right[]);

/* Plays events, which are in the order of their times, and hands `samples` samples to the sink, at most OTO_SYNTH_BLOCK
 * at once. Returns false when the user interrupted it, or memory ran out. */
bool oto_fluidsynth_play(OtoFluidsynth *synth, const OtoSynthEvent *events, int64_t count, int64_t samples,
                         OtoSynthSink sink, void *context);

#endif
