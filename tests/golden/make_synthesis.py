"""Writes synthesis.golden: sonified labels, chirps, loudness and chords, as mir_eval, librosa and pyloudnorm have them.

    make golden
"""

import librosa
import mir_eval
import numpy as np
import pyloudnorm
from golden import Golden, signal

RATE = 22050
LABELS = ["C", "C:maj", "Bb:min7", "F#:hdim7", "D:7(b9)", "A:min/b3", "G:sus4", "E:(1,5)", "C:maj(*5)", "Gb:13", "B:minmaj7/5",
          "D#:aug", "Ab:dim7", "F:5", "E:maj6(9)/3", "N"]


def write_loudness(g):
    melody, noise = signal("melody", RATE, 3), signal("noise", 48000, 2)
    stereo = np.stack([signal("chirp", 44100, 2), 0.25 * signal("beats", 44100, 2)])
    gated = np.concatenate([melody, 1e-3 * melody, np.zeros(RATE, np.float32)])
    five = np.stack([(c + 1) / 8 * signal("noise", 16000, 1) for c in range(5)])
    for case, y, rate in [("melody", melody, RATE), ("noise_48000", noise, 48000), ("stereo", stereo, 44100),
                          ("gated", gated, RATE), ("five_channels", five, 16000), ("shortest", melody[:8820], RATE),
                          ("odd_length", melody[:23457], RATE)]:
        value = pyloudnorm.Meter(rate).integrated_loudness(np.atleast_2d(y).T.astype(float))
        g.write("oto_loudness", case, f"pyloudnorm.Meter({rate}).integrated_loudness(y.T)", np.array([value]))


def write_sonified(g):
    times, hz = np.array([0.05, 0.2, 0.3, 0.45, 0.6]), np.array([220.0, 440.0, 0.0, 330.0, 110.0])
    g.input("pitch_times", times)
    g.input("pitch_frequencies", hz)
    g.write("oto_sonify_pitch", "defaults", "mir_eval.sonify.pitch_contour(times, frequencies, 22050)",
            mir_eval.sonify.pitch_contour(times, hz.copy(), RATE), strides=(13,))
    g.write("oto_sonify_pitch", "longer", "mir_eval.sonify.pitch_contour(times, frequencies, 8000, length=8000)",
            mir_eval.sonify.pitch_contour(times, hz.copy(), 8000, length=8000), strides=(13,))
    g.write("oto_sonify_beats", "defaults", "mir_eval.sonify.clicks(times, 22050)",
            mir_eval.sonify.clicks(times, RATE), strides=(7,))

    rng = np.random.default_rng(0)
    grid, rows = rng.uniform(-0.2, 1, (4, 5)), np.array([110.0, 261.63, 440.0, 1000.0])
    starts, pairs = np.array([0, 0.1, 0.2, 0.3, 0.4]), np.array([[0.05, 0.15], [0.15, 0.25], [0.25, 0.35], [0.35, 0.45], [0.45, 0.55]])
    for name, array in [("grid", grid), ("rows", rows), ("starts", starts), ("pairs", pairs)]:
        g.input(name, array)
    g.write("oto_sonify_grid", "starts", "mir_eval.sonify.time_frequency(grid, rows, starts, 22050, length=13230)",
            mir_eval.sonify.time_frequency(grid, rows, starts, RATE, length=13230), strides=(13,))
    g.write("oto_sonify_grid", "pairs", "mir_eval.sonify.time_frequency(grid, rows, pairs, 22050)",
            mir_eval.sonify.time_frequency(grid, rows, pairs, RATE), strides=(13,))
    chroma = rng.uniform(0, 1, (12, 5))
    g.input("chroma", chroma)
    g.write("oto_sonify_chroma", "pairs", "mir_eval.sonify.chroma(chroma, pairs, 22050)",
            mir_eval.sonify.chroma(chroma, pairs, RATE), strides=(13,))
    g.write("oto_sonify_chords", "pairs", 'mir_eval.sonify.chords(["C:maj", "A:min7", "N", "G:7", "F:maj/3"], pairs, 22050)',
            mir_eval.sonify.chords(["C:maj", "A:min7", "N", "G:7", "F:maj/3"], pairs, RATE), strides=(13,))


def write_chords(g):
    for i, label in enumerate(LABELS):
        root, bitmap, bass = mir_eval.chord.encode(label)
        notes = np.roll(bitmap, root) if root >= 0 else bitmap
        g.write("oto_chord", f"label_{i}", f'mir_eval.chord.encode("{label}")', np.array([root, (root + bass) % 12 if root >= 0 else -1, *notes]))


def write_tones(g):
    for case, options in [("linear", dict(linear=True)), ("exponential", dict(linear=False))]:
        g.write("oto_sweep", case, f"librosa.chirp(fmin=110, fmax=3520, sr=22050, duration=1, linear={options['linear']})",
                librosa.chirp(fmin=110, fmax=3520, sr=RATE, duration=1, **options), strides=(17,))
    n = np.arange(RATE // 2)
    index = 5 - 5 * n / len(n)
    g.write("oto_fm", "bell", "numpy: sin(2 pi 200 t + I sin(2 pi 280 t)), I from 5 to 0",
            np.sin(2 * np.pi * 200 * n / RATE + index * np.sin(2 * np.pi * 280 * n / RATE)), strides=(11,))
    glide = np.stack([np.linspace(200, 400, len(n)), np.linspace(10000, 12000, len(n))])
    heights = np.stack([np.linspace(1, 0, len(n)), np.linspace(0, 1, len(n))])
    phase = np.cumsum(glide, 1) - glide
    g.write("oto_additive", "glide", "numpy: sum of a sin(2 pi cumsum(f) / 22050), f below 11025",
            np.sum(np.where(glide < RATE / 2, heights * np.sin(2 * np.pi * phase / RATE), 0), 0), strides=(11,))


with Golden("synthesis") as g:
    write_loudness(g)
    write_sonified(g)
    write_chords(g)
    write_tones(g)
