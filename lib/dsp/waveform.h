/* waveform: what can be said of the frames of a sound without its spectrum. */
#ifndef OTO_WAVEFORM_H
#define OTO_WAVEFORM_H

#include "frames.h"

/* Root of the mean square of each frame: (time), or (channels, time). x is a sound, or a spectrogram of magnitudes with
 * frame_length / 2 + 1 frequencies (Parseval: sqrt(2 sum S^2 / frame_length^2), the ends counted half).
 *     .frame_length 2048   .hop_length 512
 *     .center true: frame t is centred on sample t * hop_length, .pad_mode OTO_PAD_ZEROS is what lies beyond the ends
 * As librosa.feature.rms 0.11. The RMS of a whole sound is oto_rms. */
typedef struct OtoFrameRms {
    int frame_length, hop_length;
    bool center;
    OtoPad pad_mode;
} OtoFrameRms;
OtoTensor *oto_frame_rms(OtoTensor *x, OtoFrameRms options);
#define oto_frame_rms(x, ...)                                                                                          \
    oto_frame_rms(x, OTO_OPTIONS(OtoFrameRms, (.frame_length = 2048, .hop_length = 512, .center = true), __VA_ARGS__))

/* 1 at each sample whose sign differs from that of the sample before, else 0: int64, of the sound's shape.
 *     .threshold 1e-10: what is not larger counts as 0
 *     .zero_pos true: 0 counts as positive; false: as a sign of its own
 *     .pad true: the first sample counts as a crossing
 * As librosa.zero_crossings 0.11. */
typedef struct OtoZeroCrossings {
    double threshold;
    bool zero_pos, pad;
} OtoZeroCrossings;
OtoTensor *oto_zero_crossings(OtoTensor *x, OtoZeroCrossings options);
#define oto_zero_crossings(x, ...)                                                                                     \
    oto_zero_crossings(                                                                                                \
        x, OTO_OPTIONS(OtoZeroCrossings, (.threshold = 1e-10, .zero_pos = true, .pad = true), __VA_ARGS__))

/* The fraction of each frame's samples that are crossings: (time). Beyond its ends a sound goes on as its end sample.
 * As librosa.feature.zero_crossing_rate 0.11. */
typedef struct OtoZeroCrossingRate {
    int frame_length, hop_length;
    bool center;
    double threshold;
    bool zero_pos, pad;
} OtoZeroCrossingRate;
OtoTensor *oto_zero_crossing_rate(OtoTensor *audio, OtoZeroCrossingRate options);
#define oto_zero_crossing_rate(audio, ...)                                                                             \
    oto_zero_crossing_rate(audio, OTO_OPTIONS(OtoZeroCrossingRate,                                                     \
                                              (.frame_length = 2048, .hop_length = 512, .center = true,                \
                                               .threshold = 1e-10, .zero_pos = true),                                  \
                                              __VA_ARGS__))

#endif
