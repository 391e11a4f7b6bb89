"""How long a person waits: Oto beside ipykernel and jupyter-c-kernel, through jupyter_client.

    start          from starting the process to the answer of kernel_info
    first result   from starting the process until the first cell is idle
    new cell       a cell that this kernel has not seen: defines a function, calls it, prints; until idle
    same again     one of those cells once more

The kernels take turns, so that a slow moment of the machine hits all. Oto runs with its sanitizers on.
"""

import statistics
import time

from kernels import Kernel
from table import Row

C_BODY = "double f{i}(double x) {{ double s = 0; for (int k = 0; k < 10; k++) s += sin(x * k); return s; }}"
C_PRINT = 'printf("%.6f\\n", f{i}({i}.5));'
PYTHON = """import math
def f{i}(x):
    s = 0.0
    for k in range(10): s += math.sin(x * k)
    return s
print('%.6f' % f{i}({i}.5))"""
CELLS = {
    "oto": f"{C_BODY}\n{C_PRINT}",
    "ipykernel": PYTHON,
    "jupyter-c-kernel": (
        f"//%ldflags:-lm\n#include <stdio.h>\n#include <math.h>\n{C_BODY}\nint main(void) {{{{ {C_PRINT} return 0; }}}}"
    ),
}


def measure(starts=9, cells=40):
    times = {name: {"start": [], "first": [], "new": [], "again": []} for name in CELLS}

    def run(kernel, i):
        milliseconds, text, _ = kernel.run(CELLS[kernel.name].format(i=i))
        if "." not in text and kernel.name == "oto":  # jupyter-c-kernel sometimes says idle before the output has come
            raise SystemExit("oto: idle came before the output")
        return milliseconds

    for _ in range(starts):
        for name in CELLS:
            with Kernel(name) as kernel:
                times[name]["start"].append(kernel.start_ms)
                times[name]["first"].append(kernel.start_ms + run(kernel, 0))
    kernels = [Kernel(name) for name in CELLS]
    try:
        time.sleep(2)  # as a person, who reads before typing
        for i in range(cells):
            for kernel in kernels:
                times[kernel.name]["new"].append(run(kernel, i))
        for _ in range(cells):
            for kernel in kernels:
                times[kernel.name]["again"].append(run(kernel, 3))
    finally:
        for kernel in kernels:
            kernel.stop()
    ms = {name: {what: statistics.median(list_) for what, list_ in row.items()} for name, row in times.items()}

    def row(figure, what, peer, share):
        return Row(figure, "ms", ms["oto"][what], peer, ms[peer][what], 1 / share)

    return [
        row("start to kernel_info_reply", "start", "ipykernel", 0.08),
        row("start to the first result", "first", "ipykernel", 0.3),
        row("new cell, sanitizers on", "new", "ipykernel", 3.0),
        row("new cell, sanitizers on", "new", "jupyter-c-kernel", 0.5),
        row("the same cell again", "again", "ipykernel", 0.5),
        row("the same cell again", "again", "jupyter-c-kernel", 0.2),
    ]
