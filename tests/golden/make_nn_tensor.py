"""Differentiable functions of tensors, their gradients and second derivatives, from PyTorch: for
tests/unit/test_nn_tensor.c."""

import torch

from golden import Golden
from gradients import entry, tensor

with Golden("nn_tensor", ["torch"]) as g:
    a, b, row = tensor(1, 4, 3), tensor(2, 4, 3), tensor(3, 3)
    for ours, case, y in [
        ("oto_exp", "exp", a.exp()), ("oto_squared", "square", a.square()), ("oto_abs", "abs", a.abs()),
        ("oto_sin", "sin", a.sin()), ("oto_cos", "cos", a.cos()), ("oto_reciprocal", "reciprocal", a.reciprocal()),
        ("oto_log", "log(a^2 + 1)", (a.square() + 1).log()), ("oto_sqrt", "sqrt(a^2 + 1)", (a.square() + 1).sqrt()),
        ("oto_raised", "a^3", a**3), ("oto_clamp", "clamp(a^2, 0.1, 0.5)", a.square().clamp(0.1, 0.5)),
    ]:
        entry(g, ours, case, y, a)
    entry(g, "oto_larger", "maximum(a^2, b)", torch.maximum(a.square(), b), a, b)
    entry(g, "oto_where", "where(b < 0, a^2, b^3)", torch.where(b < 0, a.square(), b**3), a, b)
    entry(g, "oto_div", "a / row", a / row, a, row)
    entry(g, "oto_mul", "a row", a * row, a, row)
    x, y, w = tensor(4, 2, 4, 3), tensor(5, 2, 3, 5), tensor(6, 3, 5)
    entry(g, "oto_matmul", "one matrix for all", x @ w, x, w)
    entry(g, "oto_matmul", "batched", x @ y, x, y)
    entry(g, "oto_matmul", "transposed", x @ tensor(7, 2, 5, 3).mT, x)
    entry(g, "oto_matmul", "vector", x @ row, x, row)
    entry(g, "oto_einsum", "bmk,bkn->mbn", torch.einsum("bmk,bkn->mbn", x, y), x, y)
    entry(g, "oto_einsum", "bmk,kn->n", torch.einsum("bmk,kn->n", x, w), x, w)
    entry(g, "oto_einsum", "bmk,bkn,kn->bn", torch.einsum("bmk,bkn,kn->bn", x, y, w), x, y, w)
