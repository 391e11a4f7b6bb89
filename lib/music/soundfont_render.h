/* soundfont_render: notes and events, played by FluidSynth, as a sound. Nothing here is for students. */
#ifndef OTO_SOUNDFONT_RENDER_H
#define OTO_SOUNDFONT_RENDER_H

#include "fluidsynth.h"
#include "notes.h"

/* The file of the soundfont that `soundfont` names, when it can be played; otherwise NULL, after a note on stderr that
 * says what to install and that the simple synthesiser plays instead. NULL for NULL, without a note. */
const char *oto_soundfont_to_play(const char *operation, const char *soundfont);

/* The events of a note list, in the order of their times: *count of them, to be freed with free(). A note that is
 * struck again while it sounds ends there, so that its own end does not cut the second one short. Refuses, in the
 * operation's name, a channel or program outside General MIDI's. */
OtoSynthEvent *oto_synth_events(const char *operation, OtoNotes *notes, int64_t *count);

/* Plays events for so many seconds: the mean of both sides (time), scaled to the peak. Takes the events and frees them.
 */
OtoTensor *oto_render_events(const char *operation, const char *path, OtoSynthEvent *events, int64_t count,
                             double seconds, double sample_rate, double peak);

#endif
