"""Constant-Q transforms, chroma, tuning, pitch, separation, phases, harmonics: what librosa and scikit-learn compute, for
test_constant_q.c, test_chroma.c, test_pitch.c, test_separation.c and test_phases.c."""

import librosa
import numpy as np
import sklearn.decomposition

from golden import Golden, signal

SR = 22050
y = signal("melody", SR, 1.5)
noise = signal("noise", SR, 0.5)
chirp = signal("chirp", 8000, 1.0)
beats = signal("beats", 44100, 0.7)
silence = signal("silence", SR, 0.3)
short = y[:1]
stereo = np.stack([y, signal("chirp", SR, 1.5)])


def write(golden, function, case, call, strides=()):
    golden.write(function, case, call, eval(call), strides)


with Golden("constant_q") as g:
    write(g, "oto_cqt", "defaults", "librosa.cqt(y)", (5, 4))
    write(g, "oto_cqt", "36 bins an octave", "librosa.cqt(y, n_bins=252, bins_per_octave=36)", (11, 7))
    write(g, "oto_cqt", "two octaves: halved early", "librosa.cqt(y, n_bins=24)", (3, 4))
    call = "librosa.cqt(y, n_bins=24, scale=False)"
    write(g, "oto_cqt", "two octaves, not scaled", call, (3, 4))
    call = "librosa.cqt(y, n_bins=40, hop_length=100, fmin=110, scale=False, norm=2, tuning=0.3)"
    write(g, "oto_cqt", "odd hop, norm 2, tuned", call, (3, 17))
    call = "librosa.cqt(y, n_bins=98, filter_scale=0.8, window='hamming', pad_mode='reflect')"
    write(g, "oto_cqt", "up to the top, hamming, reflected", call, (7, 4))
    write(g, "oto_cqt", "noise", "librosa.cqt(noise, norm=None, sparsity=0)", (5, 2))
    write(g, "oto_cqt", "8000 Hz", "librosa.cqt(chirp, sr=8000, n_bins=60, norm=np.inf)", (3, 2))
    write(g, "oto_cqt", "44100 Hz", "librosa.cqt(beats, sr=44100, n_bins=72, hop_length=1024)", (3, 2))
    write(g, "oto_cqt", "estimated tuning", "librosa.cqt(y, tuning=None)", (9, 8))
    write(g, "oto_cqt", "silence", "librosa.cqt(silence)", (12, 4))
    write(g, "oto_cqt", "one sample", "librosa.cqt(short)")
    write(g, "oto_cqt", "one bin", "librosa.cqt(y, n_bins=1, fmin=440)", (1, 3))
    write(g, "oto_cqt", "stereo", "librosa.cqt(stereo, hop_length=2048)", (1, 7, 3))
    write(g, "oto_vqt", "defaults", "librosa.vqt(y)", (5, 4))
    write(g, "oto_vqt", "gamma 20", "librosa.vqt(y, gamma=20, bins_per_octave=24, n_bins=96, fmin=55)", (7, 4))
    write(g, "oto_icqt", "defaults", "librosa.icqt(librosa.cqt(y), length=len(y))", (41,))
    fine = "hop_length=128, bins_per_octave=24, fmin=110, scale=False"
    call = f"librosa.icqt(librosa.cqt(y, n_bins=90, {fine}), length=30000, {fine})"
    write(g, "oto_icqt", "not scaled, cut", call, (41,))
    call = "np.stack([abs(librosa.cqt(y, fmin=h * 32.703195662574829, n_bins=60)) for h in (0.5, 1, 2, 3)])"
    write(g, "oto_hcqt", "four harmonics", call, (1, 7, 5))

with Golden("chroma") as g:
    write(g, "oto_chroma_filters", "defaults", "librosa.filters.chroma(sr=22050, n_fft=512)", (1, 3))
    call = "librosa.filters.chroma(sr=16000, n_fft=400, n_chroma=24, tuning=0.3, octwidth=None, norm=1, base_c=False)"
    write(g, "oto_chroma_filters", "quarter tones from A", call, (1, 3))
    write(g, "oto_chroma_stft", "defaults", "librosa.feature.chroma_stft(y=y)", (1, 3))
    call = "librosa.feature.chroma_stft(y=y, tuning=0.2, norm=2, n_fft=4096, hop_length=1000, n_chroma=24)"
    write(g, "oto_chroma_stft", "long frames, quarter tones", call, (1, 3))
    call = "librosa.feature.chroma_stft(S=abs(librosa.stft(noise)), tuning=0, norm=None)"
    write(g, "oto_chroma_stft", "of magnitudes", call, (1, 2))
    write(g, "oto_chroma_stft", "silence", "librosa.feature.chroma_stft(y=silence)")
    write(g, "oto_chroma_stft", "stereo", "librosa.feature.chroma_stft(y=stereo, tuning=0)", (1, 1, 5))
    write(g, "oto_chroma_cqt", "defaults", "librosa.feature.chroma_cqt(y=y)", (1, 3))
    options = "bins_per_octave=12, fmin=55, n_octaves=6, norm=1, threshold=0.5"
    write(g, "oto_chroma_cqt", "from A1, threshold", f"librosa.feature.chroma_cqt(y=y, {options})", (1, 3))
    write(g, "oto_chroma_cqt", "silence", "librosa.feature.chroma_cqt(y=silence)")
    write(g, "oto_chroma_cens", "defaults", "librosa.feature.chroma_cens(y=y)", (1, 3))
    call = "librosa.feature.chroma_cens(y=y, win_len_smooth=10, tuning=0, n_octaves=5)"
    write(g, "oto_chroma_cens", "short window", call, (1, 3))
    call = "librosa.feature.chroma_cens(y=y, win_len_smooth=None, norm=1)"
    write(g, "oto_chroma_cens", "not smoothed", call, (1, 3))

    write(g, "oto_piptrack", "pitches", "librosa.piptrack(y=y)[0]", (5, 4))
    write(g, "oto_piptrack", "magnitudes", "librosa.piptrack(y=y)[1]", (5, 4))
    options = "S=abs(librosa.stft(noise, n_fft=512)), fmin=0, fmax=20000, threshold=0.02"
    write(g, "oto_piptrack", "up to the top", f"librosa.piptrack({options})[0]", (1, 9))
    write(g, "oto_estimate_tuning", "melody", "librosa.estimate_tuning(y=y)")
    write(g, "oto_estimate_tuning", "chirp, 36 bins", "librosa.estimate_tuning(y=chirp, sr=8000, bins_per_octave=36)")
    write(g, "oto_estimate_tuning", "silence", "librosa.estimate_tuning(y=silence)")
    call = "librosa.pitch_tuning(np.array([445, 890, 0, -3, 441], dtype=np.float32), resolution=0.02)"
    write(g, "oto_pitch_tuning", "three tones", call)

with Golden("pitch") as g:
    write(g, "oto_yin", "melody", "librosa.yin(y, fmin=65, fmax=2093)")
    call = "librosa.yin(chirp, sr=8000, fmin=90, fmax=3900, frame_length=512, hop_length=100)"
    write(g, "oto_yin", "chirp", call)
    options = "fmin=50, fmax=500, frame_length=1500, hop_length=333, center=False, trough_threshold=0.3"
    write(g, "oto_yin", "not centred", f"librosa.yin(y, {options})")
    write(g, "oto_yin", "noise", "librosa.yin(noise, fmin=65, fmax=2093, pad_mode='reflect')")
    write(g, "oto_yin", "silence", "librosa.yin(silence, fmin=65, fmax=2093)")
    write(g, "oto_yin", "constant", "librosa.yin(np.ones(4000, dtype=np.float32), fmin=65, fmax=2093)")
    write(g, "oto_yin", "stereo", "librosa.yin(stereo, fmin=65, fmax=2093, hop_length=1000)")

    loud = "fmin=65, fmax=2093"
    quick = (
        "fmin=80, fmax=700, resolution=0.2, beta_parameters=(1.5, 7.3), switch_prob=0.1, frame_length=1024, "
        "hop_length=256, pad_mode='reflect', fill_na=-1"
    )
    cases = {
        "melody": f"y, {loud}",
        "other options": f"y, {quick}",
        "chirp": "chirp, sr=8000, fmin=90, fmax=3900, frame_length=512, max_transition_rate=100",
        "beats": f"beats, sr=44100, {loud}, hop_length=1024, frame_length=4096, n_thresholds=50",
        "noise": f"noise, {loud}",
        "silence": f"silence, {loud}",
    }
    for case, arguments in cases.items():
        f0, voiced, probability = eval(f"librosa.pyin({arguments})")
        g.write("oto_pyin", f"f0, {case}", f"librosa.pyin({arguments})[0]", f0)
        g.write("oto_pyin", f"voiced, {case}", f"librosa.pyin({arguments})[1]", voiced)
        g.write("oto_pyin", f"probability, {case}", f"librosa.pyin({arguments})[2]", probability)

part = signal("melody", SR, 0.6)
S = librosa.stft(part, n_fft=512)
M = abs(S)
N = abs(librosa.stft(noise[:6000], n_fft=512))
stereo_M = np.stack([M, abs(librosa.stft(signal("beats", SR, 0.6), n_fft=512))])


def start(rows, cols):
    """What factorisations start from: the same formula in test_separation.c."""
    return ((np.arange(rows * cols) * 37 % 101) / 50 + 0.02).reshape(rows, cols).astype(np.float32)


def factors(spectrogram, n, **options):
    """scikit-learn's rows are times, librosa.decompose.decompose's as well: activations are updated first."""
    bins, frames = spectrogram.shape
    model = sklearn.decomposition.NMF(n_components=n, solver="mu", init="custom", **options)
    W, H = (start(n, frames).T, start(bins, n).T)
    activations = model.fit_transform(np.ascontiguousarray(spectrogram.T), W=W.copy(), H=H.copy())
    return model.components_.T, activations.T


def activations_of(spectrogram, n, **options):
    """For components that stay as they are."""
    bins, frames = spectrogram.shape
    H = start(bins, n).T.copy()
    X = np.ascontiguousarray(spectrogram.T)
    W, _, _ = sklearn.decomposition.non_negative_factorization(
        X, H=H, n_components=n, solver="mu", init="custom", update_H=False, **options
    )
    return W.T


with Golden("separation") as g:
    write(g, "oto_softmask", "power 1", "librosa.util.softmask(M[:, :20], N[:, :20])", (7, 3))
    call = "librosa.util.softmask(M[:, :20] * (M[:, :20] > 0.1), N[:, :20] * (N[:, :20] > 2), power=2, split_zeros=True)"
    write(g, "oto_softmask", "power 2, split zeros", call, (7, 3))
    call = "librosa.util.softmask(M[:, :20] * (M[:, :20] > 0.1), N[:, :20] * (N[:, :20] > 2), power=0.7)"
    write(g, "oto_softmask", "power 0.7", call, (7, 3))
    call = "librosa.util.softmask(M[:, :20], N[:, :20], power=np.inf)"
    write(g, "oto_softmask", "hard", call, (7, 3))
    write(g, "oto_hpss", "harmonic", "librosa.decompose.hpss(S)[0]", (7, 5))
    write(g, "oto_hpss", "percussive", "librosa.decompose.hpss(S)[1]", (7, 5))
    options = "kernel_size=(17, 8), margin=(1, 3.5), power=1.3, mask=True"
    write(g, "oto_hpss", "masks: harmonic", f"librosa.decompose.hpss(M, {options})[0]", (7, 5))
    write(g, "oto_hpss", "masks: percussive", f"librosa.decompose.hpss(M, {options})[1]", (7, 5))
    write(g, "oto_hpss", "kernel longer than all", "librosa.decompose.hpss(M[:, :5], kernel_size=300)[0]", (7, 1))
    write(g, "oto_hpss", "two channels", "librosa.decompose.hpss(stereo_M)[1]", (1, 11, 7))
    write(g, "oto_hpss", "sound", "librosa.effects.hpss(part)[0]", (29,))
    write(g, "oto_nmf", "Euclidean components", "factors(M, 5, max_iter=40)[0]", (5, 1))
    write(g, "oto_nmf", "Euclidean activations", "factors(M, 5, max_iter=40)[1]", (1, 3))
    kl = "beta_loss='kullback-leibler'"
    write(g, "oto_nmf", "Kullback-Leibler components", f"factors(M, 18, {kl}, max_iter=30, tol=0)[0]", (9, 1))
    write(g, "oto_nmf", "Kullback-Leibler activations", f"factors(M, 18, {kl}, max_iter=30, tol=0)[1]", (1, 7))
    write(g, "oto_nmf", "fixed components", "activations_of(M, 5)", (1, 3))

with Golden("phases") as g:
    for n in (0, 1, 3):
        call = f"librosa.griffinlim(M, n_iter={n}, init=None, length=len(part))"
        write(g, "oto_griffin_lim", f"{n} iterations from zero", call, (43,))
    left = "hop_length=200, win_length=600, n_fft=700, center=False"
    call = f"librosa.griffinlim(abs(librosa.stft(part, {left})), {left}, n_iter=2, init=None, momentum=0.2)"
    write(g, "oto_griffin_lim", "not centred", call, (43,))
    double = part.astype(float)
    write(g, "oto_phase_vocoder", "faster", "librosa.phase_vocoder(librosa.stft(double, n_fft=512), rate=1.3)", (7, 5))
    write(g, "oto_phase_vocoder", "slower", "librosa.phase_vocoder(librosa.stft(double, n_fft=512), rate=0.4)", (9, 9))
    write(g, "oto_time_stretch", "slower", "librosa.effects.time_stretch(double, rate=0.7)", (43,))
    call = "librosa.effects.time_stretch(double, rate=2.5, n_fft=1024, hop_length=128)"
    write(g, "oto_time_stretch", "faster, fine", call, (43,))
    write(g, "oto_pitch_shift", "up", "librosa.effects.pitch_shift(double, sr=22050, n_steps=3.3)", (43,))
    call = "librosa.effects.pitch_shift(double, sr=22050, n_steps=-5, bins_per_octave=24, n_fft=1024)"
    write(g, "oto_pitch_shift", "down, quarter tones", call, (43,))

    hz = librosa.fft_frequencies(sr=SR, n_fft=512)
    call = "librosa.interp_harmonics(M, freqs=hz, harmonics=[0.5, 1, 2.75])"
    write(g, "oto_interp_harmonics", "of an STFT", call, (1, 13, 11))
    notes = librosa.cqt_frequencies(84, fmin=32.703195662574829)
    call = "librosa.interp_harmonics(abs(librosa.cqt(part)), freqs=notes, harmonics=[0.5, 2, 3], fill_value=-1)"
    write(g, "oto_interp_harmonics", "of a CQT", call, (1, 5, 4))
    call = "librosa.salience(M, freqs=hz, harmonics=[1, 2, 3], weights=[1, 0.5, 0.25], fill_value=0)"
    write(g, "oto_salience", "peaks", call, (3, 11))
    call = "librosa.salience(M, freqs=hz, harmonics=[1, 2, 3, 4], filter_peaks=False)"
    write(g, "oto_salience", "everywhere", call, (7, 11))
