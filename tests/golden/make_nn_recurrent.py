"""RNN, GRU and LSTM in both directions, with states: what PyTorch computes, for tests/unit/test_nn_recurrent.c."""

import torch

from golden import Golden, numbers

def drawn(seed, *shape):
    return 0.5 * torch.tensor(numbers(seed, *shape))


BATCH, TIME, FEATURES, HIDDEN = 3, 5, 6, 10  # 4 * 10 gates are no multiple of what a register holds

CASES = [
    ("LSTM", "one layer", dict(num_layers=1), False),
    ("LSTM", "two layers, both directions", dict(num_layers=2, bidirectional=True), True),
    ("LSTM", "no bias", dict(num_layers=1, bias=False), False),
    ("GRU", "one layer", dict(num_layers=1), False),
    ("GRU", "two layers, both directions", dict(num_layers=2, bidirectional=True), True),
    ("RNN", "two layers, both directions", dict(num_layers=2, bidirectional=True), True),
    ("RNN", "relu", dict(num_layers=1, nonlinearity="relu"), True),
]

with Golden("nn_recurrent", ["torch"]) as g:
    for kind, case, options, with_state in CASES:
        module = getattr(torch.nn, kind)(FEATURES, HIDDEN, batch_first=True, **options)
        for number, parameter in enumerate(module.parameters()):
            parameter.data = drawn(number, *parameter.shape)
        directions = 2 if options.get("bidirectional") else 1
        rows = options["num_layers"] * directions
        x = drawn(100, BATCH, TIME, FEATURES).requires_grad_()
        h0 = drawn(101, rows, BATCH, HIDDEN).requires_grad_()
        c0 = drawn(102, rows, BATCH, HIDDEN).requires_grad_()
        state = ((h0, c0) if kind == "LSTM" else h0) if with_state else None
        y, final = module(x, state)
        h, c = final if kind == "LSTM" else (final, None)
        loss = (y * drawn(103, *y.shape)).sum() + (h * drawn(104, *h.shape)).sum()
        if kind == "LSTM":
            loss = loss + (c * drawn(105, *c.shape)).sum()
        loss.backward()
        name, call = f"oto_nn_{kind.lower()}", f"torch.nn.{kind}"
        g.write(name, f"{case}: y", call, y.detach())
        g.write(name, f"{case}: h", call, h.detach())
        if kind == "LSTM":
            g.write(name, f"{case}: c", call, c.detach())
        g.write(name, f"{case}: gradient of x", call, x.grad)
        if with_state:
            g.write(name, f"{case}: gradient of h0", call, h0.grad)
        if with_state and kind == "LSTM":
            g.write(name, f"{case}: gradient of c0", call, c0.grad)
        for path, parameter in module.named_parameters():
            g.write(name, f"{case}: gradient of {path}", call, parameter.grad, [3, 2][: parameter.dim()])
