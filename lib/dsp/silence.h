/* silence: where a sound is loud enough to be kept. */
#ifndef OTO_SILENCE_H
#define OTO_SILENCE_H

#include "../tensor/tensor.h"
#include "decibel.h"

/* The sound between its first and last frame that is louder than top_db below the loudest one (or below .ref, an
 * amplitude); in all channels together: a frame counts when any channel is loud. Its time axis says where it began.
 *     .top_db 60   .ref OTO_MAX   .frame_length 2048   .hop_length 512
 * The length is 0 where nothing is louder. As librosa.effects.trim 0.11. */
typedef struct OtoSilence {
    double top_db, ref;
    int frame_length, hop_length;
} OtoSilence;
#define OTO_SILENCE(...)                                                                                               \
    OTO_OPTIONS(OtoSilence, (.top_db = 60, .ref = OTO_MAX, .frame_length = 2048, .hop_length = 512), __VA_ARGS__)
OtoTensor *oto_trim(OtoTensor *audio, OtoSilence options);
#define oto_trim(audio, ...) oto_trim(audio, OTO_SILENCE(__VA_ARGS__))
/* Where a sound is not silent, in samples: int64 (interval, 2), from and to (not included). As librosa.effects.split.
 */
OtoTensor *oto_split(OtoTensor *audio, OtoSilence options);
#define oto_split(audio, ...) oto_split(audio, OTO_SILENCE(__VA_ARGS__))

#endif
