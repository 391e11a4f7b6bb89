/* beat: where one taps along. */
#ifndef OTO_BEAT_H
#define OTO_BEAT_H

#include "../tensor/tensor.h"
#include "sync.h"

/* Beats (beat n) by dynamic programming: of all sequences of frames, the one with the largest
 *     sum of onset strength at its beats - tightness * sum of (log(interval) - log(period))^2
 * where the period is that of the tempo. x is a sound or an onset envelope (time) of one channel.
 *     .start_bpm 120   what the estimate of the tempo starts from (oto_tempo)
 *     .tightness 100   how strictly intervals keep to the period
 *     .trim true       weak beats before the first and after the last strong one are left out
 *     .bpm NULL        or the tempo: one number (oto_tensor(110)), or one a frame, for a tempo that changes
 *     .prior NULL      as oto_tempo
 *     .units OTO_UNITS_FRAMES
 *     .tempo NULL      or where the tempo in BPM is written to: .tempo = &bpm (of a changing one, the first)
 *     .hop_length left out: the envelope's, or 512   .sample_rate 0: x's, or 22050 for numbers of one's own
 * None, and tempo 0, when nothing sounds. Of two predecessors with the same score, the nearer counts. As
 * librosa.beat.beat_track 0.11 (Ellis, Journal of New Music Research 36, 2007). */
typedef struct OtoBeatTrack {
    double start_bpm, tightness;
    bool trim;
    OtoTensor *bpm;
    double (*prior)(double bpm);
    OtoUnits units;
    double *tempo;
    int hop_length;
    double sample_rate;
} OtoBeatTrack;
OtoTensor *oto_beat_track(OtoTensor *x, OtoBeatTrack options);
#define oto_beat_track(x, ...)                                                                                         \
    oto_beat_track(x, OTO_OPTIONS(OtoBeatTrack,                                                                        \
                                  (.hop_length = OTO_DEFAULT, .start_bpm = 120, .tightness = 100, .trim = true),       \
                                  __VA_ARGS__))

#endif
