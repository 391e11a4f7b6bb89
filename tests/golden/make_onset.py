"""Onset strength, peaks, onsets, features by segment, autocorrelation, LPC: what librosa computes, for test_onset.c."""

import librosa
import numpy as np

from golden import Golden, noise, signal

SR = 22050
beats = signal("beats", SR, 4.0)
melody = signal("melody", SR, 3.0)
strength = librosa.onset.onset_strength
multi = librosa.onset.onset_strength_multi

with Golden("onset") as g:
    g.write("oto_onset_strength", "beats", "librosa.onset.onset_strength(y=y)", strength(y=beats, sr=SR))
    g.write("oto_onset_strength", "melody", "librosa.onset.onset_strength(y=y)", strength(y=melody, sr=SR))
    g.write("oto_onset_strength", "stereo", "librosa.onset.onset_strength(y=y)",
            strength(y=np.stack([melody[:40000], beats[:40000]]), sr=SR))
    g.write("oto_onset_strength", "one frame", "librosa.onset.onset_strength(y=y)", strength(y=melody[:400], sr=SR))
    g.write("oto_onset_strength", "median", "librosa.onset.onset_strength(y=y, aggregate=np.median)",
            strength(y=beats, sr=SR, aggregate=np.median))
    g.write("oto_onset_strength", "superflux",
            "librosa.onset.onset_strength(y=y, n_fft=1024, hop_length=220, n_mels=138, fmin=27.5, fmax=10000, lag=2, max_size=3)",
            strength(y=melody, sr=SR, n_fft=1024, hop_length=220, n_mels=138, fmin=27.5, fmax=10000, lag=2, max_size=3))
    g.write("oto_onset_strength", "even max_size", "librosa.onset.onset_strength(y=y, max_size=4)",
            strength(y=melody, sr=SR, max_size=4))
    g.write("oto_onset_strength", "detrended", "librosa.onset.onset_strength(y=y, detrend=True)",
            strength(y=beats, sr=SR, detrend=True))
    g.write("oto_onset_strength", "not centred", "librosa.onset.onset_strength(y=y, center=False)",
            strength(y=beats, sr=SR, center=False))
    S = np.abs(librosa.stft(melody)).astype(np.float32)
    g.write("oto_onset_strength", "of a spectrogram", "librosa.onset.onset_strength(S=S)", strength(S=S, sr=SR))
    g.write("oto_onset_strength_multi", "four ranges", "librosa.onset.onset_strength_multi(y=y, channels=[0, 32, 64, 96, 128])",
            multi(y=melody, sr=SR, channels=[0, 32, 64, 96, 128]))
    g.write("oto_onset_strength_multi", "maximum of unequal ranges",
            "librosa.onset.onset_strength_multi(y=y, channels=[5, 20, 100], aggregate=np.max)",
            multi(y=melody, sr=SR, channels=[5, 20, 100], aggregate=np.max))

    x = noise(300).astype(np.float32)
    x = np.convolve(x, [0.25, 0.5, 0.25], "same").astype(np.float32)
    g.input("wiggle", x)
    pick = librosa.util.peak_pick
    for case, options in (("narrow", dict(pre_max=3, post_max=3, pre_avg=3, post_avg=5, delta=0.2, wait=4)),
                          ("wide", dict(pre_max=20, post_max=11, pre_avg=1, post_avg=30, delta=0.0, wait=0)),
                          ("wide, long wait", dict(pre_max=1, post_max=1, pre_avg=0, post_avg=1, delta=0.0, wait=30))):
        call = ", ".join(f"{name}={value}" for name, value in options.items())
        g.write("oto_peak_pick", case, f"librosa.util.peak_pick(x, {call})", pick(x, **options))
    quantised = np.round(x * 4).astype(np.float32)
    g.write("oto_peak_pick", "ties", "librosa.util.peak_pick(x, pre_max=2, post_max=3, pre_avg=2, post_avg=3, delta=0.1, wait=1)",
            pick(quantised, pre_max=2, post_max=3, pre_avg=2, post_avg=3, delta=0.1, wait=1))

    detect = librosa.onset.onset_detect
    for name, y in (("beats", beats), ("melody", melody), ("noise", signal("noise", SR, 2.0))):
        g.write("oto_onset_detect", name, "librosa.onset.onset_detect(y=y)", detect(y=y, sr=SR))
        g.write("oto_onset_detect", f"{name}, backtracked", "librosa.onset.onset_detect(y=y, backtrack=True)",
                detect(y=y, sr=SR, backtrack=True))
    g.write("oto_onset_detect", "in seconds, hop 256", "librosa.onset.onset_detect(y=y, hop_length=256, units='time')",
            detect(y=melody, sr=SR, hop_length=256, units="time"))
    g.write("oto_onset_detect", "in samples, delta 0.3, wait 10",
            "librosa.onset.onset_detect(y=y, units='samples', delta=0.3, wait=10)",
            detect(y=melody, sr=SR, units="samples", delta=0.3, wait=10))
    g.write("oto_onset_detect", "not normalised", "librosa.onset.onset_detect(onset_envelope=x, normalize=False)",
            detect(onset_envelope=x, sr=SR, normalize=False))
    rms = librosa.feature.rms(y=melody)[0]
    g.input("rms", rms)
    g.write("oto_onset_detect", "backtracked by RMS", "librosa.onset.onset_detect(y=y, backtrack=True, energy=rms)",
            detect(y=melody, sr=SR, backtrack=True, energy=rms))
    events = np.array([0, 1, 7, 50, 51, 299])
    g.write("oto_onset_backtrack", "events", "librosa.onset.onset_backtrack(events, x)", librosa.onset.onset_backtrack(events, x))

    sync = librosa.util.sync
    data = np.abs(x).reshape(4, 75)
    edges = np.array([3, 10, 11, 40, 60])
    for name, aggregate in (("mean", np.mean), ("median", np.median), ("min", np.min), ("max", np.max)):
        g.write("oto_sync", name, f"librosa.util.sync(data, [3, 10, 11, 40, 60], aggregate=np.{name})",
                sync(data, edges, aggregate=aggregate))
    g.write("oto_sync", "without ends", "librosa.util.sync(data, [3, 10, 11, 40, 60], pad=False)", sync(data, edges, pad=False))
    fix = librosa.util.fix_frames
    frames = [5, 3, 3, 90, 0, 41]
    g.write("oto_fix_frames", "start added", "librosa.util.fix_frames([5, 3, 3, 90, 0, 41])", fix(frames))
    g.write("oto_fix_frames", "limits 4 and 75", "librosa.util.fix_frames(..., x_min=4, x_max=75)", fix(frames, x_min=4, x_max=75))
    g.write("oto_fix_frames", "no pad", "librosa.util.fix_frames(..., x_min=4, x_max=75, pad=False)",
            fix(frames, x_min=4, x_max=75, pad=False))

    auto = librosa.autocorrelate
    g.write("oto_autocorrelate", "all lags", "librosa.autocorrelate(y)", auto(x))
    g.write("oto_autocorrelate", "100 lags of audio", "librosa.autocorrelate(y, max_size=100)", auto(melody[:5001], max_size=100))
    g.write("oto_autocorrelate", "rows", "librosa.autocorrelate(y)", auto(data))
    lpc = librosa.lpc
    g.write("oto_lpc", "order 16", "librosa.lpc(y, order=16)", lpc(melody[:3000].astype(float), order=16))
    g.write("oto_lpc", "order 2 of noise", "librosa.lpc(y, order=2)", lpc(x.astype(float), order=2))
    g.write("oto_lpc", "order 100 of noise", "librosa.lpc(y, order=100)", lpc(x.astype(float), order=100))
    g.write("oto_lpc", "channels", "librosa.lpc(y, order=4)", lpc(data.astype(float), order=4))
