"""Filters and convolution: beside scipy.signal, which gets float32 as Oto does."""

import numpy as np
from scipy import signal

from case import SAMPLE_RATE, Case, y

sos = signal.butter(8, 1000, fs=SAMPLE_RATE, output="sos")
b, a = signal.butter(2, 1000, fs=SAMPLE_RATE)
h63, h1023, h22050 = (signal.firwin(n, 1000, fs=SAMPLE_RATE).astype(np.float32) for n in (63, 1023, 22050))

SOS = "OtoSos low = oto_butter(8, 1000, .fs = 22050);"
# Of second order: b and a as SciPy gives them.
POLYNOMIALS = "OtoTensor *b = oto_tensor({}), *a = oto_tensor({});".format(
    ", ".join(map(repr, b.tolist())), ", ".join(map(repr, a.tolist()))
)


def taps(n):
    return f"OtoTensor *h = oto_firwin({n}, 1000, .fs = 22050);"


CASES = [
    Case("sosfilt 4 sections", "oto_sosfilt(low, y)", "scipy", lambda: signal.sosfilt(sos, y), setup=SOS),
    Case("sosfiltfilt 4 sections", "oto_sosfiltfilt(low, y)", "scipy", lambda: signal.sosfiltfilt(sos, y), setup=SOS),
    Case("lfilter order 2", "oto_lfilter(b, a, y)", "scipy", lambda: signal.lfilter(b, a, y), setup=POLYNOMIALS),
    Case("filtfilt order 2", "oto_filtfilt(b, a, y)", "scipy", lambda: signal.filtfilt(b, a, y), setup=POLYNOMIALS),
    Case("lfilter 63 taps", "oto_lfilter(h, oto_tensor(1), y)", "scipy", lambda: signal.lfilter(h63, 1, y), setup=taps(63)),
    Case("convolve 63 taps", "oto_convolve(y, h)", "oaconvolve", lambda: signal.oaconvolve(y, h63), setup=taps(63)),
    Case("convolve 1023 taps", "oto_convolve(y, h)", "oaconvolve", lambda: signal.oaconvolve(y, h1023), setup=taps(1023)),
    Case("convolve 1 s", "oto_convolve(y, h)", "fftconvolve", lambda: signal.fftconvolve(y, h22050), setup=taps(22050)),
    Case("medfilt 5", "oto_medfilt(y, 5)", "scipy", lambda: signal.medfilt(y, 5)),
]
