"""make bench-dsp: the signal half of the library beside its peers, in one run, with one thread each and with two.

usage: python bench/dsp [TOPIC ...] [--threads N]      TOPIC: a module of CASES; all when none is given

Oto's and the peer's turns alternate, so that a noisy machine disturbs both; a row is the median of each.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent))  # table.py, which all benchmarks share
from table import Fact, Row, print_table

TOPICS = ["spectral", "rhythm", "tonal", "filters", "hour", "separation"]
LEAST_MS = 1500  # a case is repeated until the peer has used about so much
TURNS = 5


def timed(call):
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def measure_case(program, which, case, threads):
    """-> a Row; a peer that is slow is called less often, but both sides three times at least."""
    case.call()
    once = timed(case.call)
    program.milliseconds(which, 1)
    a_turn = max(1, min(5, int(LEAST_MS / TURNS / max(once, 0.01))))
    turns = TURNS if once < LEAST_MS / 2 else 3
    ours, theirs = [], []
    for _ in range(turns):
        ours += program.milliseconds(which, a_turn)
        theirs += [timed(case.call) for _ in range(a_turn)]
    figure = f"{case.name}, {threads} thread{'s' if threads > 1 else ''}"
    return Row(figure, "ms", statistics.median(ours), case.peer, statistics.median(theirs), case.goal)


def measure(topics, threads):
    """All rows with this number of threads; the environment that limits the peers is set already."""
    from program import Program

    warnings.filterwarnings("ignore")
    modules = [importlib.import_module(topic) for topic in topics]
    cases = [case for module in modules for case in module.CASES if threads in case.threads]
    program = Program(cases)
    rows = []
    for which, case in enumerate(cases):
        print(f"... {case.name}", file=sys.stderr, flush=True)
        rows.append(measure_case(program, which, case, threads))
    program.close()
    facts = [fact for module in modules if threads == 1 for fact in getattr(module, "facts", list)()]
    return rows, facts


def in_a_process(topics, threads):
    """The same in a process that has room for so many threads: libraries read their limits once, when they are loaded."""
    limits = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS", "OTO_THREADS"]
    environment = os.environ | {name: str(threads) for name in limits}
    command = [sys.executable, Path(__file__).parent, *topics, "--threads", str(threads), "--json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"bench-dsp: the measurement with {threads} threads failed")
    rows, facts = json.loads(done.stdout.splitlines()[-1])
    return [Row(**row) for row in rows] + [Fact(**fact) for fact in facts]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*", choices=[*TOPICS, []])
    parser.add_argument("--threads", type=int, choices=[1, 2], help="only with so many")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    topics = options.topics or TOPICS
    if options.json:
        rows, facts = measure(topics, options.threads)
        print("\n" + json.dumps([[asdict(row) for row in rows], [asdict(fact) for fact in facts]]))
        return
    entries = []
    for threads in [options.threads] if options.threads else [1, 2]:
        entries += in_a_process(topics, threads)
    print_table(entries)


if __name__ == "__main__":
    main()
