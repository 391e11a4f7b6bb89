"""Separated sources against the sources: what mir_eval computes, for tests/unit/test_sources.c.

Sources are signals of golden.py at 8000 Hz. An estimate is a sum of all sources, each delayed and weighted, and noise;
the weights (estimate, source or noise, [weight, delay in samples]) are inputs that the C side reads.
"""

import warnings

import mir_eval
import numpy as np

from golden import Golden, signal

warnings.simplefilter("ignore")
RATE = 8000
KINDS = ["melody", "beats", "chirp"]
# weights are multiples of 1/64, which float32 holds; of each row the last is the noise's
WEIGHTS = {
    "one source": [[(0.75, 2), (0.125, 0)]],
    "two sources": [[(0.25, 0), (0.875, 7), (1 / 64, 0)], [(1.0, 3), (3 / 64, 0), (1 / 64, 0)]],
    "nearly right": [[(1.0, 0), (1 / 64, 0), (1 / 256, 0)], [(1 / 64, 1), (1.0, 0), (1 / 64, 0)]],
    "three sources": [[(0.125, 0), (0.125, 5), (1.0, 1), (1 / 32, 0)], [(1.0, 40), (0.25, 0), (0.0, 0), (1 / 16, 0)],
                      [(0.0, 0), (0.5, 600), (0.125, 2), (1 / 64, 0)]],
}


def delayed(x, delay):
    return np.concatenate([np.zeros(delay), x[: len(x) - delay]])


def sources_of(case, seconds):
    """-> sources and estimates, (source, time), of float32 values."""
    weights = WEIGHTS[case]
    sources = np.array([signal(kind, RATE, seconds) for kind in KINDS[: len(weights)]], dtype=float)
    noise = signal("noise", RATE, seconds).astype(float)
    estimates = np.zeros_like(sources)
    for estimate, row in zip(estimates, weights):
        for part, (weight, delay) in zip([*sources, noise], row):
            estimate += weight * delayed(part, delay)
    return sources, estimates.astype(np.float32).astype(float)


def filters_of(sources, estimates, taps):
    """bss_eval_sources with another length of filters and without permutation."""
    numbers = []
    for j in range(len(sources)):
        parts = mir_eval.separation._bss_decomp_mtifilt(sources, estimates[j], j, taps)
        numbers.append(mir_eval.separation._bss_source_crit(*parts))
    return np.array(numbers).T


def si_sdr(sources, estimates):
    scale = np.sum(estimates * sources, 1) / np.sum(sources**2, 1)
    target = scale[:, None] * sources
    return 10 * np.log10(np.sum(target**2, 1) / np.sum((target - estimates) ** 2, 1))


with Golden("sources") as g:
    for case, weights in WEIGHTS.items():
        g.input(case, np.array(weights, dtype=float))
        sources, estimates = sources_of(case, 1.5)
        sdr, sir, sar, permutation = mir_eval.separation.bss_eval_sources(sources, estimates)
        if len(weights) == 1:
            sir[:] = np.inf  # with one source mir_eval's interference is a rounding error
        g.write("oto_separation_score", case, "mir_eval.separation.bss_eval_sources", [sdr, sir, sar, permutation])
        g.write("oto_si_sdr", case, "numpy, by the formula", si_sdr(sources, estimates))
        centred = [x - x.mean(1, keepdims=True) for x in (sources, estimates)]
        g.write("oto_si_sdr", f"{case}, zero mean", "numpy, by the formula", si_sdr(*centred))
        if len(weights) == 1:
            continue
        numbers = mir_eval.separation.bss_eval_sources(sources, estimates, compute_permutation=False)
        g.write("oto_separation_score", f"{case}, in order",
                "mir_eval.separation.bss_eval_sources(compute_permutation=False)", numbers)
        for taps in (1, 100):
            g.write("oto_separation_score", f"{case}, {taps} taps", f"mir_eval.separation._bss_decomp_mtifilt(flen={taps})",
                    filters_of(sources, estimates, taps))
    sources, estimates = sources_of("two sources", 3)
    sources[1, RATE : 2 * RATE] = estimates[0, RATE : 2 * RATE] = 0
    for hop in (4000, 8000):
        numbers = mir_eval.separation.bss_eval_sources_framewise(sources, estimates, 8000, hop, True)
        numbers = np.array(numbers)
        numbers[3] = np.nan_to_num(numbers[3], nan=-1)
        g.write("oto_separation_score", f"pieces, hop {hop}", "mir_eval.separation.bss_eval_sources_framewise", numbers)
