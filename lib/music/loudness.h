/* loudness: how loud a programme is to the ear, in LUFS. */
#ifndef OTO_LOUDNESS_H
#define OTO_LOUDNESS_H

#include "../tensor/tensor.h"

/* Integrated loudness by ITU-R BS.1770-4, in LUFS: the sound is filtered like the ear and the head (a shelf that lifts
 * what lies above 1500 Hz by 4 dB, a high-pass at 38 Hz), and squared; blocks of 0.4 s, a quarter of it apart, have the
 * loudness -0.691 + 10 log10(sum over channels of G_c mean_c), G = 1 for left, right, centre, 1.41 for the surrounds;
 * blocks below -70 LUFS, then those more than 10 LU below the mean of the others, are left out of the mean. (time), or
 * (channels, time) with at most five; -INFINITY for silence. Refuses a sound shorter than 0.4 s, and NaN.
 * As pyloudnorm.Meter(rate).integrated_loudness 0.2, whose filters are those of the standard to 0.1 dB at every rate.
 */
double oto_loudness(OtoTensor *audio);

#endif
