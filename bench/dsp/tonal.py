"""Chroma, constant-Q, pitch, separation and phases: beside librosa."""

import librosa
import numpy as np

from case import SAMPLE_RATE, Case, y

S = librosa.stft(y)
magnitudes = np.abs(S)
SHORT = 'OtoTensor *short_y = oto_as_audio(oto_slice(y, "time", 0, 5 * 22050), 22050);'

CASES = [
    Case(
        "chroma of an STFT",
        "oto_chroma_stft(y, .tuning = 0)",
        "librosa",
        lambda: librosa.feature.chroma_stft(y=y, sr=SAMPLE_RATE, tuning=0.0),
    ),
    Case("constant-Q transform 84", "oto_cqt(y)", "librosa", lambda: librosa.cqt(y, sr=SAMPLE_RATE)),
    Case("YIN", "oto_yin(y, 65, 2093)", "librosa", lambda: librosa.yin(y, fmin=65, fmax=2093, sr=SAMPLE_RATE)),
    Case(
        "pYIN of 5 s",
        "oto_pyin(short_y, 65, 2093)",
        "librosa",
        lambda: librosa.pyin(y[: SAMPLE_RATE * 5], fmin=65, fmax=2093, sr=SAMPLE_RATE),
        setup=SHORT,
    ),
    Case("harmonic and percussive parts", "oto_hpss(S)", "librosa", lambda: librosa.decompose.hpss(S)),
    Case(
        "Griffin-Lim 32 iterations",
        "oto_griffin_lim(magnitudes)",
        "librosa",
        lambda: librosa.griffinlim(magnitudes, n_iter=32),
        setup="OtoTensor *magnitudes = oto_magnitude(S);",
    ),
    Case(
        "NMF 16 components, 100 updates",
        "oto_nmf(some, 16, .max_iter = 100)",
        "librosa",
        lambda: librosa.decompose.decompose(magnitudes[:, :400], n_components=16, max_iter=100),
        setup='OtoTensor *some = oto_slice(oto_magnitude(S), "time", 0, 400);',
    ),
]
