"""make bench-nn: training steps of the course's seven models beside PyTorch, in one run, with one thread each and with two.

usage: python bench/nn [MODEL ...] [--threads N] [--no-facts]

Oto's and PyTorch's turns alternate, so that a noisy machine disturbs both; a row is the median of each. The last columns
of the first table say how many GFLOP/s of products were reached, beside what a large product of matrices reaches. The
closing line is over the times of steps and of inference.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent))  # table.py, which all benchmarks share
from table import Fact, Row, print_table

NAMES = ["mlp", "cnn", "crnn", "unet", "lstm", "gpt", "vae"]
TURNS, LEAST_MS = 5, 2000


def timed(call, times):
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) * 1e3 / times


def alternate(ours, theirs):
    """-> the medians, ms, of two functions that run n times and give the mean ms of one."""
    once = theirs(2)
    ours(2)
    times = max(1, min(100, int(LEAST_MS / TURNS / max(once, 0.01))))
    pairs = [(ours(times), theirs(times)) for _ in range(TURNS)]
    return [statistics.median(side) for side in zip(*pairs)]


def peak_gflops():
    """What torch reaches in a product of two matrices of 1024 by 1024."""
    import torch

    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    torch.mm(a, b)
    return max(2 * 1024**3 / timed(lambda: torch.mm(a, b), 3) / 1e6 for _ in range(8))


def measure(names, threads):
    import torch
    from models import MODELS
    from program import Program

    torch.set_num_threads(threads)
    program = Program()
    rows, facts = [], []
    peak = peak_gflops()
    for model in MODELS:
        if model.name not in names:
            continue
        print(f"... {model.name}", file=sys.stderr, flush=True)
        step = model.step()
        ours, theirs = alternate(lambda n: program.milliseconds("step", model.name, n), lambda n: timed(step, n))
        plural = "s" if threads > 1 else ""
        rows.append(Row(f"{model.name}, step, {threads} thread{plural}", "ms", ours, "torch 2.13", theirs, 1.0))
        ours, theirs = [2 * model.multiply_adds / ms / 1e6 for ms in (ours, theirs)]
        facts.append(
            Fact(
                f"{model.name}, products, {threads} thread{plural}",
                f"{ours:.0f} GFLOP/s (torch {theirs:.0f}), {ours / peak:.2f} of sgemm's {peak:.0f}",
                "said", True,
            )
        )
        if not model.one:
            continue
        with torch.inference_mode():
            infer = model.inference()
            ours, theirs = alternate(lambda n: program.milliseconds("infer", model.name, n), lambda n: timed(infer, n))
        rows.append(Row(f"{model.name}, inference of one, {threads} thread{plural}", "ms", ours, "torch 2.13", theirs, 2.0))
    program.close()
    return rows, facts


def in_a_process(names, threads):
    """The same in a process that has room for so many threads: libraries read their limits once, when they are loaded."""
    environment = os.environ | {name: str(threads) for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OTO_THREADS"]}
    command = [sys.executable, Path(__file__).parent, *names, "--threads", str(threads), "--json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"bench-nn: the measurement with {threads} threads failed")
    rows, facts = json.loads(done.stdout.splitlines()[-1])
    return [Row(**row) for row in rows], [Fact(**fact) for fact in facts]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[*NAMES, []])
    parser.add_argument("--threads", type=int, choices=[1, 2], help="only with so many")
    parser.add_argument("--no-facts", action="store_true", help="times alone: not memory, not the first step")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.models or NAMES
    if options.json:
        rows, facts = measure(names, options.threads)
        print("\n" + json.dumps([[asdict(row) for row in rows], [asdict(fact) for fact in facts]]))
        return
    entries = []
    for threads in [options.threads] if options.threads else [1, 2]:
        rows, facts = in_a_process(names, threads)
        entries += rows + facts
    if not options.no_facts:
        from memory import memory_rows
        from first_step import first_step_row

        entries += memory_rows(names) + [first_step_row()]
    print_table(entries)


if __name__ == "__main__":
    main()
