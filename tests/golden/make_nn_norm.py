"""Norms and pooling with their gradients: what PyTorch computes, for tests/unit/test_nn_norm.c."""

import torch
import torch.nn.functional as F

from golden import Golden, numbers

NORMS = [  # ours, case, shape of x, of w, PyTorch's, whether twice
    ("oto_batch_norm", "training", (3, 4, 5, 7), (4,), lambda x, w, b: F.batch_norm(x, M, V, w, b, True), False),
    ("oto_batch_norm", "evaluation", (3, 4, 5, 7), (4,), lambda x, w, b: F.batch_norm(x, M, V, w, b, False), False),
    ("oto_batch_norm", "training, features", (6, 4), (4,), lambda x, w, b: F.batch_norm(x, M, V, w, b, True), False),
    ("oto_batch_norm", "leaky relu", (2, 4, 50), (4,), lambda x, w, b: F.leaky_relu(F.batch_norm(x, M, V, w, b, True), 0.2), False),
    ("oto_layer_norm", "features", (3, 5, 23), (23,), lambda x, w, b: F.layer_norm(x, (23,), w, b), True),
    ("oto_layer_norm", "two axes", (3, 5, 7), (5, 7), lambda x, w, b: F.layer_norm(x, (5, 7), w, b), True),
    ("oto_group_norm", "2 groups", (3, 6, 5, 4), (6,), lambda x, w, b: F.group_norm(x, 2, w, b), True),
    ("oto_instance_norm", "height, width", (2, 3, 5, 6), (3,), lambda x, w, b: F.instance_norm(x, weight=w, bias=b), True),
    ("oto_instance_norm", "time", (2, 3, 19), (3,), lambda x, w, b: F.instance_norm(x, weight=w, bias=b), True),
]
POOLS = [
    ("oto_max_pool2d", "2", (2, 3, 8, 11), lambda x: F.max_pool2d(x, 2)),
    ("oto_max_pool2d", "1 by 2", (2, 3, 5, 9), lambda x: F.max_pool2d(x, (1, 2))),
    ("oto_max_pool2d", "3, stride 2, padding 1", (2, 2, 7, 9), lambda x: F.max_pool2d(x, 3, 2, 1)),
    ("oto_max_pool1d", "3", (2, 3, 10), lambda x: F.max_pool1d(x, 3)),
    ("oto_avg_pool2d", "3, stride 2, padding 1", (2, 2, 7, 9), lambda x: F.avg_pool2d(x, 3, 2, 1)),
    ("oto_avg_pool1d", "4", (2, 2, 13), lambda x: F.avg_pool1d(x, 4)),
    ("oto_adaptive_avg_pool2d", "1 by 1", (2, 3, 5, 7), lambda x: F.adaptive_avg_pool2d(x, 1)),
    ("oto_adaptive_avg_pool2d", "3 by 4", (2, 2, 7, 6), lambda x: F.adaptive_avg_pool2d(x, (3, 4))),
    ("oto_adaptive_avg_pool1d", "5", (2, 2, 12), lambda x: F.adaptive_avg_pool1d(x, 5)),
    ("oto_max_unpool2d", "2", (2, 2, 6, 7), lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2, output_size=(6, 7))),
]

with Golden("nn_norm", ["torch"]) as g:
    for ours, case, x_shape, w_shape, function, twice in NORMS:
        x, w, b = (torch.tensor(numbers(seed, *shape), requires_grad=True)
                   for seed, shape in ((1, x_shape), (2, w_shape), (3, w_shape)))
        M, V = torch.tensor(numbers(5, 4)), torch.tensor(numbers(6, 4) + 2)
        y = function(x, w, b)
        g.write(ours, case, ours[4:], y.detach())
        v = torch.tensor(numbers(4, *y.shape))
        first = torch.autograd.grad((y * y * v).sum(), [x, w, b], create_graph=True)
        for what, gradient in zip("xwb", first):
            g.write(ours, f"{case}: d/d{what}", ours[4:], gradient.detach())
        if ours == "oto_batch_norm":
            g.write(ours, f"{case}: running mean", ours[4:], M)
            g.write(ours, f"{case}: running variance", ours[4:], V)
        if twice:
            for what, gradient in zip("xwb", torch.autograd.grad((first[0] ** 2).sum(), [x, w, b])):
                g.write(ours, f"{case}: d/d{what} of |d/dx|^2", ours[4:], gradient)
    for ours, case, x_shape, function in POOLS:
        x = torch.tensor(numbers(1, *x_shape), requires_grad=True)
        y = function(x)
        g.write(ours, case, ours[4:], y.detach())
        v = torch.tensor(numbers(4, *y.shape))
        g.write(ours, f"{case}: d/dx", ours[4:], torch.autograd.grad((y * y * v).sum(), x)[0])
