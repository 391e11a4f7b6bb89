/* new_sound: what the makers of sounds in this folder share. Not for students. */
#ifndef OTO_NEW_SOUND_H
#define OTO_NEW_SOUND_H

#include "sound.h"

/* Silence (time) of so many seconds, rounded to a sample; refuses, in the operation's name, what is out of range. */
OtoTensor *oto_new_sound(const char *operation, double seconds, double sample_rate);
/* x scaled in place, so that its largest |sample| is peak. Silence stays silence. */
void oto_scale_to_peak(OtoTensor *x, double peak);
/* Amplitude of partial k = 1, 2, ... of a wave of amplitude 1: its Fourier series in sines. */
double oto_wave_partial(OtoWave wave, int k);

#endif
