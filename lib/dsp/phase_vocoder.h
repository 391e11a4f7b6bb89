/* phase_vocoder: a sound at another speed, or another pitch. */
#ifndef OTO_PHASE_VOCODER_H
#define OTO_PHASE_VOCODER_H

#include "../tensor/tensor.h"
#include "stft.h"

/* An STFT that goes by `rate` times as fast: frame t has the magnitudes between frames floor(t rate) and the next, and
 * phases that go on from frame to frame by as much as they went on there. D is what oto_stft gave, complex64
 * (frequency, time) or (channels, frequency, time); oto_istft of the result is the sound at that speed, at its pitch.
 * rate > 1 is faster. As librosa.phase_vocoder 0.11, but phases are added up in double: librosa's, in float32, are off
 * by more and more, about 0.01 rad after a few seconds (Flanagan and Golden 1966; Ellis 2002). */
OtoTensor *oto_phase_vocoder(OtoTensor *D, double rate);

/* A sound at `rate` times its speed, at the same pitch: round(samples / rate) samples; options of oto_stft. As
 * librosa.effects.time_stretch 0.11. */
OtoTensor *oto_time_stretch(OtoTensor *audio, double rate, OtoStft options);
#define oto_time_stretch(audio, rate, ...) oto_time_stretch(audio, rate, OTO_STFT(__VA_ARGS__))

/* A sound n_steps higher (negative: lower), at the same speed and length: stretched, then resampled.
 *     .bins_per_octave 12: a step is a semitone; and the options of oto_stft
 * As librosa.effects.pitch_shift 0.11. */
typedef struct OtoPitchShift {
    int bins_per_octave;
    OTO_STFT_FIELDS;
} OtoPitchShift;
OtoTensor *oto_pitch_shift(OtoTensor *audio, double n_steps, OtoPitchShift options);
#define oto_pitch_shift(audio, n_steps, ...)                                                                           \
    oto_pitch_shift(audio, n_steps, OTO_OPTIONS(OtoPitchShift, (.bins_per_octave = 12, OTO_STFT_DEFAULTS), __VA_ARGS__))

#endif
