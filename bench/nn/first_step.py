"""How long a student waits for the first step of training: a fresh cell in a kernel, beside `import torch` and a step."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(2, str(Path(__file__).resolve().parent.parent / "kernel"))
from kernels import Kernel, kernelspecs
from table import Row

TIMES = 5
CELL = """
OtoLayer *net = oto_sequential(oto_nn_linear(40, 256), oto_nn_relu(), oto_nn_linear(256, 128), oto_nn_relu(), oto_nn_linear(128, 10));
OtoTensor *x = oto_zeros(64, 40), *labels = oto_zeros_of(OTO_INT64, 1, (long long[]){64});
oto_step(oto_adam(net, .lr = 1e-3), oto_cross_entropy(oto_apply(net, x), labels));
"""
TORCH = """
import torch, torch.nn as nn
net = nn.Sequential(nn.Linear(40, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
x, labels = torch.zeros(64, 40), torch.zeros(64, dtype=torch.int64)
adam = torch.optim.Adam(net.parameters(), 1e-3)
nn.functional.cross_entropy(net(x), labels).backward()
adam.step()
"""


def of_oto():
    kernel = Kernel("oto")
    milliseconds, _, error = kernel.run(CELL)
    kernel.stop()
    if error:
        raise RuntimeError(f"the cell ended in {error}")
    return milliseconds


def of_torch():
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", TORCH], check=True)
    return (time.perf_counter() - began) * 1e3


def first_step_row():
    of_torch()  # its files are in the system's cache from now on
    with kernelspecs():
        pairs = [(of_oto(), of_torch()) for _ in range(TIMES)]
    ours, theirs = [statistics.median(side) for side in zip(*pairs)]
    return Row("first step from a fresh cell", "ms", ours, "import torch, step", theirs, 10.0, closing=False)
