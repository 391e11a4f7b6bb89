/* tempogram_frames: the windowed pieces of an onset envelope, one around each frame, and their transforms. Nothing here
 * is for students. */
#ifndef OTO_TEMPOGRAM_FRAMES_H
#define OTO_TEMPOGRAM_FRAMES_H

#include "envelope.h"
#include "transform.h"
#include "window.h"

/* Frames are taken by oto_parallel in pieces of `grain`; each piece has its own scratch, so that bodies allocate
 * nothing. */
struct oto_tempogram_frames {
    int win_length, n_fft, bins; /* bins: room for n_fft / 2 + 1 */
    int64_t frames, grain;
    float *padded, *window;
    float *scratch;
    int64_t scratch_size; /* of one piece */
    const OtoPlan *forward, *backward;
};

/* Refuses a window that cannot be, in the operation's name. norm 0 when there is none. */
void oto_tempogram_check(const char *operation, OtoTensor *envelope, int64_t win_length, bool center, double norm);

/* From count values; give back with oto_tempogram_frames_free. */
struct oto_tempogram_frames oto_tempogram_frames_of(const char *operation, const float *x, int64_t count,
                                                    int win_length, OtoWindow window, bool center);
void oto_tempogram_frames_free(struct oto_tempogram_frames *frames);

/* Transforms the frame at t, and returns its energy (the autocorrelation at lag 0). Then the spectrum, n_fft / 2 + 1
 * bins, is at oto_tempogram_spectrum, until the next frame of the same piece. */
double oto_tempogram_transform(const struct oto_tempogram_frames *frames, int64_t t);
float _Complex *oto_tempogram_spectrum(const struct oto_tempogram_frames *frames, int64_t t);

/* The short-time Fourier transform of an envelope with hop 1, a new tensor. */
OtoTensor *oto_envelope_spectrum(const struct oto_envelope *envelope, int win_length, OtoWindow window, bool center);

#endif
