"""What a long session costs: time of the n-th new cell, memory of a cell that defines something and of one that does not."""

import statistics
import time

from kernels import Kernel, proportional_mb
from latency import CELLS
from table import Fact

IDLE = 25  # seconds, after which compilers and parser are gone: what is left is what the session keeps
STATEMENTS = 'for (int k = 0; k < {i}; k++) counter += k;\nprintf("%d.\\n", counter % 7);'


def kept_kb(kernel):
    """What the session keeps, in KB, without the helpers that come and go, and without its share of libraries, which
    depends on who else uses them at the moment."""
    time.sleep(IDLE)
    return sum(proportional_mb(kernel.pid, of) for of in ("Pss_Anon:", "Pss_Shmem:")) * 1024


def measure(cells=500):
    """cells: how many new definitions; the last of them are compared with the first."""
    facts = []
    with Kernel("oto") as kernel:
        source = CELLS["oto"]
        times = [kernel.run(source.format(i=i))[0] for i in range(30)]
        first, before = statistics.median(times[5:]), kept_kb(kernel)
        times += [kernel.run(source.format(i=i))[0] for i in range(30, cells)]
        last = statistics.median(times[-25:])
        kilobytes = (kept_kb(kernel) - before) / (cells - 30)
        goal = 1.3 if cells <= 500 else 2
        facts.append(
            Fact(
                f"new cell number {cells}",
                f"{last:.1f} ms, {last / first:.2f} times the 10th",
                f"at most {goal}",
                last / first <= goal,
            )
        )
        facts.append(Fact("memory of a cell with a definition", f"{kilobytes:.1f} KB", "at most 8 KB", kilobytes <= 8))
        kernel.run("int counter = 0;")
        for i in range(30):
            kernel.run(STATEMENTS.format(i=i))
        before = kept_kb(kernel)
        for i in range(30, 530):
            kernel.run(STATEMENTS.format(i=i))
        kilobytes = (kept_kb(kernel) - before) / 500
        facts.append(
            Fact("memory of a cell with statements only", f"{kilobytes:.2f} KB", "nothing", kilobytes < 0.5)
        )
    return facts
