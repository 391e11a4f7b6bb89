/* soundfont: recorded instruments. A soundfont is a file that holds the sounds of General MIDI's 128 programs and its
 * percussion; FluidSynth's library plays it (oto_render and oto_midi_render with .soundfont). Neither is a part of Oto:
 * Debian has them as libfluidsynth3 and as the packages of the table in soundfont.c. */
#ifndef OTO_SOUNDFONT_H
#define OTO_SOUNDFONT_H

/* The file of a soundfont, or NULL when it is not installed. A name is "FluidR3", "MuseScore_General", "TimGM6mb", or
 * "any": the first of these that is there. A text with a "/" is a path of your own. Refuses any other name, and a path
 * where no file is. The text belongs to the library. */
const char *oto_soundfont_path(const char *name);

/* What a named soundfont, or FluidSynth itself, still needs to be installed before it plays, as one sentence; NULL when
 * nothing is missing. The text belongs to the library. */
const char *oto_soundfont_problem(const char *name);

#endif
