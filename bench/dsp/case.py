"""What is measured: an expression in C beside a peer's call, on the same signal."""

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

SAMPLE_RATE = 22050
SECONDS = 30


@dataclass
class Case:
    """C sees `OtoTensor *y` (the signal), *S = oto_stft(y), *M = oto_mel(y); the peer's function is called as it is."""

    name: str
    run: str  # a C expression
    peer: str
    call: Callable[[], object]
    goal: float = 3.0  # times faster than the peer
    setup: str = ""  # C declarations that `run` needs, not timed
    threads: tuple = field(default=(1, 2))  # with which numbers of threads it is measured


def signal():
    """30 s: a wavering tone and its third partial, noise, and a burst of noise every half second."""
    random = np.random.default_rng(0)
    t = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    y = 0.4 * np.sin(2 * np.pi * 220 * t * (1 + 0.01 * np.sin(3 * t))) + 0.2 * np.sin(2 * np.pi * 660 * t)
    y += 0.05 * random.standard_normal(t.size)
    for beat in range(2 * SECONDS):
        at = beat * SAMPLE_RATE // 2
        y[at : at + 400] += 0.5 * random.standard_normal(400)
    return y.astype(np.float32)


y = signal()
