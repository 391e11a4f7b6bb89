/* stft: the short-time Fourier transform and its inverse. */
#ifndef OTO_STFT_H
#define OTO_STFT_H

#include "../tensor/tensor.h"
#include "fourier.h"
#include "frames.h"
#include "window.h"

/* Spectra of overlapping windowed pieces: (time) gives complex64 (frequency 1 + n_fft / 2, time), (channels, time)
 * gives (channels, frequency, time). Frame t is centred on sample t * hop_length (.center = false: starts there).
 *     .n_fft 2048  .win_length 0: n_fft  .hop_length 0: win_length / 4  .window OTO_HANN  .center true
 *     .pad_mode OTO_PAD_ZEROS
 * As librosa.stft 0.11. */
typedef struct OtoStft {
    int n_fft, win_length, hop_length;
    OtoWindow window;
    bool center;
    OtoPad pad_mode;
} OtoStft;
OtoTensor *oto_stft(OtoTensor *audio, OtoStft options);
#define OTO_STFT(...) OTO_OPTIONS(OtoStft, (.n_fft = 2048, .center = true), __VA_ARGS__)
#define oto_stft(audio, ...) oto_stft(audio, OTO_STFT(__VA_ARGS__))
/* Back to sound by windowed overlap-add, divided by the sum of squared windows: the inverse of oto_stft to rounding,
 * where windows overlap. The tensor remembers how it was made; .length 0: as long as the sound was. As librosa.istft.
 */
OtoTensor *oto_istft(OtoTensor *S, OtoInverse options);
#define oto_istft(S, ...) oto_istft(S, OTO_OPTIONS(OtoInverse, (.length = 0), __VA_ARGS__))

#endif
