"""How long a person waits: Oto's kernel beside ipykernel and jupyter-c-kernel in one run, through jupyter_client.

    start      from starting the process to the answer of kernel_info
    new cell   a cell that this kernel has not seen: defines a function, calls it, prints; until idle
    repeated   one of those cells once more

Prints medians in milliseconds, and how many times faster Oto is than the peer that does the same: ipykernel for the
start (the usual kernel), jupyter-c-kernel for the cells (the same language; its cells are whole programs). Oto runs
with its sanitizers on. The kernels take turns, so that a slow moment of the machine hits all.

usage: latency.py [--starts N] [--cells N]
"""

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.manager import KernelManager

BUILD = Path(__file__).resolve().parents[2] / "build"

C_BODY = "double f{i}(double x) {{ double s = 0; for (int k = 0; k < 10; k++) s += sin(x * k); return s; }}"
C_PRINT = 'printf("%.6f\\n", f{i}({i}.5));'
PYTHON = """import math
def f{i}(x):
    s = 0.0
    for k in range(10): s += math.sin(x * k)
    return s
print('%.6f' % f{i}({i}.5))"""
KERNELS = {
    "oto": f"{C_BODY}\n{C_PRINT}",
    "ipykernel": PYTHON,
    "jupyter-c-kernel": f"//%ldflags:-lm\n#include <stdio.h>\n#include <math.h>\n{C_BODY}\nint main(void) {{{{ {C_PRINT} return 0; }}}}",
}
PEERS = [("start", "ipykernel"), ("new cell", "jupyter-c-kernel"), ("repeated", "jupyter-c-kernel")]


def install_kernelspecs(folder):
    """Makes the three kernels, and no others, findable."""
    commands = {
        "oto": [str(BUILD / "bin/oto-kernel"), "-f", "{connection_file}", "--history", ":memory:"],
        "ipykernel": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "jupyter-c-kernel": [sys.executable, "-m", "jupyter_c_kernel", "-f", "{connection_file}"],
    }
    for name, argv in commands.items():
        spec = Path(folder) / "kernels" / name
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": "c"}))
    os.environ["JUPYTER_PATH"] = str(folder)


class Kernel:
    """A started kernel; .start_ms says how long it took."""

    def __init__(self, name, log):
        began = time.perf_counter()
        self.manager = KernelManager(kernel_name=name)
        self.manager.start_kernel(stdout=log, stderr=log)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.kernel_info()
        self.client.get_shell_msg(timeout=60)
        self.start_ms = (time.perf_counter() - began) * 1e3

    def cell_ms(self, source):
        """Milliseconds until idle. What the cell printed must have come."""
        began = time.perf_counter()
        request = self.client.execute(source)
        text = ""
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                text += content["text"]
            elif kind == "error":
                raise SystemExit(f"{self.manager.kernel_name}: {content}")
            elif kind == "status" and content["execution_state"] == "idle":
                break
        milliseconds = (time.perf_counter() - began) * 1e3
        # jupyter-c-kernel sometimes says idle before the output has come; that is its loss of time won, and stays.
        if "." not in text and self.manager.kernel_name == "oto":
            raise SystemExit(f"oto: idle came before the output of {source!r}")
        return milliseconds

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def measure(starts, cells, log):
    """-> {kernel: {what: median ms}}"""
    times = {name: {"start": [], "new cell": [], "repeated": []} for name in KERNELS}
    for _ in range(starts):
        for name in KERNELS:
            kernel = Kernel(name, log)
            times[name]["start"].append(kernel.start_ms)
            kernel.stop()
    running = {name: Kernel(name, log) for name in KERNELS}
    time.sleep(2)  # as a person, who reads before typing; what a kernel loads behind its start may finish
    try:
        for i in range(cells):
            for name, source in KERNELS.items():
                times[name]["new cell"].append(running[name].cell_ms(source.format(i=i)))
        for _ in range(cells):
            for name, source in KERNELS.items():
                times[name]["repeated"].append(running[name].cell_ms(source.format(i=3)))
    finally:
        for kernel in running.values():
            kernel.stop()
    return {name: {what: statistics.median(ms) for what, ms in row.items()} for name, row in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--cells", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        install_kernelspecs(folder)
        with open(BUILD / "bench-kernel.log", "w") as log:
            medians = measure(options.starts, max(options.cells, 4), log)

    print(f"{'ms (median)':18}{'start':>10}{'new cell':>10}{'repeated':>10}")
    for name, row in medians.items():
        print(f"{name:18}" + "".join(f"{row[what]:10.1f}" for what in ("start", "new cell", "repeated")))
    print()
    faster = []
    for what, peer in PEERS:
        ratio = medians[peer][what] / medians["oto"][what]
        faster.append(ratio)
        print(f"{what:10} {ratio:5.1f} times faster than {peer} ({1 / ratio:.2f} of its time)")
    print(f"\nworst {min(faster):.1f}, geomean {math.exp(statistics.fmean(map(math.log, faster))):.1f}")


if __name__ == "__main__":
    main()
