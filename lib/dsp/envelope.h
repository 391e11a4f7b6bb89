/* envelope: what the rhythm functions take: a sound, or its onset strength. Nothing here is for students. */
#ifndef OTO_ENVELOPE_H
#define OTO_ENVELOPE_H

#include "../tensor/tensor.h"
#include "finite.h"
#include "sync.h"

/* Whether x is a sound: (time) or (channels, time), one step of the time axis a sample. */
bool oto_is_sound(OtoTensor *x);

/* Refuses when x has a NaN, and says where the first one is; infinite values are fine (see finite.h). */
void oto_need_no_nan(const char *operation, const char *argument, OtoTensor *x);

/* An onset envelope and its frame rate. */
struct oto_envelope {
    OtoTensor *tensor; /* (time) or (channels, time), finite, at least one frame */
    double sample_rate;
    int hop_length;
    double frame_rate; /* Hz */
};

/* The envelope that x is (one of oto_onset_strength, or numbers of one's own) or, for a sound, leads to: its onset
 * strength aggregated as said, made in the scope of the caller. hop_length OTO_DEFAULT: x's own, or 512; the sample
 * rate of numbers of one's own is sample_rate (0: 22050). */
struct oto_envelope oto_envelope_of(const char *operation, OtoTensor *x, double sample_rate, int hop_length,
                                    OtoAggregate aggregate);

/* Refuses unless the envelope has one channel. */
void oto_need_mono_envelope(const char *operation, const struct oto_envelope *envelope);

/* A result over the frames of an envelope gets its time axis, sample rate and hop. */
void oto_envelope_time_axis(OtoTensor *result, int axis, const struct oto_envelope *envelope);

/* Frame numbers as a new tensor (name n) in the unit asked for: int64 frames or samples, or float32 seconds. */
OtoTensor *oto_events_of(const char *name, const int64_t *frames, int64_t count, const struct oto_envelope *envelope,
                         OtoUnits units);
void oto_check_units(const char *operation, OtoUnits units);

/* The whole numbers of a tensor (n), int64 or float32: *count of them, allocated; free() them. Refuses others, negative
 * ones too. */
int64_t *oto_indices_of(const char *operation, const char *argument, OtoTensor *x, int64_t *count);

#endif
