"""Conversions and weightings: what librosa computes, for tests/unit/test_convert.c."""

import librosa
import numpy as np

from golden import Golden, signal

hz = np.array([20.0, 100.0, 440.0, 999.0, 1000.0, 1001.0, 5000.0, 11025.0])
mels = np.array([0.0, 5.5, 14.9, 15.0, 15.1, 40.0])
octs = np.array([0.0, 1.5, 4.0, 6.25])
frames = np.array([0, 1, 7, 100, 12345])
samples = np.array([0, 511, 512, 1024, 100000])
times = np.array([0.0, 0.01, 0.5, 3.25, 100.125])
blocks = np.array([0, 1, 17])
S = np.abs(librosa.stft(signal("melody", 22050, 0.2), n_fft=512)) ** 2

with Golden("convert") as g:

    def case(name, call, function=None):
        g.write(function or "oto_" + call.split("(")[0].removeprefix("librosa."), name, call, eval(call))

    case("Slaney", "librosa.hz_to_mel(hz)")
    case("HTK", "librosa.hz_to_mel(hz, htk=True)")
    case("440", "librosa.hz_to_mel(440)")
    case("Slaney", "librosa.mel_to_hz(mels)")
    case("HTK", "librosa.mel_to_hz(mels, htk=True)")
    case("defaults", "librosa.hz_to_octs(hz)")
    case("tuning -0.5, 24 bins", "librosa.hz_to_octs(hz, tuning=-0.5, bins_per_octave=24)")
    case("defaults", "librosa.octs_to_hz(octs)")
    case("tuning 0.2", "librosa.octs_to_hz(octs, tuning=0.2)")
    case("445", "librosa.A4_to_tuning(445)", "oto_a4_to_tuning")
    case("-0.3", "librosa.tuning_to_A4(-0.3)", "oto_tuning_to_a4")
    case("512", "librosa.fft_frequencies(sr=22050, n_fft=51)")
    case("12 bands", "librosa.mel_frequencies(n_mels=12, fmin=100, fmax=8000)")
    case("HTK", "librosa.mel_frequencies(n_mels=12, fmin=0, fmax=11025, htk=True)")
    case("20 lags", "librosa.tempo_frequencies(20, hop_length=256, sr=11025)")
    case("32", "librosa.fourier_tempo_frequencies(sr=22050, win_length=32, hop_length=512)")

    case("defaults", "librosa.frames_to_samples(frames)")
    case("n_fft, hop 100", "librosa.frames_to_samples(frames, hop_length=100, n_fft=2048)")
    case("defaults", "librosa.samples_to_frames(samples)")
    case("n_fft", "librosa.samples_to_frames(samples, hop_length=100, n_fft=2048)")
    case("defaults", "librosa.frames_to_time(frames)")
    case("44100", "librosa.frames_to_time(frames, sr=44100, hop_length=256, n_fft=1024)")
    case("one", "librosa.frames_to_time(43)")
    case("defaults", "librosa.time_to_frames(times)")
    case("44100", "librosa.time_to_frames(times, sr=44100, hop_length=256, n_fft=1024)")
    case("8000", "librosa.samples_to_time(samples, sr=8000)")
    case("8000", "librosa.time_to_samples(times, sr=8000)")
    case("16", "librosa.blocks_to_frames(blocks, block_length=16)")
    case("16 of 512", "librosa.blocks_to_samples(blocks, block_length=16, hop_length=512)")
    case("16 of 512", "librosa.blocks_to_time(blocks, block_length=16, hop_length=512, sr=22050)")
    case("a spectrogram", "librosa.samples_like(S, hop_length=128)")
    case("a spectrogram", "librosa.times_like(S, hop_length=128, n_fft=512)")

    for kind in "ABCDZ":
        case(kind, f"librosa.frequency_weighting(hz, kind='{kind}')")
    case("no floor", "librosa.A_weighting(hz, min_db=None)", "oto_frequency_weighting")
    case("440 Hz", "librosa.A_weighting(440)", "oto_frequency_weighting")
    case("A", "librosa.perceptual_weighting(S, librosa.fft_frequencies(sr=22050, n_fft=512))[1::16]")
    case("C, max", "librosa.perceptual_weighting(S, librosa.fft_frequencies(sr=22050, n_fft=512), kind='C', ref=np.max)[1::16]")
