"""Activations with their first and second derivatives: what PyTorch computes, for tests/unit/test_nn_activations.c."""

import torch
import torch.nn.functional as F

from golden import Golden, numbers

CASES = [  # ours, case, PyTorch's
    ("oto_relu", "", F.relu),
    ("oto_sigmoid", "", torch.sigmoid),
    ("oto_tanh", "", torch.tanh),
    ("oto_silu", "", F.silu),
    ("oto_leaky_relu", "default", F.leaky_relu),
    ("oto_leaky_relu", "slope 0.2", lambda x: F.leaky_relu(x, 0.2)),
    ("oto_elu", "default", F.elu),
    ("oto_elu", "alpha 0.5", lambda x: F.elu(x, 0.5)),
    ("oto_gelu", "default", F.gelu),
    ("oto_gelu", "approximate", lambda x: F.gelu(x, approximate="tanh")),
    ("oto_softplus", "default", F.softplus),
    ("oto_softplus", "beta 3, threshold 4", lambda x: F.softplus(x, 3, 4)),
    ("oto_hardtanh", "default", F.hardtanh),
    ("oto_hardtanh", "0 to 6", lambda x: F.hardtanh(x, 0, 6)),
    ("oto_softmax", "last axis", lambda x: F.softmax(x, -1)),
    ("oto_softmax", "axis 1", lambda x: F.softmax(x, 1)),
    ("oto_softmax", "axis 0", lambda x: F.softmax(x, 0)),
    ("oto_log_softmax", "last axis", lambda x: F.log_softmax(x, -1)),
    ("oto_log_softmax", "axis 1", lambda x: F.log_softmax(x, 1)),
]
PRELU = [("one weight", 1), ("a weight a channel", 3)]


def derivatives(g, ours, case, y, wanted):
    name = case or "default"
    v = torch.tensor(numbers(2, *y.shape))
    g.write(ours, name, ours[4:], y.detach(), (1, 1, 2))
    first = torch.autograd.grad((y * v).sum(), wanted, create_graph=True)
    second = torch.autograd.grad((first[0] ** 2).sum(), wanted, allow_unused=True)
    for which, one, two in zip("xw", first, second):
        g.write(ours, f"{name}: d/d{which}", ours[4:], one.detach(), (1, 1, 2) if one.ndim == 3 else ())
        two = torch.zeros_like(one) if two is None else two
        g.write(ours, f"{name}: d/d{which} of |d/dx|^2", ours[4:], two, (1, 1, 2) if two.ndim == 3 else ())


with Golden("nn_activations", ["torch"]) as g:
    for ours, case, function in CASES:
        x = torch.tensor(8 * numbers(1, 2, 3, 37), requires_grad=True)
        derivatives(g, ours, case, function(x), [x])
    for case, weights in PRELU:
        x = torch.tensor(8 * numbers(1, 2, 3, 37), requires_grad=True)
        w = torch.tensor(numbers(3, weights), requires_grad=True)
        derivatives(g, "oto_prelu", case, F.prelu(x, w), [x, w])
