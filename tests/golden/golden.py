"""What the scripts make_TOPIC.py share: signals that the C tests compute by the same formulas, and the file of a topic.

TOPIC.golden is text. Its first lines name the peers' versions. Then two lines an entry, fields parted by tabs:
    function  case  the peer's call  full shape  strides  "real" or "complex"
    the numbers of the strided array, row after row, with the nine digits that give a float32 back; complex ones as pairs
An input, for tests that need data that no formula gives, has "-" for function and peer.
"""

import importlib.metadata
import math
import pathlib

import numpy as np

PEERS = ["librosa", "numpy", "scipy", "scikit-learn", "mir_eval", "pretty_midi", "music21", "pyloudnorm", "soxr", "jams"]
MELODY = [60, 64, 67, 72, 71, 67, 62, 65]  # MIDI numbers, a quarter of a second each


def noise(count):
    """White noise in +-1 from a linear congruential generator: integers, so that C has the same."""
    state, numbers = 1, np.empty(count)
    for i in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        numbers[i] = state / 2**31 - 1
    return numbers


def numbers(seed, *shape):
    """float32 in +-1 of the same generator, from a seed: as golden_fill in tests/unit/golden.h."""
    state, values = seed, np.empty(math.prod(shape), np.float32)
    for i in range(values.size):
        state = (1664525 * state + 1013904223) % 2**32
        values[i] = state / 2**31 - 1
    return values.reshape(shape)


def signal(kind, sample_rate, seconds):
    """float32; computed in double, as golden_signal in tests/unit/golden.h.

    melody   decaying tones with three partials and a little noise
    chirp    a sine that rises from 100 Hz by 2000 Hz a second
    noise    white noise in +-0.5
    beats    a decaying burst of noise every half second over a quiet tone of 220 Hz
    silence
    """
    n = np.arange(round(sample_rate * seconds))
    t = n / sample_rate
    if kind == "melody":
        note = (t / 0.25).astype(int)
        within = t - 0.25 * note
        hz = 440 * 2 ** ((np.array(MELODY)[note % len(MELODY)] - 69) / 12)
        x = sum(0.4 / k * np.sin(2 * np.pi * k * hz * within) for k in (1, 2, 3)) * np.exp(-6 * within)
        x = x + 0.001 * noise(len(n))
    elif kind == "chirp":
        x = 0.5 * np.sin(2 * np.pi * (100 + 1000 * t) * t)
    elif kind == "noise":
        x = 0.5 * noise(len(n))
    elif kind == "beats":
        within = t - 0.5 * (t / 0.5).astype(int)
        x = 0.05 * np.sin(2 * np.pi * 220 * t) + 0.6 * noise(len(n)) * np.exp(-40 * within)
    elif kind == "silence":
        x = np.zeros(len(n))
    else:
        raise ValueError(f"no signal is called {kind}")
    return x.astype(np.float32)


class Golden:
    """with Golden("mel") as g: g.write(...) makes mel.golden beside this file."""

    def __init__(self, topic, peers=PEERS):
        self.peers = peers
        self.path = pathlib.Path(__file__).with_name(f"{topic}.golden")
        self.entries = []

    def __enter__(self):
        return self

    def write(self, function, case, peer, array, strides=()):
        """What the peer's call gives for this case of our function. strides: keep every so many along each axis."""
        array = np.asarray(array)
        strides = tuple(strides) + (1,) * (array.ndim - len(strides))
        kept = array[tuple(slice(None, None, stride) for stride in strides)]
        complex_ = np.iscomplexobj(kept)
        numbers = np.stack([kept.real, kept.imag], -1) if complex_ else kept.astype(float)
        fields = [function, case, peer, " ".join(map(str, array.shape)), " ".join(map(str, strides))]
        fields.append("complex" if complex_ else "real")
        self.entries.append("\t".join(fields) + "\n" + " ".join(f"{v:.9g}" for v in numbers.ravel()) + "\n")

    def input(self, case, array):
        self.write("-", case, "-", array)

    def __exit__(self, kind, error, trace):
        if error:
            return
        versions = "".join(f"# {peer} {importlib.metadata.version(peer)}\n" for peer in self.peers)
        self.path.write_text(versions + "".join(self.entries))
