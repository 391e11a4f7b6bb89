"""Onsets, beats, tempograms, time warping, recurrence, hidden Markov models: beside librosa."""

import librosa
import numpy as np

from case import SAMPLE_RATE, Case, y

M = librosa.feature.melspectrogram(y=y, sr=SAMPLE_RATE)
X, Y = M[:, :650], M[:, 300:950]
C_FEATURES = (
    'OtoTensor *X = oto_slice(M, "time", 0, 650), *Y = oto_slice(M, "time", 300, 950), *path; '
    "(void)X; (void)Y; (void)path;"
)
envelope = librosa.onset.onset_strength(y=y, sr=SAMPLE_RATE)
C_ENVELOPE = "OtoTensor *envelope = oto_onset_strength(y);"
bands = M[:24] / M[:24].sum(axis=0)
loop = librosa.sequence.transition_loop(24, 0.9)
C_BANDS = (
    'OtoTensor *bands = oto_slice(M, "mel", 0, 24), *loop = oto_transition_loop(24, 0.9); float *b = oto_data(bands); '
    "for (int64_t t = 0; t < bands->cols; t++) { double sum = 0; "
    "for (int k = 0; k < 24; k++) sum += b[k * bands->cols + t]; "
    "for (int k = 0; k < 24; k++) b[k * bands->cols + t] = (float)(b[k * bands->cols + t] / sum); }"
)
many = M / M.sum(axis=0)
local = librosa.sequence.transition_local(128, 9)
C_MANY = C_BANDS.replace('oto_slice(M, "mel", 0, 24)', "oto_copy(M)").replace("k < 24", "k < 128")
C_MANY = C_MANY.replace("oto_transition_loop(24, 0.9)", "oto_transition_local(128, 9)")
R = librosa.segment.recurrence_matrix(X, mode="affinity")

CASES = [
    Case("onset strength", "oto_onset_strength(y)", "librosa", lambda: librosa.onset.onset_strength(y=y, sr=SAMPLE_RATE)),
    Case("onset detection", "oto_onset_detect(y)", "librosa", lambda: librosa.onset.onset_detect(y=y, sr=SAMPLE_RATE)),
    Case("beat tracking", "oto_beat_track(y)", "librosa", lambda: librosa.beat.beat_track(y=y, sr=SAMPLE_RATE)),
    Case(
        "tempogram of an envelope",
        "oto_tempogram(envelope)",
        "librosa",
        lambda: librosa.feature.tempogram(onset_envelope=envelope, sr=SAMPLE_RATE),
        setup=C_ENVELOPE,
    ),
    Case(
        "tempo of an envelope",
        "oto_tempo(envelope)",
        "librosa",
        lambda: librosa.feature.tempo(onset_envelope=envelope, sr=SAMPLE_RATE),
        setup=C_ENVELOPE,
    ),
    Case(
        "pulse of an envelope",
        "oto_plp(envelope)",
        "librosa",
        lambda: librosa.beat.plp(onset_envelope=envelope, sr=SAMPLE_RATE),
        setup=C_ENVELOPE,
    ),
    Case("time warping 650 x 650", "oto_dtw(X, Y, .path = &path)", "librosa", lambda: librosa.sequence.dtw(X, Y), setup=C_FEATURES),
    Case(
        "recurrence matrix 650 x 650",
        "oto_recurrence_matrix(X, .mode = OTO_AFFINITY)",
        "librosa",
        lambda: librosa.segment.recurrence_matrix(X, mode="affinity"),
        setup=C_FEATURES,
    ),
    Case(
        "path enhancement 650 x 650",
        "oto_path_enhance(R, 15)",
        "librosa",
        lambda: librosa.segment.path_enhance(R, 15),
        setup=C_FEATURES + "OtoTensor *R = oto_recurrence_matrix(X, .mode = OTO_AFFINITY);",
    ),
    Case(
        "agglomerative segmentation of 650",
        "oto_agglomerative(X, 10)",
        "librosa",
        lambda: librosa.segment.agglomerative(X, 10),
        setup=C_FEATURES,
    ),
    Case("Viterbi, 24 states", "oto_viterbi(bands, loop)", "librosa", lambda: librosa.sequence.viterbi(bands, loop), setup=C_BANDS),
    Case(
        "Viterbi, 128 states, local",
        "oto_viterbi(bands, loop)",
        "librosa",
        lambda: librosa.sequence.viterbi(many, local),
        setup=C_MANY,
    ),
    Case("LPC of order 16", "oto_lpc(y, 16)", "librosa", lambda: librosa.lpc(y, order=16)),
    Case("autocorrelation", "oto_autocorrelate(y)", "librosa", lambda: librosa.autocorrelate(y), goal=1.0),
]
