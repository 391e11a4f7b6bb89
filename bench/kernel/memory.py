"""Memory of the whole process tree (PSS) a while after the fifth cell: one kernel alone, then twenty."""

import statistics
import time

from kernels import Kernel, proportional_mb
from latency import CELLS
from table import Fact, Row


def started(name):
    kernel = Kernel(name)
    for i in range(5):
        kernel.run(CELLS[name].format(i=i))
    return kernel


def measure(seconds=60, many=20):
    kernels = {"oto": [started("oto")], "ipykernel": [started("ipykernel")]}
    try:
        time.sleep(seconds)
        alone = proportional_mb(kernels["oto"][0].pid)
        for name, list_ in kernels.items():
            list_ += [started(name) for _ in range(many - 1)]
        time.sleep(seconds)
        each = {
            name: statistics.fmean(proportional_mb(kernel.pid) for kernel in list_) for name, list_ in kernels.items()
        }
        began = time.perf_counter()
        kernels["oto"][0].run(CELLS["oto"].format(i=77))
        woken = (time.perf_counter() - began) * 1e3
    finally:
        for list_ in kernels.values():
            for kernel in list_:
                kernel.stop()
    return [
        Row(f"memory a kernel, {many} kernels, idle {seconds} s", "MB", each["oto"], "ipykernel", each["ipykernel"], 1.0),
        Fact(f"memory, alone, idle {seconds} s", f"{alone:.0f} MB", "at most 120 MB", alone <= 120),
        Fact("a new cell after that pause", f"{woken:.0f} ms", "under 400 ms", woken < 400),
    ]
