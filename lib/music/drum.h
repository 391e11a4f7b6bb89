/* drum: the percussion of the library's own synthesiser, General MIDI's keys 35 (bass drum) to 81. Nothing here is for
 * students. */
#ifndef OTO_DRUM_H
#define OTO_DRUM_H

#include <stdint.h>

/* Adds n samples of the drum on a key, at amplitude 1, to wave. */
void oto_add_drum(float *wave, int64_t n, double sample_rate, int key);
/* Seconds after which it has died away. */
double oto_drum_seconds(int key);

#endif
