/* frames: a sound cut into overlapping pieces. */
#ifndef OTO_FRAMES_H
#define OTO_FRAMES_H

#include "../tensor/tensor.h"

/* What a sound is taken to be beyond its ends, where frames reach over them: 0, or mirrored at the end samples. As
 * numpy.pad. */
typedef enum OtoPad { OTO_PAD_ZEROS, OTO_PAD_REFLECT } OtoPad;

/* Overlapping pieces of a sound as rows: (time) gives (frame, sample frame_length); the tail that fills no frame is
 * left out. As librosa.util.frame with axis=0. */
OtoTensor *oto_frame(OtoTensor *audio, int frame_length, int hop_length);

#endif
