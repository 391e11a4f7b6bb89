/* render: a MIDI file as sound. */
#ifndef OTO_MIDI_RENDER_H
#define OTO_MIDI_RENDER_H

#include "midi.h"
#include "../tensor/tensor.h"

/* Plays a file as it is written, with its programs, controllers and pitch bends, by the soundfont named (soundfont.h):
 * (time), the mean of both sides, dry, scaled to .peak.
 *     .soundfont "any"  .sample_rate 22050  .peak 0.9
 * Where FluidSynth or the soundfont is not installed, a note on stderr says what to install, and oto_render plays the
 * notes. */
typedef struct OtoMidiRender {
    const char *soundfont;
    double sample_rate, peak;
} OtoMidiRender;
OtoTensor *oto_midi_render(OtoMidi *midi, OtoMidiRender options);
#define oto_midi_render(midi, ...)                                                                                     \
    oto_midi_render(midi,                                                                                              \
                    OTO_OPTIONS(OtoMidiRender, (.soundfont = "any", .sample_rate = 22050, .peak = 0.9), __VA_ARGS__))

/* The channel messages of the file as events for a player (not for students): *count of them, to be freed with free().
 */
struct OtoSynthEvent;
struct OtoSynthEvent *oto_midi_synth_events(const char *operation, OtoMidi *midi, int64_t *count);

#endif
