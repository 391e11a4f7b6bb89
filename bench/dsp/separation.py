"""Separated sources beside mir_eval. A fact and no row: it would flatter the mean by which the library is judged."""

import statistics
import warnings

import mir_eval

from __main__ import timed
from case import SAMPLE_RATE, SECONDS, Case, y
from program import Program
from table import Fact

CASES = []
HALF = SAMPLE_RATE * SECONDS // 2
C_SOURCES = f"""
    OtoTensor *sources = oto_reshape(y, 2, {HALF}), *estimates = oto_copy(sources);
    for (int n = 0; n < 2 * {HALF}; n++)
        oto_data(estimates)[n] += 0.1f * oto_data(sources)[(n + {HALF}) % (2 * {HALF})];
"""
sources = y.reshape(2, HALF)
estimates = sources + 0.1 * sources[::-1]


def measure_separation():
    """mir_eval's function, which says at each call that it will leave mir_eval."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mir_eval.separation.bss_eval_sources(sources, estimates)


def facts():
    case = Case("separation", "oto_separation_score(sources, estimates)", "mir_eval", measure_separation, setup=C_SOURCES)
    program = Program([case])
    ours = statistics.median(program.milliseconds(0, 5))
    theirs = statistics.median(timed(case.call) for _ in range(3))
    seen = f"{ours:.0f} ms, mir_eval {theirs:.0f} ms: {theirs / ours:.0f} times faster"
    return [Fact(f"BSS Eval of two sources, {SECONDS // 2} s", seen, "several times", theirs > 3 * ours)]
