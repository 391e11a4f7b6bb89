/* stft: the short-time Fourier transform and its inverse. */
#ifndef OTO_STFT_H
#define OTO_STFT_H

#include "../tensor/tensor.h"
#include "fourier.h"
#include "frames.h"
#include "window.h"

/* How a sound is cut into windowed frames; every function that begins with an STFT has these options.
 *     .n_fft        2048: samples a frame, 1 ... 2^24
 *     .hop_length   samples from frame to frame (left out: win_length / 4)
 *     .win_length   0: n_fft; a shorter window has zeros on both sides
 *     .window       OTO_HANN; .window_parameter where a kind has one (window.h)
 *     .center       true: frame t is centred on sample t * hop_length, and the sound is continued beyond its ends;
 *                   false: frame t starts there
 *     .pad_mode     OTO_PAD_ZEROS: what it is continued with (not OTO_PAD_WRAP) */
#define OTO_STFT_FIELDS                                                                                                \
    int n_fft, win_length, hop_length;                                                                                 \
    OtoWindow window;                                                                                                  \
    double window_parameter;                                                                                           \
    bool center;                                                                                                       \
    OtoPad pad_mode

/* Spectra of overlapping windowed pieces, S[k, t] = sum over n of window[n] x[t * hop_length + n] exp(-2 pi i k n /
 * n_fft): (time) gives complex64 (frequency 1 + n_fft / 2, time), (channels, time) gives (channels, frequency, time).
 * Refuses a sound shorter than n_fft that is not centred. As librosa.stft 0.11. Differentiable, again too: the gradient
 * goes back through the same windows by inverse transforms (complex numbers: complex.h); as that of torch.stft. */
typedef struct OtoStft {
    OTO_STFT_FIELDS;
} OtoStft;
OtoTensor *oto_stft(OtoTensor *audio, OtoStft options);
#define OTO_STFT_DEFAULTS                                                                                              \
    .n_fft = 2048, .hop_length = OTO_DEFAULT, .center = true, .window_parameter = OTO_WINDOW_DEFAULT
#define OTO_STFT(...) OTO_OPTIONS(OtoStft, (OTO_STFT_DEFAULTS), __VA_ARGS__)
#define oto_stft(audio, ...) oto_stft(audio, OTO_STFT(__VA_ARGS__))
/* The fields above out of a larger structure. */
#define OTO_STFT_OF(options)                                                                                           \
    ((OtoStft){.n_fft = (options).n_fft,                                                                               \
               .win_length = (options).win_length,                                                                     \
               .hop_length = (options).hop_length,                                                                     \
               .window = (options).window,                                                                             \
               .window_parameter = (options).window_parameter,                                                         \
               .center = (options).center,                                                                             \
               .pad_mode = (options).pad_mode})

/* Back to sound by windowed overlap-add, divided by the sum of squared windows: the inverse of oto_stft to rounding,
 * where windows overlap. The tensor remembers how it was made; .length 0: as long as the sound was. Differentiable,
 * again too. As librosa.istft. */
OtoTensor *oto_istft(OtoTensor *S, OtoInverse options);
#define oto_istft(S, ...) oto_istft(S, OTO_OPTIONS(OtoInverse, (.length = 0), __VA_ARGS__))

#endif
