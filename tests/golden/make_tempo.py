"""Tempograms, tempo, pulse and beats: what librosa computes, for test_tempo.c."""

import librosa
import numpy as np
import scipy.stats

from golden import Golden, noise, signal

SR = 22050
beats = signal("beats", SR, 12.0)
melody = signal("melody", SR, 8.0)
tempogram = librosa.feature.tempogram
tempo = librosa.feature.tempo
track = librosa.beat.beat_track

# Envelopes: clicks whose tempo grows, and noise.
n = 900
clicks = np.zeros(n, np.float32)
clicks[np.cumsum(np.linspace(30, 16, 35)).astype(int)] = 1
clicks += (0.1 * np.abs(noise(n))).astype(np.float32)
rough = np.abs(noise(600)).astype(np.float32)

with Golden("tempo") as g:
    g.input("clicks", clicks)
    g.input("rough", rough)
    # inputs to the C side are these numbers as the file has them
    clicks = np.array([float(f"{v:.8g}") for v in clicks], np.float32)
    rough = np.array([float(f"{v:.8g}") for v in rough], np.float32)

    g.write("oto_tempogram", "beats", "librosa.feature.tempogram(y=y)", tempogram(y=beats, sr=SR), (17, 23))
    g.write("oto_tempogram", "clicks, odd window", "librosa.feature.tempogram(onset_envelope=o, win_length=201)",
            tempogram(onset_envelope=clicks, sr=SR, win_length=201), (17, 23))
    g.write("oto_tempogram", "clicks, not centred, hamming, norm 2",
            "librosa.feature.tempogram(onset_envelope=o, win_length=100, center=False, window='hamming', norm=2)",
            tempogram(onset_envelope=clicks, sr=SR, win_length=100, center=False, window="hamming", norm=2), (7, 23))
    g.write("oto_tempogram", "rough, no norm", "librosa.feature.tempogram(onset_envelope=o, win_length=50, norm=None)",
            tempogram(onset_envelope=rough, sr=SR, win_length=50, norm=None), (7, 23))
    g.write("oto_tempogram", "two channels", "librosa.feature.tempogram(onset_envelope=o, win_length=64)",
            tempogram(onset_envelope=np.stack([rough, clicks[:600]]), sr=SR, win_length=64), (1, 7, 59))
    fourier = librosa.feature.fourier_tempogram
    g.write("oto_fourier_tempogram", "clicks", "librosa.feature.fourier_tempogram(onset_envelope=o)",
            fourier(onset_envelope=clicks, sr=SR), (11, 29))
    g.write("oto_fourier_tempogram", "clicks, not centred",
            "librosa.feature.fourier_tempogram(onset_envelope=o, win_length=200, center=False)",
            fourier(onset_envelope=clicks, sr=SR, win_length=200, center=False), (11, 29))

    for name, o in (("clicks", clicks), ("rough", rough)):
        g.write("oto_tempo", name, "librosa.feature.tempo(onset_envelope=o)", tempo(onset_envelope=o, sr=SR))
    g.write("oto_tempo", "beats", "librosa.feature.tempo(y=y)", tempo(y=beats, sr=SR))
    g.write("oto_tempo", "melody", "librosa.feature.tempo(y=y)", tempo(y=melody, sr=SR))
    g.write("oto_tempo", "from 60", "librosa.feature.tempo(y=y, start_bpm=60, std_bpm=0.3)",
            tempo(y=beats, sr=SR, start_bpm=60, std_bpm=0.3))
    g.write("oto_tempo", "hop 256, short window, any tempo",
            "librosa.feature.tempo(y=y, hop_length=256, ac_size=4, max_tempo=None)",
            tempo(y=melody, sr=SR, hop_length=256, ac_size=4, max_tempo=None))
    g.write("oto_tempo", "median", "librosa.feature.tempo(onset_envelope=o, aggregate=np.median)",
            tempo(onset_envelope=clicks, sr=SR, aggregate=np.median))
    uniform = scipy.stats.uniform(30, 300)
    g.write("oto_tempo", "uniform prior", "librosa.feature.tempo(y=y, prior=scipy.stats.uniform(30, 300))",
            tempo(y=melody, sr=SR, prior=uniform))
    g.write("oto_tempo", "of a tempogram", "librosa.feature.tempo(tg=tg)",
            tempo(tg=tempogram(onset_envelope=clicks, sr=SR, win_length=201), sr=SR))
    g.write("oto_tempo_over_time", "clicks", "librosa.feature.tempo(onset_envelope=o, aggregate=None)",
            tempo(onset_envelope=clicks, sr=SR, aggregate=None))
    tg = tempogram(onset_envelope=clicks, sr=SR)
    ratio = librosa.feature.tempogram_ratio
    g.write("oto_tempogram_ratio", "clicks", "librosa.feature.tempogram_ratio(tg=tg)", ratio(tg=tg, sr=SR), (1, 31))
    g.write("oto_tempogram_ratio", "own tempo and factors", "librosa.feature.tempogram_ratio(tg=tg, bpm=100.0, factors=[1, 2, 3])",
            ratio(tg=tg, sr=SR, bpm=np.full(n, 100.0), factors=np.array([1, 2, 3])), (1, 31))

    plp = librosa.beat.plp
    g.write("oto_plp", "clicks", "librosa.beat.plp(onset_envelope=o)", plp(onset_envelope=clicks, sr=SR), (3,))
    g.write("oto_plp", "beats", "librosa.beat.plp(y=y)", plp(y=beats, sr=SR), (3,))
    g.write("oto_plp", "clicks, 60 to 180 BPM, short window",
            "librosa.beat.plp(onset_envelope=o, win_length=192, tempo_min=60, tempo_max=180)",
            plp(onset_envelope=clicks, sr=SR, win_length=192, tempo_min=60, tempo_max=180), (3,))
    prior = scipy.stats.lognorm(loc=np.log(120), scale=120, s=1)
    g.write("oto_plp", "clicks, prior", "librosa.beat.plp(onset_envelope=o, prior=scipy.stats.lognorm(loc=np.log(120), scale=120, s=1))",
            plp(onset_envelope=clicks, sr=SR, prior=prior), (3,))

    def write_beats(case, call, result):
        bpm, frames = result
        g.write("oto_beat_track", case, call, frames)
        g.write("oto_beat_track", f"{case}: tempo", call, np.atleast_1d(bpm)[:1])

    write_beats("beats", "librosa.beat.beat_track(y=y)", track(y=beats, sr=SR))
    write_beats("melody", "librosa.beat.beat_track(y=y)", track(y=melody, sr=SR))
    write_beats("clicks", "librosa.beat.beat_track(onset_envelope=o)", track(onset_envelope=clicks, sr=SR))
    write_beats("rough", "librosa.beat.beat_track(onset_envelope=o)", track(onset_envelope=rough, sr=SR))
    write_beats("rough, not trimmed", "librosa.beat.beat_track(onset_envelope=o, trim=False)",
                track(onset_envelope=rough, sr=SR, trim=False))
    write_beats("clicks, loose", "librosa.beat.beat_track(onset_envelope=o, tightness=5)",
                track(onset_envelope=clicks, sr=SR, tightness=5))
    write_beats("clicks, tight", "librosa.beat.beat_track(onset_envelope=o, tightness=400.5)",
                track(onset_envelope=clicks, sr=SR, tightness=400.5))
    write_beats("from 60", "librosa.beat.beat_track(y=y, start_bpm=60)", track(y=beats, sr=SR, start_bpm=60))
    write_beats("given tempo", "librosa.beat.beat_track(onset_envelope=o, bpm=110.0)",
                track(onset_envelope=clicks, sr=SR, bpm=110.0))
    write_beats("odd period", "librosa.beat.beat_track(onset_envelope=o, bpm=103.0)",
                track(onset_envelope=rough, sr=SR, bpm=103.0))
    changing = np.linspace(85, 165, n)
    changing = np.array([float(f"{v:.8g}") for v in changing])
    g.input("changing", changing)
    write_beats("changing tempo", "librosa.beat.beat_track(onset_envelope=o, bpm=array)",
                track(onset_envelope=clicks, sr=SR, bpm=changing))
    write_beats("in seconds, hop 256", "librosa.beat.beat_track(y=y, hop_length=256, units='time')",
                track(y=melody, sr=SR, hop_length=256, units="time"))
    write_beats("in samples", "librosa.beat.beat_track(y=y, units='samples')", track(y=beats, sr=SR, units="samples"))
    write_beats("uniform prior", "librosa.beat.beat_track(y=y, prior=scipy.stats.uniform(30, 300))",
                track(y=beats, sr=SR, prior=uniform))
