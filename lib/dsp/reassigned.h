/* reassigned: a spectrogram whose energy is moved to where it came from. */
#ifndef OTO_REASSIGNED_H
#define OTO_REASSIGNED_H

#include "stft.h"

/* For each bin of an STFT with window h: its magnitude, and the frequency and time of what it holds,
 *     frequency = f[k] - sample_rate / (2 pi) Im(S_dh / S_h)      time = t + Re(S_th / S_h) / sample_rate
 * with STFTs of the window's derivative dh and of the window times time, th. All three are (frequency, time), or with
 * channels in front.
 *     .reassign_frequencies, .reassign_times  true; false: where the bin lies (one of both must be true)
 *     .ref_power  1e-6: bins with less power get NaN for both
 *     .fill_nan   false; true: where the bin lies, instead of NaN
 *     .clip       true: frequencies stay within 0 ... sample_rate / 2, times within the sound
 * As librosa.reassigned_spectrogram 0.11 (Flandrin, Auger, Chassande-Mottin 2002, eqs. 5.20 and 5.23). */
typedef struct OtoReassign {
    OTO_STFT_FIELDS;
    bool reassign_frequencies, reassign_times, fill_nan, clip;
    double ref_power;
} OtoReassign;
typedef struct OtoReassigned {
    OtoTensor *frequencies, *times, *magnitudes; /* Hz, s, amplitude */
} OtoReassigned;
OtoReassigned oto_reassigned_spectrogram(OtoTensor *audio, OtoReassign options);
#define oto_reassigned_spectrogram(audio, ...)                                                                         \
    oto_reassigned_spectrogram(audio, OTO_OPTIONS(OtoReassign,                                                         \
                                                  (OTO_STFT_DEFAULTS, .reassign_frequencies = true,                    \
                                                   .reassign_times = true, .clip = true, .ref_power = 1e-6),           \
                                                  __VA_ARGS__))

#endif
