"""make bench-grader: oto-grade beside nbgrader 0.9.6, in one run, with the same kernel.

usage: python bench/grader [speed class_of_300 sandbox cluster]

Turns of the two alternate, so that a noisy machine disturbs both; a row is the median of each.
"""

import importlib
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent))  # table.py, which all benchmarks share
from table import print_table

MODULES = ["speed", "class_of_300", "sandbox", "cluster"]


def main(chosen):
    unknown = set(chosen) - set(MODULES)
    if unknown:
        sys.exit(f"bench-grader: no such part: {', '.join(sorted(unknown))} (there are: {', '.join(MODULES)})")
    entries = []
    for module in chosen or MODULES:
        print(f"... {module}", file=sys.stderr, flush=True)
        entries += importlib.import_module(module).measure()
    print_table(entries)


if __name__ == "__main__":
    main(sys.argv[1:])
