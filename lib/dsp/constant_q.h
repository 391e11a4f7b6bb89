/* constant_q: spectra whose bins lie a musical interval apart, as the keys of a piano do. */
#ifndef OTO_CONSTANT_Q_H
#define OTO_CONSTANT_Q_H

#include "../tensor/tensor.h"
#include "frames.h"
#include "tuning.h"
#include "window.h"

/* The constant-Q transform: C[k, t] = sum over n of x[n + t hop] conj(w_k[n] exp(2 pi i f_k n / sr)), where bin k lies
 * at f_k = fmin 2^(k / bins_per_octave) and its window w_k is Q sr / f_k samples long: low notes are looked at for
 * longer, so that a semitone is resolved everywhere. (time) gives complex64 (frequency n_bins, time), frequency in Hz;
 * (channels, time) gives (channels, frequency, time). Frame t is centred on sample t * hop_length.
 *     .hop_length 512  .fmin 0: C1, 32.703 Hz  .n_bins 84  .bins_per_octave 12
 *     .tuning 0: bins by which all frequencies are shifted; OTO_ESTIMATE: as the sound is tuned
 *     .filter_scale 1: lengths of the windows  .norm 1: each filter has this norm (INFINITY: maximum; 0: none)
 *     .sparsity 0.01: share of each filter's spectrum that is left out  .window OTO_HANN
 *     .scale true: divided by the root of the window's length  .pad_mode OTO_PAD_ZEROS
 * Refuses bins that reach above half the sample rate. As librosa.cqt 0.11: the octaves are taken one after the other,
 * from the top, the sound being halved in rate in between (Brown and Puckette 1992; Schoerkhuber and Klapuri 2010). */
typedef struct OtoCqt {
    int hop_length;
    double fmin;
    int n_bins;
    double gamma;
    int bins_per_octave;
    double tuning, filter_scale, norm, sparsity;
    OtoWindow window;
    double window_parameter;
    bool scale;
    OtoPad pad_mode;
} OtoCqt;
OtoTensor *oto_cqt(OtoTensor *audio, OtoCqt options);
#define OTO_CQT(bandwidth, ...)                                                                                        \
    OTO_OPTIONS(OtoCqt,                                                                                                \
                (.hop_length = 512, .n_bins = 84, .gamma = (bandwidth), .bins_per_octave = 12, .filter_scale = 1,      \
                 .norm = 1, .sparsity = 0.01, .window_parameter = OTO_WINDOW_DEFAULT, .scale = true),                  \
                __VA_ARGS__)
#define oto_cqt(audio, ...) oto_cqt(audio, OTO_CQT(0, __VA_ARGS__))

/* The variable-Q transform: windows Q sr / (f_k + gamma / alpha) long, so that low notes are looked at less long than
 * by oto_cqt (alpha: bandwidth by frequency; Q = filter_scale / alpha).
 *     .gamma OTO_ERB: as the ear's bandwidths, 24.7 / 0.108 alpha; 0 is the constant-Q transform; in Hz
 * Everything else as oto_cqt. As librosa.vqt 0.11. */
#define OTO_ERB (-1.0)
OtoTensor *oto_vqt(OtoTensor *audio, OtoCqt options);
#define oto_vqt(audio, ...) oto_vqt(audio, OTO_CQT(OTO_ERB, __VA_ARGS__))

/* Back to sound, approximately: the bins' filters, turned round in time, are added up again. C is what oto_cqt gave; it
 * remembers its bins and hops, but .filter_scale, .norm, .sparsity, .window, .scale must be given again where they
 * were.
 *     .length 0: as long as the sound was
 * (time) or (channels, time). Closest to the sound with a hop_length of at most the shortest window. As librosa.icqt
 * 0.11. */
typedef struct OtoInverseCqt {
    double filter_scale, norm, sparsity;
    OtoWindow window;
    double window_parameter;
    bool scale;
    int64_t length;
} OtoInverseCqt;
OtoTensor *oto_icqt(OtoTensor *C, OtoInverseCqt options);
#define oto_icqt(C, ...)                                                                                               \
    oto_icqt(C, OTO_OPTIONS(OtoInverseCqt,                                                                             \
                            (.filter_scale = 1, .norm = 1, .sparsity = 0.01, .window_parameter = OTO_WINDOW_DEFAULT,   \
                             .scale = true),                                                                           \
                            __VA_ARGS__))

/* The harmonic constant-Q transform, the input of networks that look for pitches: magnitudes of one oto_cqt for each of
 * the harmonics h, whose fmin is h times as high, so that a note's partials lie at one place, one above the other:
 * float32 (harmonic, frequency, time). harmonics holds n numbers, as oto_tensor(0.5, 1, 2, 3, 4, 5); audio is (time).
 * Other options as oto_cqt. As a stack of librosa.cqt; Bittner et al., "Deep Salience Representations", ISMIR 2017. */
OtoTensor *oto_hcqt(OtoTensor *audio, OtoTensor *harmonics, OtoCqt options);
#define oto_hcqt(audio, harmonics, ...) oto_hcqt(audio, harmonics, OTO_CQT(0, __VA_ARGS__))

#endif
