"""Files that the package safetensors 0.8.0 writes: tests/golden/checkpoint/*.safetensors, which test_checkpoint reads
and writes again. Needs numpy, ml_dtypes and safetensors."""
import pathlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).parent / "checkpoint"
folder.mkdir(exist_ok=True)
weight = (np.arange(6, dtype=np.float32).reshape(3, 2) - 2.5) / 4
bias = np.array([0.5, -1.25, 3.0], np.float32)
net = {
    "0.weight": weight,
    "0.bias": bias,
    "1.weight": np.array([1.0, 2.0, 0.5], np.float32),
    "1.bias": np.array([0.0, -0.5, 0.25], np.float32),
    "1.running_mean": np.array([0.125, 0.25, -0.375], np.float32),
    "1.running_var": np.array([1.5, 0.75, 2.0], np.float32),
}
save_file(net, folder / "net.safetensors", metadata={"format": "pt"})
save_file(net | {"1.num_batches_tracked": np.array(7, np.int64)}, folder / "pytorch.safetensors")
for name, dtype in [("f16", np.float16), ("bf16", ml_dtypes.bfloat16), ("f64", np.float64)]:
    save_file({k: v.astype(dtype) for k, v in net.items()}, folder / f"{name}.safetensors")
save_file({k: v.astype(np.int32) for k, v in net.items()}, folder / "i32.safetensors")
