/* view: what one value looks like; each function fills a bundle. For lib/show and lib/check only. */
#ifndef OTO_VIEW_H
#define OTO_VIEW_H

#include "lib/show/bundle.h"
#include "lib/show/figure.h"
#include "lib/show/show.h"

/* (time) or (channels, time) at a sample rate. */
bool oto_view_is_sound(OtoTensor *x);

/* The player, the tracks of .with too, and the waveform unless there are tracks or picture is false. */
void oto_view_sound(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options, bool picture);
/* The player of a sound, below it the bundle's picture with a line that runs over it. picture: what it is, in a word.
 */
void oto_view_play(struct oto_bundle *bundle, OtoTensor *sound, const char *picture);
void oto_view_waveform(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);
void oto_view_curve(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);
/* (frequency or the like, time), row 0 below. */
void oto_view_spectrogram(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);
/* Row 0 above. */
void oto_view_matrix(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);

/* The elements as malloc'd floats: magnitudes of complex ones. Refuses when memory runs out. */
float *oto_view_floats(OtoTensor *x);
/* Refuses what is no list of moments, before anything is allocated; NULL is one. */
void oto_view_check_marks(OtoTensor *marks);
/* Puts options' .marks, checked, into the frame, in s; free() its marks. */
void oto_view_marks(struct oto_frame *frame, const OtoShow *options);
/* "time (s)" for an axis; free() it. */
char *oto_view_axis_label(const OtoAxis *axis);
/* Puts a figure into the bundle, or refuses with why. */
void oto_view_take_png(struct oto_bundle *bundle, unsigned char *png, size_t size, char *why);

#endif
