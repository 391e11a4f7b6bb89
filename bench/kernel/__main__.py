"""make bench-kernel: every figure of the kernel beside its peers, in one run.

usage: python bench/kernel [WHAT ...] [--cells N]      WHAT: one of the modules named below; all when none is given
"""

import argparse
import importlib
import sys

from kernels import kernelspecs
from table import print_table

MODULES = ["latency", "editor", "output", "memory", "growth", "survival", "fast_loops"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*MODULES, []], help="the modules to run")
    parser.add_argument("--cells", type=int, default=500, help="how long the session of growth is (500, or 10000)")
    options = parser.parse_args()
    entries = []
    with kernelspecs():
        for name in options.what or MODULES:
            print(f"... {name}", file=sys.stderr, flush=True)
            module = importlib.import_module(name)
            entries += module.measure(options.cells) if name == "growth" else module.measure()
    print_table(entries)


if __name__ == "__main__":
    main()
