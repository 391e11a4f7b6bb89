"""Printing without end: 50 MB in lines of 100 bytes, to a client that reads as fast as Python can."""

import statistics
from pathlib import Path

from kernels import Kernel
from table import Fact, Row

LINES = 500_000
CELLS = {
    "oto": f'for (int i = 0; i < {LINES}; i++) printf("%099d\\n", i);',
    "ipykernel": f"for i in range({LINES}): print('%099d' % i)",
}
ADDED_MB = 64  # that the kernel's process may take on top while it passes 50 MB on


def peak_mb(pid):
    """The most memory that the process has had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no VmHWM of process {pid}")


def measure(rounds=5):
    speeds, lost = {name: [] for name in CELLS}, 0
    with Kernel("oto") as oto, Kernel("ipykernel") as ipykernel:
        for kernel in (oto, ipykernel):
            kernel.run("1 + 1")
        before = {kernel.name: peak_mb(kernel.pid) for kernel in (oto, ipykernel)}
        for _ in range(rounds):
            for kernel in (oto, ipykernel):
                milliseconds, text, _ = kernel.run(CELLS[kernel.name])
                speeds[kernel.name].append(len(text) / milliseconds / 1e3)
                if kernel is oto:
                    lost += text != "".join("%099d\n" % i for i in range(LINES))
        added = {kernel.name: peak_mb(kernel.pid) - before[kernel.name] for kernel in (oto, ipykernel)}
    median = {name: statistics.median(speed) for name, speed in speeds.items()}
    return [
        Row("50 MB printed", "MB/s", median["oto"], "ipykernel", median["ipykernel"], 2, more_is_better=True),
        Fact("50 MB printed: texts not as printed", f"{lost} of {rounds}", "0", lost == 0),
        Fact(
            "50 MB printed: memory on top, at most",
            f"{added['oto']:.0f} MB (ipykernel {added['ipykernel']:.0f})",
            f"{ADDED_MB} MB",
            added["oto"] <= ADDED_MB,
        ),
    ]
