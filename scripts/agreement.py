"""Writes lib/AGREEMENT.md from the comparisons that the unit tests left in build/agreement (make agreement).

usage: python scripts/agreement.py [--check]     --check: only say whether the committed page lists these comparisons

The errors differ a little from one processor to another, so --check looks at everything else.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "lib/AGREEMENT.md"
HEAD = """# Agreement with the reference libraries

Made by `make agreement` from the unit tests; do not edit. A row is a function: the calls of the peer it was compared with,
in how many cases, the widest tolerance among them, and the worst error seen. An error is the largest difference of any
element divided by the peer's largest value (for single numbers: the relative difference); 0 means identical. The numbers
were made by `tests/golden/make_*.py` with {versions}.

| function | agrees with | cases | tolerance | worst error |
|---|---|---|---|---|
"""


def comparisons():
    """-> {function: [(case, peer's call, tolerance, error)]}"""
    rows = defaultdict(list)
    for path in sorted((ROOT / "build/agreement").glob("*.tsv")):
        for line in path.read_text().splitlines():
            function, case, peer, tolerance, error = line.split("\t")
            rows[function].append((case, peer, float(tolerance), float(error)))
    return rows


def versions():
    """The peers and versions that the golden files name."""
    lines = {
        line[2:]
        for path in (ROOT / "tests/golden").glob("*.golden")
        for line in path.read_text().splitlines()
        if line.startswith("# ")
    }
    return ", ".join(sorted(lines))


def peers(cases):
    """The functions of the peers in these calls: librosa.stft of "librosa.stft(y, n_fft=256)"."""
    names = {re.match(r"[\w.]*", call).group() or call for _, call, _, _ in cases}
    return ", ".join(f"`{name}`" for name in sorted(names))


def page():
    rows = [
        f"| `{function}` | {peers(cases)} | {len(cases)} | {max(c[2] for c in cases):.0e} | {max(c[3] for c in cases):.0e} |\n"
        for function, cases in sorted(comparisons().items())
    ]
    return HEAD.format(versions=versions()) + "".join(rows)


def without_errors(text):
    return re.sub(r"[^|\n]*\|\n", "\n", text)


def main():
    made = page()
    if "--check" not in sys.argv:
        PAGE.write_text(made)
        print(f"{PAGE.relative_to(ROOT)}: {sum(map(len, comparisons().values()))} comparisons")
    elif not PAGE.exists() or without_errors(PAGE.read_text()) != without_errors(made):
        sys.exit("lib/AGREEMENT.md does not list what the unit tests compare: run `make agreement` and commit it")


if __name__ == "__main__":
    main()
