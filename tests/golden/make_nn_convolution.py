"""Convolutions, transposed ones and linear layers with all their gradients, also of the second order: what PyTorch
computes, for tests/unit/test_nn_convolution.c, where the same cases stand."""

import torch
import torch.nn.functional as F

from golden import Golden, numbers

CONVOLUTIONS = [  # case, function, x, w, bias, arguments
    ("3 over time", "conv1d", (2, 3, 17), (4, 3, 3), True, {}),
    ("stride 2, padding 3", "conv1d", (2, 3, 18), (5, 3, 7), True, dict(stride=2, padding=3)),
    ("dilation 4, depthwise", "conv1d", (1, 6, 40), (6, 1, 3), False, dict(dilation=4, padding=4, groups=6)),
    ("same, even kernel", "conv1d", (2, 2, 15), (3, 2, 4), True, dict(padding="same")),
    ("3x3, padding 1", "conv2d", (2, 3, 9, 11), (5, 3, 3, 3), True, dict(padding=1)),
    ("one channel", "conv2d", (2, 1, 8, 50), (4, 1, 3, 3), True, dict(padding=1)),
    ("5x5, stride 2", "conv2d", (2, 3, 13, 16), (4, 3, 5, 5), True, dict(stride=2, padding=2)),
    ("1x1", "conv2d", (2, 6, 5, 7), (3, 6, 1, 1), True, {}),
    ("groups, no bias", "conv2d", (2, 6, 8, 9), (4, 3, 3, 3), False, dict(groups=2)),
    ("dilation 2", "conv2d", (1, 2, 12, 13), (3, 2, 3, 3), True, dict(dilation=2, padding=2)),
    ("axes apart", "conv2d", (2, 2, 11, 19), (3, 2, 2, 5), True, dict(stride=(2, 3), padding=(0, 2), dilation=(3, 1))),
    ("same", "conv2d", (1, 2, 7, 10), (2, 2, 5, 2), True, dict(padding="same", dilation=(1, 3))),
]
TRANSPOSED = [
    ("stride 4", "conv_transpose1d", (2, 3, 9), (3, 4, 8), True, dict(stride=4, padding=2)),
    ("stride above the kernel", "conv_transpose1d", (1, 2, 6), (2, 3, 2), True, dict(stride=3)),
    ("5x5, stride 2", "conv_transpose2d", (2, 4, 6, 7), (4, 3, 5, 5), True, dict(stride=2, padding=2, output_padding=1)),
    ("to one channel", "conv_transpose2d", (1, 5, 4, 8), (5, 1, 5, 5), True, dict(stride=2, padding=2, output_padding=1)),
    ("groups, dilation", "conv_transpose2d", (2, 4, 5, 6), (4, 3, 3, 3), False, dict(groups=2, dilation=2, padding=1)),
    ("stride 1", "conv_transpose2d", (2, 3, 8, 9), (3, 4, 3, 3), True, dict(padding=1)),
]
LINEAR = [
    ("a batch", "linear", (5, 7), (3, 7), True, {}),
    ("three axes", "linear", (2, 4, 6), (5, 6), True, {}),
    ("no bias", "linear", (3, 40), (33, 40), False, {}),
]


def thinned(array):
    """Strides that keep a file small."""
    return (1,) * (array.ndim - 2) + (2, 3) if array.ndim > 2 and array.numel() > 100 else ()


def write(g, name, function, x_shape, w_shape, bias, arguments):
    x, w = (torch.tensor(numbers(seed, *shape), requires_grad=True) for seed, shape in ((1, x_shape), (2, w_shape)))
    called = f"F.{function}(x {x_shape}, w {w_shape}" + "".join(f", {k}={v}" for k, v in arguments.items()) + ")"
    channels = w_shape[0] if function in ("conv1d", "conv2d", "linear") else w_shape[1] * arguments.get("groups", 1)
    b = torch.tensor(numbers(3, channels), requires_grad=True) if bias else None
    wanted = [x, w] + ([b] if bias else [])
    y = getattr(F, function)(x, w, b, **arguments)
    v = torch.tensor(numbers(4, *y.shape))
    ours = f"oto_{function}"
    g.write(ours, name, called, y.detach(), thinned(y))
    first = torch.autograd.grad((y * y * v).sum(), wanted, create_graph=True)
    for what, gradient in zip(["x", "w", "b"], first):
        g.write(ours, f"{name}: d/d{what}", called, gradient.detach(), thinned(gradient))
    second = torch.autograd.grad((first[0] ** 2).sum(), wanted)
    for what, gradient in zip(["x", "w", "b"], second):
        g.write(ours, f"{name}: d/d{what} of |d/dx|^2", called, gradient, thinned(gradient))


with Golden("nn_convolution", ["torch"]) as g:
    for case in CONVOLUTIONS + TRANSPOSED + LINEAR:
        write(g, *case)
