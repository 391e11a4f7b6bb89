"""Windows, transforms, STFT and back, reassignment, dB, mel bands: what librosa, SciPy and numpy compute, for
tests/unit/test_spectral.c."""

import librosa
import numpy as np
import scipy.signal

from golden import Golden, signal

y = signal("melody", 22050, 0.5)
noise = signal("noise", 22050, 0.5)
stereo = np.stack([y, noise])
odd = y[2000:4501]
one = y[100:101]
silence = signal("silence", 22050, 0.1)
dc = np.full(1500, 0.5, np.float32)
D = librosa.stft(y, n_fft=512)
P = np.abs(D) ** 2
cube = noise[:210].reshape(5, 6, 7)
cube_complex = (noise[:210] + 1j * y[:210]).reshape(5, 6, 7).astype(np.complex64)

with Golden("spectral") as g:

    def case(function, name, call, strides=()):
        g.write(function, name, call, eval(call), strides)

    for window in [
        "hann",
        "hamming",
        "blackman",
        "bartlett",
        "triang",
        "cosine",
        "nuttall",
        "blackmanharris",
        "flattop",
        "bohman",
        "parzen",
        "barthann",
        "lanczos",
        ("kaiser", 8.0),
        ("gaussian", 3.0),
        ("tukey", 0.3),
        ("exponential", None, 2.0),
        ("general_hamming", 0.6),
        ("chebwin", 100.0),
        ("dpss", 2.5),
        ("taylor", 4, 40.0),
        "taylor",
        "tukey",
        "exponential",
        "boxcar",
    ]:
        for n in (16, 17):
            case("oto_window", f"{window} {n}", f"scipy.signal.get_window({window!r}, {n})")
        case("oto_window", f"{window} symmetric", f"scipy.signal.get_window({window!r}, 12, fftbins=False)")

    for name, arguments in [
        ("defaults", "y"),
        ("stereo", "stereo, n_fft=1024"),
        ("hop 300, window 700", "y, n_fft=1024, hop_length=300, win_length=700"),
        ("not centred", "y, n_fft=1024, center=False"),
        ("edge", "y, n_fft=1024, pad_mode='edge'"),
        ("reflect", "y, n_fft=1024, pad_mode='reflect'"),
        ("symmetric", "y, n_fft=1024, pad_mode='symmetric'"),
        ("ramp", "y, n_fft=1024, pad_mode='linear_ramp'"),
        ("odd n_fft", "odd, n_fft=501, hop_length=77"),
        ("odd window", "odd, n_fft=512, win_length=333"),
        ("Kaiser", "y, n_fft=512, window=('kaiser', 8.0)"),
        ("one sample", "one, n_fft=64"),
        ("shorter than a frame, reflected", "odd[:100], n_fft=512, pad_mode='reflect'"),
        ("hop longer than a frame", "y, n_fft=256, hop_length=1000"),
        ("silence", "silence"),
        ("DC", "dc, n_fft=512"),
        ("n_fft 2", "odd, n_fft=2, hop_length=50"),
        ("n_fft 1", "odd, n_fft=1, hop_length=50"),
    ]:
        case("oto_stft", name, f"librosa.stft({arguments})", (1, 64, 5) if "stereo" in name else (26, 9))

    for name, arguments in [
        ("halved", "D / 2"),
        ("length 9000", "D / 2, length=9000"),
        ("length 20000", "D / 2, length=20000"),
        ("stereo", "librosa.stft(stereo, n_fft=1024)"),
        ("window 300", "librosa.stft(y, n_fft=512, win_length=300, hop_length=75), win_length=300, hop_length=75"),
        ("not centred", "librosa.stft(y, n_fft=512, center=False), center=False"),
        ("sparse frames", "librosa.stft(y, n_fft=512, hop_length=400), hop_length=400"),
    ]:
        case("oto_istft", name, f"librosa.istft({arguments})", (1, 97) if name == "stereo" else (97,))

    for name, arguments in [
        ("defaults", "y=y, sr=22050, n_fft=512"),
        ("filled, not clipped", "y=y, sr=22050, n_fft=512, fill_nan=True, clip=False"),
        ("not centred", "y=y, sr=22050, n_fft=512, center=False, ref_power=0.1"),
        ("frequencies only", "y=y, sr=22050, n_fft=512, reassign_times=False"),
        ("odd n_fft", "y=odd, sr=22050, n_fft=301, hop_length=100"),
    ]:
        for part, what in enumerate(["frequencies", "times", "magnitudes"]):
            call = f"librosa.reassigned_spectrogram({arguments})[{part}]"
            case("oto_reassigned_spectrogram", f"{what}, {name}", call, (32, 9))

    for name, call in [
        ("axis 0", "np.fft.fft(cube, axis=0)"),
        ("axis 1, n 9", "np.fft.fft(cube_complex, n=9, axis=1)"),
        ("last, n 4", "np.fft.fft(cube_complex, n=4)"),
        ("prime", "np.fft.fft(noise[:1009])"),
    ]:
        case("oto_fft", name, call, (13,) if name == "prime" else ())
    case("oto_ifft", "axis 1", "np.fft.ifft(cube_complex, axis=1)")
    case("oto_ifft", "n 8", "np.fft.ifft(cube_complex, n=8)")
    case("oto_rfft", "axis -2", "np.fft.rfft(cube, axis=-2)")
    case("oto_rfft", "n 20", "np.fft.rfft(cube, n=20)")
    case("oto_irfft", "axis 1, 11", "np.fft.irfft(np.fft.rfft(cube, n=11, axis=1), n=11, axis=1)")

    for name, call in [
        ("power, max", "librosa.power_to_db(P, ref=np.max)"),
        ("power, no floor", "librosa.power_to_db(P, top_db=None, amin=1e-6)"),
        ("magnitude", "librosa.amplitude_to_db(np.abs(D), ref=0.5)"),
        ("complex", "librosa.amplitude_to_db(np.abs(D), top_db=40)"),
        ("silence", "librosa.power_to_db(np.zeros((3, 4)))"),
    ]:
        case("oto_db", name, call, (16, 4) if "silence" not in name else ())
    case("oto_db_to_power", "ref 2", "librosa.db_to_power(librosa.power_to_db(P), ref=2.0)", (16, 4))
    case("oto_db_to_amplitude", "ref 2", "librosa.db_to_amplitude(librosa.power_to_db(P), ref=2.0)", (16, 4))

    for name, arguments in [
        ("n_fft 1024, 40 HTK bands", "sr=22050, n_fft=1024, n_mels=40, htk=True"),
        ("L1", "sr=22050, n_fft=512, n_mels=10, norm=1"),
        ("L2", "sr=22050, n_fft=512, n_mels=10, norm=2"),
        ("maximum", "sr=22050, n_fft=512, n_mels=10, norm=np.inf, fmin=300"),
        ("no norm", "sr=22050, n_fft=512, n_mels=10, norm=None, fmax=4000"),
        ("empty bands", "sr=22050, n_fft=64, n_mels=40"),
        ("odd n_fft", "sr=8000, n_fft=301, n_mels=8"),
    ]:
        case("oto_mel_filters", name, f"librosa.filters.mel({arguments})", (2, 11) if "1024" in name else (1, 7))
    for name, arguments in [
        ("defaults", "y=y, sr=22050"),
        ("stereo", "y=stereo, sr=22050, n_mels=30"),
        ("magnitudes", "y=y, sr=22050, n_mels=30, power=1.0"),
        ("of a power spectrogram", "S=P, sr=22050, n_fft=512, n_mels=20"),
        ("HTK, L2, hop 200", "y=y, sr=22050, n_fft=1024, hop_length=200, n_mels=30, htk=True, norm=2"),
        ("silence", "y=silence, sr=22050"),
        ("one sample", "y=one, sr=22050"),
    ]:
        case("oto_mel", name, f"librosa.feature.melspectrogram({arguments})", (1, 5, 5) if name == "stereo" else (5, 3))
