"""Filters, their design and response, convolution: what scipy.signal computes, for tests/unit/test_filter.c."""

import numpy as np
import scipy.signal as signal_

import golden
from golden import Golden

FS = 22050
y = golden.signal("melody", FS, 0.6)
noise = golden.signal("noise", FS, 0.6)
stereo = np.stack([y, noise])
short = noise[:40]
one = np.ones(1)

DESIGNS = [
    ("low 4", "butter(4, 1000, fs=FS"),
    ("low 5", "butter(5, 30, fs=FS"),
    ("high 3", "butter(3, 2000, btype='highpass', fs=FS"),
    ("high 8", "butter(8, 100, btype='highpass', fs=FS"),
    ("band 4", "butter(4, [300, 3000], btype='bandpass', fs=FS"),
    ("wide band 3", "butter(3, [20, 10000], btype='bandpass', fs=FS"),
    ("stop 3", "butter(3, [900, 1100], btype='bandstop', fs=FS"),
    ("half of any rate", "butter(2, 0.25"),
    ("ripple low 4", "cheby1(4, 1, 1000, fs=FS"),
    ("ripple high 5", "cheby1(5, 0.5, 4000, btype='highpass', fs=FS"),
    ("ripple band 2", "cheby1(2, 3, [500, 700], btype='bandpass', fs=FS"),
    ("ripple stop 2", "cheby1(2, 1, [500, 700], btype='bandstop', fs=FS"),
]

# Analogue prototypes of the cookbook, numerator and denominator in falling powers of s; A^2 is the gain, Q 2 here.
Q, A = 2.0, 10 ** (6 / 40)
R = np.sqrt(A) / Q
BIQUADS = {
    "lowpass": ([1], [1, 1 / Q, 1]),
    "highpass": ([1, 0, 0], [1, 1 / Q, 1]),
    "bandpass": ([1 / Q, 0], [1, 1 / Q, 1]),
    "notch": ([1, 0, 1], [1, 1 / Q, 1]),
    "peak": ([1, A / Q, 1], [1, 1 / (A * Q), 1]),
    "low shelf": ([A, A * R, A * A], [A, R, 1]),
    "high shelf": ([A * A, A * R, A], [1, R, A]),
    "allpass": ([1, -1 / Q, 1], [1, 1 / Q, 1]),
}

with Golden("filter") as g:

    def case(function, name, call, strides=()):
        g.write(function, name, call, eval(call, globals() | vars(signal_), locals_), strides)

    locals_ = {}
    for name, design in DESIGNS:
        sos = locals_["sos"] = eval(f"signal_.{design}, output='sos')")
        g.write("oto_freqz_sos", name, f"freqz_sos({design}, output='sos'), worN=256)", signal_.freqz_sos(sos, 256)[1], (5,))
        g.write("oto_sosfilt", name, f"sosfilt({design}, output='sos'), noise)", signal_.sosfilt(sos, noise), (97,))
        g.write("oto_sosfiltfilt", name, f"sosfiltfilt({design}, output='sos'), noise)", signal_.sosfiltfilt(sos, noise), (97,))
    for kind, (numerator, denominator) in BIQUADS.items():
        b, a = signal_.bilinear(numerator, denominator, fs=1 / (2 * np.tan(np.pi * 1000 / FS)))
        g.write("oto_biquad", kind, f"bilinear({kind} of the cookbook)", signal_.lfilter(b, a, noise), (97,))
    locals_["low"] = signal_.butter(4, 1000, fs=FS, output="sos")
    case("oto_sosfilt", "stereo", "sosfilt(low, stereo)", (1, 97))
    for name, arguments in [
        ("even", "padtype='even'"),
        ("constant", "padtype='constant'"),
        ("no padding", "padtype=None"),
        ("padlen 3", "padlen=3"),
    ]:
        case("oto_sosfiltfilt", name, f"sosfiltfilt(low, short, {arguments})")
    locals_["b"], locals_["a"] = np.array([0.2, 0.3, 0.1, -0.05]), np.array([2.0, -1.5, 0.8])
    locals_["comb"] = np.r_[1, np.zeros(9), -0.5]
    case("oto_lfilter", "b 4, a 3", "lfilter(b, a, noise)", (97,))
    case("oto_lfilter", "comb", "lfilter([1], comb, stereo)", (1, 97))
    case("oto_lfilter", "integrator", "lfilter([1], [1, -1], noise)", (97,))
    case("oto_lfilter", "average of 8", "lfilter(np.ones(8) / 8, [1], stereo)", (1, 97))
    case("oto_lfilter", "500 taps", "lfilter(firwin(500, 1000, fs=FS), [1], noise)", (97,))
    case("oto_lfilter", "one sample", "lfilter(b, a, one)")
    case("oto_filtfilt", "b 4, a 3", "filtfilt(b, a, noise)", (97,))
    case("oto_filtfilt", "stereo", "filtfilt(b, a, stereo)", (1, 97))
    case("oto_freqz", "b 4, a 3", "freqz(b, a)[1]", (9,))
    case("oto_freqz", "nyquist", "freqz(b, a, worN=33, include_nyquist=True)[1]")
    case("oto_freqz", "whole", "freqz(b, a, worN=64, whole=True)[1]")
    case("oto_group_delay", "b 4, a 3", "group_delay((b, a), w=64)[1]")
    case("oto_group_delay", "sections", "group_delay(butter(3, 1000, fs=FS), w=64)[1]")
    for name, arguments in [
        ("low", "101, 1000, fs=FS"),
        ("even", "64, 1000, fs=FS"),
        ("high", "101, 1000, fs=FS, pass_zero='highpass'"),
        ("band", "101, [1000, 3000], fs=FS, pass_zero='bandpass'"),
        ("stop", "101, [1000, 3000], fs=FS, pass_zero='bandstop'"),
        ("kaiser", "51, 0.3, window=('kaiser', 8.6)"),
        ("not scaled", "51, 0.3, window='hann', scale=False"),
    ]:
        case("oto_firwin", name, f"firwin({arguments})")
    for mode in ("full", "same", "valid"):
        for name, arguments in [
            ("short", "short, noise[:7]"),
            ("even", "short, noise[:8]"),
            ("swapped", "noise[:7], short"),
            ("long", "y, noise[:3001]"),
            ("equal", "y[:5000], noise[:5000]"),
        ]:
            strides = (1,) if "short" in arguments else (89,)
            case("oto_convolve", f"{name}, {mode}", f"convolve({arguments}, mode='{mode}', method='fft')", strides)
            case("oto_correlate", f"{name}, {mode}", f"correlate({arguments}, mode='{mode}', method='fft')", strides)
    for size in (1, 3, 9, 101):
        case("oto_medfilt", str(size), f"medfilt(noise, {size})", (97,))
    case("oto_medfilt", "longer than the sound", "medfilt(noise[:5], 9)")
