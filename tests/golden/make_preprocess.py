"""Delta, stacking, emphasis, mu-law, PCEN, mel bands undone: what librosa computes, for tests/unit/test_preprocess.c."""

import librosa
import numpy as np

from golden import Golden, signal

y = signal("melody", 22050, 0.6)
noise = signal("noise", 22050, 0.6)
stereo = np.stack([y, noise])
x = np.clip(noise[:200] * 2, -1, 1)
mel = librosa.feature.melspectrogram(y=y, sr=22050, n_mels=16)
both = librosa.feature.melspectrogram(y=stereo, sr=22050, n_mels=8)
short = mel[:, :5]
D = librosa.power_to_db(mel)

with Golden("preprocess") as g:

    def case(function, name, call, strides=()):
        g.write(function, name, call, eval(call), strides)

    for name, arguments in [
        ("defaults", "D"),
        ("second", "D, order=2"),
        ("width 5, order 3", "D, width=5, order=3"),
        ("nearest", "D, mode='nearest'"),
        ("mirror", "D, width=7, mode='mirror'"),
        ("constant", "D, mode='constant'"),
        ("wrap", "D, mode='wrap'"),
        ("few frames, nearest", "short, mode='nearest'"),
        ("stereo", "both"),
    ]:
        case("oto_delta", name, f"librosa.feature.delta({arguments})")
    for name, arguments in [
        ("defaults", "short"),
        ("3 steps of 2", "short, n_steps=3, delay=2"),
        ("future", "short, n_steps=3, delay=-1"),
        ("edge", "short, n_steps=4, mode='edge'"),
        ("one row", "noise[:7], n_steps=3"),
    ]:
        case("oto_stack_memory", name, f"librosa.feature.stack_memory({arguments})")
    for name, arguments in [("defaults", "y[:500]"), ("0.5", "y[:500], coef=0.5"), ("zi 0", "y[:500], zi=[0.0]")]:
        case("oto_preemphasis", name, f"librosa.effects.preemphasis({arguments})", (7,))
        case("oto_deemphasis", name, f"librosa.effects.deemphasis({arguments})", (7,))
    case("oto_preemphasis", "stereo", "librosa.effects.preemphasis(stereo[:, :100])", (1, 7))
    for name, arguments in [("defaults", ""), ("not quantised", ", quantize=False"), ("mu 15", ", mu=15")]:
        case("oto_mu_compress", name, f"librosa.mu_compress(x{arguments})")
        case("oto_mu_expand", name, f"librosa.mu_expand(librosa.mu_compress(x{arguments}){arguments})")
    for name, arguments in [
        ("defaults", "mel"),
        ("loud", "mel * 2**31"),
        ("no bias", "mel, bias=0"),
        ("logarithm", "mel, power=0"),
        ("b 0.3, gain 0.5, power 0.25", "mel, b=0.3, gain=0.5, power=0.25"),
        ("maximum over 3", "mel, max_size=3"),
        ("maximum over 4", "mel, max_size=4"),
        ("stereo", "both, time_constant=0.1, eps=1e-3"),
        ("hop 256 at 16000", "mel, hop_length=256, sr=16000"),
    ]:
        case("oto_pcen", name, f"librosa.pcen({arguments})")
    case("oto_fix_length", "cut", "librosa.util.fix_length(x, size=50)")
    case("oto_fix_length", "longer", "librosa.util.fix_length(x[:20], size=30)")
    case("oto_pad_center", "odd", "librosa.util.pad_center(x[:20], size=31)")
