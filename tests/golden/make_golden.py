"""Writes golden.txt: what librosa and SciPy compute, for tests/unit/test_dsp.c to agree with.

    make golden

Made with librosa 0.11.0, SciPy and soxr as that installs them. Each entry is a line "name shape..." and a line of numbers;
complex numbers are pairs. The signal is computed here and in the test from the same formula, in double.
"""

import pathlib

import librosa
import numpy as np
import scipy.signal

SAMPLE_RATE = 22050
LENGTH = 4000


def signal():
    """Two partials, one of them sweeping, and a click: something in every band."""
    n = np.arange(LENGTH)
    t = n / SAMPLE_RATE
    x = 0.5 * np.sin(2 * np.pi * 440 * t) + 0.25 * np.sin(2 * np.pi * (1000 + 6000 * t) * t)
    x[2000] += 0.8
    return x.astype(np.float32)


def write(file, name, array):
    array = np.asarray(array)
    numbers = np.stack([array.real, array.imag], -1) if np.iscomplexobj(array) else array
    file.write(f"{name} {' '.join(map(str, array.shape))}\n")
    file.write(" ".join(f"{v:.7g}" for v in numbers.ravel()) + "\n")


def main():
    y = signal()
    with open(pathlib.Path(__file__).with_name("golden.txt"), "w") as file:
        for window in ("hann", "hamming", "blackman"):
            write(file, f"{window}_periodic_9", scipy.signal.get_window(window, 9))
            write(file, f"{window}_symmetric_8", scipy.signal.get_window(window, 8, fftbins=False))
        stft = librosa.stft(y, n_fft=256)
        write(file, "stft_256", stft[::8, ::5])
        write(file, "stft_odd_hop", librosa.stft(y, n_fft=256, hop_length=100, win_length=200)[::8, ::5])
        write(file, "stft_uncentred_hamming", librosa.stft(y, n_fft=200, center=False, window="hamming")[::8, ::7])
        write(file, "stft_reflect", librosa.stft(y, n_fft=512, pad_mode="reflect")[::16, ::3])
        write(file, "istft_doubled_hop", librosa.istft(librosa.stft(y, n_fft=256, hop_length=128) * 0.5, hop_length=128)[::40])
        write(file, "amplitude_to_db", librosa.amplitude_to_db(np.abs(stft), ref=np.max)[::8, ::5])
        write(file, "power_to_db", librosa.power_to_db(np.abs(stft) ** 2, ref=1.0, top_db=60)[::8, ::5])
        write(file, "mel_filters", librosa.filters.mel(sr=SAMPLE_RATE, n_fft=512, n_mels=12))
        write(file, "mel_filters_band", librosa.filters.mel(sr=16000, n_fft=256, n_mels=6, fmin=200, fmax=5000))
        write(file, "melspectrogram", librosa.feature.melspectrogram(y=y, sr=SAMPLE_RATE, n_mels=20, n_fft=1024)[:, :])
        write(file, "mel_frequencies", librosa.mel_frequencies(n_mels=14, fmin=0, fmax=11025))
        write(file, "resample_16000", librosa.resample(y, orig_sr=SAMPLE_RATE, target_sr=16000)[::20])
        write(file, "resample_44100", librosa.resample(y, orig_sr=SAMPLE_RATE, target_sr=44100)[::80])
        write(file, "clicks", librosa.clicks(times=[0.01, 0.12], sr=SAMPLE_RATE, click_duration=0.05)[::20])
        write(file, "frames", librosa.util.frame(y, frame_length=500, hop_length=300, axis=0)[:, ::50])
        write(file, "midi_to_hz", librosa.midi_to_hz([0, 21, 60, 69, 69.5, 127]))


main()
