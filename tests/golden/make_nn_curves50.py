"""The losses of 50 steps of each of the seven models of bench/nn in PyTorch, for tests/unit/test_nn_curves50.c.

The models are those of the benchmark, at their full widths; batches, images and sequences are smaller (MODELS), so that
the test takes seconds under sanitizers. No weights are stored: both sides draw them, and the data, from the library's
generator (generator.py). For a tensor of two and more axes it starts at the hash of the tensor's path, and gives numbers
uniform in +-1 / sqrt(numbers of a row); biases are 0, weights of norms 1. For the data it starts at 1, for the noise of
the VAE at 2.
"""

import math
import pathlib
import sys

import numpy as np
import torch

from generator import Generator
from golden import Golden

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "bench" / "nn"))
from models import MODELS

STEPS = 50
SHAPES = {  # of x, of the target, as in test_nn_curves50.c; a number: of classes
    "mlp": ((64, 40), 0, (64,), 10),
    "cnn": ((4, 1, 32, 32), 0, (4,), 10),
    "crnn": ((2, 8, 229), 0, (2, 8, 88), 0),
    "unet": ((2, 1, 128, 64), 0, (2, 1, 128, 64), 0),
    "lstm": ((4, 12), 388, (4, 12), 388),
    "gpt": ((2, 24), 388, (2, 24), 388),
    "vae": ((16, 1024), 0, (16, 1024), 0),
}
OURS = {  # parts of PyTorch's transformer block, as models.h calls them
    "self_attn.in_proj_": "qkv.", "self_attn.out_proj.": "out.", "norm1.": "norm.", "norm2.": "feed.0.",
    "linear1.": "feed.1.", "linear2.": "feed.3.",
}


def path_of(model, name):
    """Of the same tensor in models.h."""
    part, _, rest = name.partition(".")
    if model == "cnn" and int(part) < 16:
        return f"{int(part) // 4}.{int(part) % 4}.{rest}"
    if model == "cnn":
        return f"{int(part) - 12}.{rest}"
    if model == "lstm":
        return f"{['embed', 'lstm', 'head'].index(part)}.{rest}"
    for theirs, ours in OURS.items():
        if ".blocks." in "." + name:
            name = name.replace(theirs, ours)
    return name


def hash_of(path):
    """FNV-1a."""
    value = 2166136261
    for byte in path.encode():
        value = ((value ^ byte) * 16777619) % 2**32
    return value


def weight(path, shape):
    if len(shape) < 2:
        return np.full(shape, path.endswith("weight"), np.float32)
    generator, bound = Generator(hash_of(path)), 1 / math.sqrt(math.prod(shape[1:]))
    return generator.array(lambda: bound * (2 * generator.uniform() - 1), shape)


def data(generator, shape, classes):
    if classes:
        return torch.tensor(generator.array(lambda: generator.below(classes), shape, np.int64))
    return torch.tensor(generator.array(generator.uniform, shape))


def losses(model):
    torch.set_num_threads(1)
    net = model.make()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.tensor(weight(path_of(model.name, name), tuple(parameter.shape))))
    x_shape, x_classes, y_shape, y_classes = SHAPES[model.name]
    generator, noise = Generator(1), Generator(2)
    x, y = data(generator, x_shape, x_classes), data(generator, y_shape, y_classes)
    torch.randn_like = lambda like: torch.tensor(noise.array(noise.normal, tuple(like.shape)))
    adam, curve = torch.optim.Adam(net.parameters(), 1e-3), []
    for _ in range(STEPS):
        adam.zero_grad()
        loss = model.loss(net(x), y)
        loss.backward()
        adam.step()
        curve.append(loss.item())
    return np.array(curve)


with Golden("nn_curves50", ["torch"]) as g:
    for model in MODELS:
        curve = losses(model)
        g.write("oto_step", f"{model.name}: 10 steps", "torch.optim.Adam: losses", curve[:10])
        g.write("oto_step", f"{model.name}: 50 steps", "torch.optim.Adam: losses", curve)
