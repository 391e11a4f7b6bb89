/* sonify: labels and features made audible, to judge them by ear. Times are seconds; results are (time), sample rate
 * 22050 Hz unless given, as long as the labels or .seconds. (Clicks at onsets are oto_clicks of sound.h.) */
#ifndef OTO_SONIFY_H
#define OTO_SONIFY_H

#include "../tensor/tensor.h"

/*     .seconds 0: until the last time   .sample_rate 22050 */
typedef struct OtoSonify {
    double seconds, sample_rate;
} OtoSonify;
#define OTO_SONIFY(...) OTO_OPTIONS(OtoSonify, (.seconds = 0, .sample_rate = 22050), __VA_ARGS__)

/* A click at each beat; with places (beat), the beat's number in its bar, those of number 1 are an octave and a fifth
 * higher. places may be NULL. The clicks: a sine of 1 kHz, 0.1 s, that decays by exp(-t / 0.01 s); as
 * mir_eval.sonify.clicks 0.8, but a click goes on sounding under the next. */
OtoTensor *oto_sonify_beats(OtoTensor *times, OtoTensor *places, OtoSonify options);
#define oto_sonify_beats(times, places, ...) oto_sonify_beats(times, places, OTO_SONIFY(__VA_ARGS__))

/* A sine that follows a pitch contour: frequencies (Hz) at times, between them on straight lines; 0, negative or NaN is
 * unvoiced. The phase is the running sum, up to and with the sample itself. .seconds 0: up to the last time. As
 * mir_eval.sonify.pitch_contour 0.8, in which an unvoiced stretch holds the sine where it is. */
OtoTensor *oto_sonify_pitch(OtoTensor *times, OtoTensor *frequencies, OtoSonify options);
#define oto_sonify_pitch(times, frequencies, ...) oto_sonify_pitch(times, frequencies, OTO_SONIFY(__VA_ARGS__))

/* A sine for each row of grid (row, time), at its frequency in Hz (row), as loud as the row says from times[j] to
 * times[j + 1]; what comes after the last time is silence. Values below 0 count as 0; rows that stay below 0.01 are
 * left out; each row's loudness is smoothed over two periods. Scaled to a peak of 1. intervals: (time), or (time, 2)
 * with start and end of each column. As mir_eval.sonify.time_frequency 0.8, which rounds frequencies to 0.1 Hz. */
OtoTensor *oto_sonify_grid(OtoTensor *grid, OtoTensor *frequencies, OtoTensor *intervals, OtoSonify options);
#define oto_sonify_grid(grid, frequencies, intervals, ...)                                                             \
    oto_sonify_grid(grid, frequencies, intervals, OTO_SONIFY(__VA_ARGS__))

/* A chromagram (chroma 12, time) as Shepard tones: each pitch class in seven octaves, loudest about C5. intervals as
 * above, or NULL: where the columns of chroma's time axis lie. As mir_eval.sonify.chroma 0.8. */
OtoTensor *oto_sonify_chroma(OtoTensor *chroma, OtoTensor *intervals, OtoSonify options);
#define oto_sonify_chroma(chroma, intervals, ...) oto_sonify_chroma(chroma, intervals, OTO_SONIFY(__VA_ARGS__))

/* Chords by their labels (chord.h) as Shepard tones: count labels, intervals (count, 2) with start and end. As
 * mir_eval.sonify.chords 0.8; "X" is silent, as "N". */
OtoTensor *oto_sonify_chords(int64_t count, const char *const labels[], OtoTensor *intervals, OtoSonify options);
#define oto_sonify_chords(count, labels, intervals, ...)                                                               \
    oto_sonify_chords(count, labels, intervals, OTO_SONIFY(__VA_ARGS__))

#endif
