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
/* Row 0 above, but rows of frequencies, bands or pitches from below unless a matrix was asked for; a confusion matrix
 * as such. */
void oto_view_matrix(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);
void oto_view_histogram(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);
/* Whether labels are heard at any time, and what they look like; notes are a piano roll, not for this. */
bool oto_view_has_picture(const OtoLabels *labels);
void oto_view_labels(struct oto_bundle *bundle, OtoLabels *labels, const OtoShow *options);
/* Its text, and for a page its first rows as HTML. */
void oto_view_table(struct oto_bundle *bundle, OtoTable *table);

/* The elements as malloc'd floats: magnitudes of complex ones. Refuses when memory runs out. */
float *oto_view_floats(OtoTensor *x);
/* What the numbers measure, for an axis or colour bar: "dB", "amplitude", or "". */
const char *oto_view_quantity_label(OtoTensor *x);
/* Refuses .class_names that do not fit, and what is no confusion matrix but shall be shown as one. */
void oto_view_check_confusion(OtoTensor *x, const OtoShow *options);
/* Refuses .marks and .annotations that have no place on this horizontal axis, before anything is allocated. */
void oto_view_check_events(const OtoShow *options, const OtoAxis *axis);
/* Puts them, checked, into the frame, in s; the other frees them. */
void oto_view_marks(struct oto_frame *frame, const OtoShow *options);
void oto_view_marks_free(struct oto_frame *frame);
/* Chords, sections or keys as segments, one each; beats and onsets as marks. */
void oto_view_segments(const OtoLabels *labels, struct oto_segment *segments);
void oto_view_moments(const OtoLabels *labels, struct oto_mark *marks);
/* Whether the places of an axis rise, so that an image draws moments where they are. */
bool oto_view_is_in_order(const OtoAxis *axis, int64_t count);
/* "time (s)" for an axis; free() it. */
char *oto_view_axis_label(const OtoAxis *axis);
/* Puts a figure into the bundle, or refuses with why. */
void oto_view_take_png(struct oto_bundle *bundle, unsigned char *png, size_t size, char *why);

#endif
