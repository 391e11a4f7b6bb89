/* filter_design: filters of a wanted frequency response, as second-order sections or as an impulse response.
 *
 *     OtoSos low = oto_butter(4, 1000, .fs = song->sample_rate);        above 1000 Hz, 24 dB less an octave
 *     OtoTensor *dull = oto_sosfilt(low, song);
 */
#ifndef OTO_FILTER_DESIGN_H
#define OTO_FILTER_DESIGN_H

#include "../tensor/tensor.h"
#include "window.h"

/* H(z) = (b0 + b1 / z + b2 / z^2) / (1 + a1 / z + a2 / z^2), or y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] -
 * a2 y[n-2]. In double: the poles of a filter for 20 Hz lie so near to 1 that float32 could not place them. */
typedef struct OtoSection {
    double b0, b1, b2, a1, a2;
} OtoSection;

enum { OTO_SECTIONS_MAX = 16 };
/* A filter as sections one behind the other: a plain value, copied by =, which nobody has to free. One of your own is
 * written (OtoSos){.sections = 1, .section = {{.b0 = 0.1, .a1 = -0.9}}}. */
typedef struct OtoSos {
    int sections;
    double fs; /* sample rate of the sounds it is for, Hz; 2 or 0: any */
    OtoSection section[OTO_SECTIONS_MAX];
} OtoSos;

typedef enum OtoBand { OTO_LOWPASS, OTO_HIGHPASS, OTO_BANDPASS, OTO_BANDSTOP } OtoBand;

/* Butterworth's filter of order N: as flat as can be where it lets through, 3 dB down at Wn, 6 N dB an octave from
 * there on. By the bilinear transform of the analogue filter, with its edges at the right place.
 *     .btype  OTO_LOWPASS, OTO_HIGHPASS below and above Wn; OTO_BANDPASS, OTO_BANDSTOP from Wn to .upper (orders 2 N)
 *     .fs     sample rate of the sound, Hz; 2: Wn counts from 0 to 1, half of any sample rate
 * Refuses N outside 1 ... 32 (bands: 16), edges outside (0, fs / 2). As scipy.signal.butter(N, [Wn, upper],
 * output="sos"), but for the order of the sections. */
typedef struct OtoIir {
    OtoBand btype;
    double upper, fs;
} OtoIir;
#define OTO_IIR(...) OTO_OPTIONS(OtoIir, (.btype = OTO_LOWPASS, .upper = 0, .fs = 2), __VA_ARGS__)
OtoSos oto_butter(int N, double Wn, OtoIir options);
#define oto_butter(N, Wn, ...) oto_butter(N, Wn, OTO_IIR(__VA_ARGS__))
/* Chebyshev's of the first kind: steeper, but it ripples by rp dB where it lets through, and is rp dB down at Wn.
 * As scipy.signal.cheby1. */
OtoSos oto_cheby1(int N, double rp, double Wn, OtoIir options);
#define oto_cheby1(N, rp, Wn, ...) oto_cheby1(N, rp, Wn, OTO_IIR(__VA_ARGS__))

/* One section of the equaliser cookbook (R. Bristow-Johnson), around the frequency w0, Hz:
 *     LOWPASS, HIGHPASS   12 dB an octave; Q 0.7071 (the default) is Butterworth's, larger ones resonate at w0
 *     BANDPASS            0 dB at w0, w0 / Q wide            NOTCH   nothing at w0
 *     PEAK                .gain dB at w0                     LOW_SHELF, HIGH_SHELF   .gain dB below, above w0
 *     ALLPASS             no loudness changed, phases turned: by half a turn at w0
 *     .Q 0.7071   .gain 0 dB   .fs as oto_butter */
typedef enum OtoBiquadKind {
    OTO_BIQUAD_LOWPASS,
    OTO_BIQUAD_HIGHPASS,
    OTO_BIQUAD_BANDPASS,
    OTO_BIQUAD_NOTCH,
    OTO_BIQUAD_PEAK,
    OTO_BIQUAD_LOW_SHELF,
    OTO_BIQUAD_HIGH_SHELF,
    OTO_BIQUAD_ALLPASS
} OtoBiquadKind;
typedef struct OtoBiquad {
    double Q, gain, fs;
} OtoBiquad;
OtoSos oto_biquad(OtoBiquadKind kind, double w0, OtoBiquad options);
#define oto_biquad(kind, w0, ...)                                                                                      \
    oto_biquad(kind, w0, OTO_OPTIONS(OtoBiquad, (.Q = 0.70710678118654752, .gain = 0, .fs = 2), __VA_ARGS__))

/* Both filters, one behind the other: an equaliser out of biquads. Refuses two different sample rates. */
OtoSos oto_cascade(OtoSos first, OtoSos second);

/* Impulse response of numtaps samples, symmetric, so that all frequencies come (numtaps - 1) / 2 samples later: the
 * ideal filter's, sin(2 pi f t) / (pi t), under a window.
 *     .pass_zero  OTO_LOWPASS, OTO_HIGHPASS, OTO_BANDPASS, OTO_BANDSTOP with edges cutoff and .upper, where it is 6 dB
 *                 down
 *     .window OTO_HAMMING, .parameter (window.h)   .scale true: exactly 1 in the middle of the (first) passband
 *     .fs as oto_butter
 * float32 (time numtaps). Refuses an even numtaps where half of fs shall pass. As scipy.signal.firwin. */
typedef struct OtoFirwin {
    OtoBand pass_zero;
    double upper, fs;
    OtoWindow window;
    double parameter;
    bool scale;
} OtoFirwin;
OtoTensor *oto_firwin(int numtaps, double cutoff, OtoFirwin options);
#define oto_firwin(numtaps, cutoff, ...)                                                                               \
    oto_firwin(numtaps, cutoff,                                                                                        \
               OTO_OPTIONS(OtoFirwin,                                                                                  \
                           (.pass_zero = OTO_LOWPASS, .upper = 0, .fs = 2, .window = OTO_HAMMING,                      \
                            .parameter = OTO_WINDOW_DEFAULT, .scale = true),                                           \
                           __VA_ARGS__))

/* ---- for the library's own files ---- */

/* Refuses a band with edges outside (0, fs / 2) or in the wrong order; `argument` is the name of the lower one. */
void oto_check_band(const char *operation, const char *argument, OtoBand band, double lower, double upper, double fs);
/* Refuses sections that are not 1 ... OTO_SECTIONS_MAX, not finite, or unstable. */
void oto_check_sections(const char *operation, const OtoSos *sos);

#endif
