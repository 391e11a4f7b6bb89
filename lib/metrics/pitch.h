/* pitch: melodies and transcriptions against a reference. Agrees with mir_eval 0.8. */
#ifndef OTO_METRICS_PITCH_H
#define OTO_METRICS_PITCH_H

#include "../music/notes.h"
#include "../tensor/tensor.h"
#include "match_score.h"

/* A melody is a frequency in Hz at each of some times in s, two tensors (frame n): 0 where there is none, negative
 * where the tracker believes there is none but guesses a pitch (as mir_eval.melody, Salamon et al. 2014). The estimate
 * is brought to the reference's times by straight lines in cents, through no gap.
 *     voicing_recall        share of voiced reference frames that are called voiced
 *     voicing_false_alarm   share of unvoiced ones that are called voiced
 *     raw_pitch             share of voiced reference frames whose estimate lies within 50 cents
 *     raw_chroma            the same, octaves forgiven
 *     overall               share of all frames where both voicing and, if voiced, pitch are right */
typedef struct OtoMelodyScore {
    double voicing_recall, voicing_false_alarm, raw_pitch, raw_chroma, overall;
} OtoMelodyScore;
OtoMelodyScore oto_melody_score(OtoTensor *reference_times, OtoTensor *reference_hz, OtoTensor *estimated_times,
                                OtoTensor *estimated_hz);

/* Notes: an estimated note counts when onset and pitch, and with .offset its end too, are those of a reference note;
 * each is used once, and as many are paired as can be.
 *     .onset_tolerance 0.05 s    .pitch_tolerance 0.5 semitones    .offset true
 *     .offset_ratio 0.2   the end may be off by this share of the reference note's duration, or by
 *     .offset_tolerance 0.05 s, whichever is more
 * overlap is the mean over pairs of the time both sound, divided by the time either does. As
 * mir_eval.transcription.precision_recall_f1_overlap. */
typedef struct OtoNoteScoring {
    double onset_tolerance, pitch_tolerance, offset_ratio, offset_tolerance;
    bool offset;
} OtoNoteScoring;
typedef struct OtoNoteScore {
    double precision, recall, f, overlap;
    int64_t matched;
} OtoNoteScore;
OtoNoteScore oto_note_score(OtoNotes *reference, OtoNotes *estimated, OtoNoteScoring options);
#define oto_note_score(reference, estimated, ...)                                                                      \
    oto_note_score(reference, estimated,                                                                               \
                   OTO_OPTIONS(OtoNoteScoring,                                                                         \
                               (.onset_tolerance = 0.05, .pitch_tolerance = 0.5, .offset_ratio = 0.2,                  \
                                .offset_tolerance = 0.05, .offset = true),                                             \
                               __VA_ARGS__))

/* Frame by frame: two piano rolls (pitch, time) of one shape, a pitch sounds where the element is above 0.
 *     accuracy   hits / (hits + misses + false ones)
 *     substitution, miss, false_alarm, total   errors as shares of the reference's pitches (Poliner and Ellis 2007)
 *     chroma_precision, chroma_recall, chroma_accuracy   octaves forgiven
 * As mir_eval.multipitch.metrics for pitches on the semitone. */
typedef struct OtoMultipitchScore {
    double precision, recall, accuracy, substitution, miss, false_alarm, total;
    double chroma_precision, chroma_recall, chroma_accuracy;
} OtoMultipitchScore;
OtoMultipitchScore oto_multipitch_score(OtoTensor *reference, OtoTensor *estimated);

#endif
