"""Features of frames, MFCC, waveform features and silence: what librosa computes, for tests/unit/test_features.c."""

import librosa
import numpy as np

from golden import Golden, signal

y = signal("melody", 22050, 1.5)
noise = signal("noise", 22050, 1.5)
silence = signal("silence", 22050, 0.2)
odd = y[4000:8001]
dc = np.full(4096, 0.5, np.float32)
one = y[:1]
stereo = np.stack([y, noise])
quiet = np.concatenate([silence, y[:11025], silence, noise[:5000], silence])
S = np.abs(librosa.stft(y, n_fft=1024, hop_length=512))
D = librosa.power_to_db(librosa.feature.melspectrogram(y=y, n_mels=40))

SHAPES = [  # what every feature of a spectrum must do
    ("defaults", "y=y"),
    ("stereo", "y=stereo"),
    ("n_fft 1024, hop 300, Hamming, reflected", "y=y, n_fft=1024, hop_length=300, window='hamming', pad_mode='reflect'"),
    ("short window, not centred", "y=y, n_fft=1024, win_length=700, center=False"),
    ("odd length and n_fft", "y=odd, n_fft=1001, hop_length=257"),
    ("silence", "y=silence"),
    ("DC", "y=dc"),
    ("one sample", "y=one"),
    ("a spectrogram", "S=S, n_fft=1024"),
]
OWN = {
    "spectral_centroid": [],
    "spectral_bandwidth": [("p 1.5, not normalised", "y=y, p=1.5, norm=False"), ("p 1", "y=y, p=1")],
    "spectral_rolloff": [("half", "y=y, roll_percent=0.5"), ("0.99", "y=y, roll_percent=0.99")],
    "spectral_flatness": [("power 1, amin 1e-3", "y=y, power=1.0, amin=1e-3"), ("power 0.5", "y=y, power=0.5")],
    "spectral_contrast": [
        ("4 bands from 100 Hz", "y=y, n_bands=4, fmin=100.0"),
        ("a third, linear", "y=y, quantile=0.33, linear=True"),
    ],
    "poly_features": [("order 0", "y=y, order=0"), ("order 3", "y=y, order=3")],
}

with Golden("features") as g:

    def case(function, name, call, strides=()):
        g.write(function, name, call, eval(call), strides)

    for feature, more in OWN.items():
        for name, arguments in SHAPES + more:
            if feature == "spectral_contrast" and name == "odd length and n_fft":
                arguments += ", n_bands=5"
            call = f"librosa.feature.{feature}({arguments})"
            case("oto_" + feature, name, call, (1, 1, 3) if "stereo" in name else (1, 2))

    for name, arguments in SHAPES[:-1] + [
        ("13, lifter 22", "y=y, n_mfcc=13, lifter=22"),
        ("DCT 1", "y=y, dct_type=1"),
        ("DCT 3, unscaled", "y=y, dct_type=3, norm=None"),
        ("DCT 2, unscaled", "y=y, norm=None"),
        ("DCT 1, unscaled", "y=y, norm=None, dct_type=1"),
        ("40 HTK bands, 100 to 8000 Hz", "y=y, n_mels=40, htk=True, fmin=100, fmax=8000, mel_norm=None"),
        ("of mel bands in dB", "S=D"),
    ]:
        case("oto_mfcc", name, f"librosa.feature.mfcc({arguments})", (1, 1, 5) if "stereo" in name else (1, 4))
    for name, arguments in [
        ("defaults", ""),
        ("lifter 22", ", lifter=22"),
        ("DCT 3, unscaled, 40 bands", ", n_mels=40, dct_type=3, norm=None"),
        ("DCT 1, ref 2", ", dct_type=1, ref=2.0"),
    ]:
        case("oto_mfcc_to_mel", name, f"librosa.feature.inverse.mfcc_to_mel(librosa.feature.mfcc(y=y){arguments})", (4, 8))

    for name, arguments in [
        ("defaults", "y=y"),
        ("stereo", "y=stereo"),
        ("reflected, 1000 by 300", "y=y, frame_length=1000, hop_length=300, pad_mode='reflect'"),
        ("not centred", "y=y, center=False"),
        ("odd frames, edge", "y=odd, frame_length=333, hop_length=100, pad_mode='edge'"),
        ("one sample", "y=one"),
        ("DC", "y=dc"),
        ("a spectrogram", "S=S, frame_length=1024"),
    ]:
        case("oto_frame_rms", name, f"librosa.feature.rms({arguments})")
    for name, arguments in [
        ("defaults", "y"),
        ("noise", "noise"),
        ("stereo", "stereo"),
        ("1000 by 300", "y, frame_length=1000, hop_length=300"),
        ("not centred", "y, center=False"),
        ("threshold 0.01", "y, threshold=0.01"),
        ("zeros of their own", "y, threshold=0.01, zero_pos=False"),
        ("first sample counts", "y, pad=True"),
        ("one sample", "one"),
        ("silence", "silence"),
    ]:
        case("oto_zero_crossing_rate", name, f"librosa.feature.zero_crossing_rate({arguments})")
    case("oto_zero_crossings", "defaults", "librosa.zero_crossings(y).astype(int)", (71,))
    case("oto_zero_crossings", "no pad, threshold", "librosa.zero_crossings(y, pad=False, threshold=0.05, zero_pos=False).astype(int)", (71,))

    for name, arguments in [
        ("defaults", "quiet"),
        ("30 dB, 512 by 128", "quiet, top_db=30, frame_length=512, hop_length=128"),
        ("below 1", "quiet, ref=1.0, top_db=20"),
        ("silence", "silence"),
        ("stereo", "np.stack([quiet, quiet[::-1]])"),
    ]:
        case("oto_trim", name, f"librosa.effects.trim({arguments})[1]")
        case("oto_split", name, f"librosa.effects.split({arguments})")
