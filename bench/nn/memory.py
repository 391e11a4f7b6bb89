"""Memory: the largest resident size that training has needed, beyond that of the process before it."""

import subprocess
import sys

from program import Program
from table import Fact, Row

STEPS = 20
# The allocator has its sizes together after some hundred steps; a leak of 40 bytes a step would show behind them.
FEW, MANY, MODEL_OF_MANY, FLAT_MB = 1_000, 10_000, "mlp", 0.35

TORCH = """
import resource, sys
sys.path.insert(0, sys.argv[3])
from models import MODELS
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
step = next(m for m in MODELS if m.name == sys.argv[1]).step()
for _ in range(int(sys.argv[2])): step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def of_oto(model, steps):
    program = Program()
    before = program.megabytes(model, 0)
    grown = program.megabytes(model, steps) - before
    program.close()
    return grown


def of_torch(model, steps):
    from pathlib import Path

    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", TORCH, model, str(steps), here], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)


def memory_rows(names):
    rows = [
        Row(
            f"{name}, memory of training", "MB", max(of_oto(name, STEPS), 0.1), "torch 2.13", of_torch(name, STEPS),
            1.0, closing=False,
        )
        for name in names
    ]
    program = Program()
    few = program.megabytes(MODEL_OF_MANY, FEW)
    many = program.megabytes(MODEL_OF_MANY, MANY - FEW)
    program.close()
    grown = many - few
    return rows + [
        Fact(
            f"{MODEL_OF_MANY}, memory, step {FEW} to {MANY}", f"{grown:+.2f} MB", f"at most {FLAT_MB} MB",
            grown <= FLAT_MB,
        )
    ]
