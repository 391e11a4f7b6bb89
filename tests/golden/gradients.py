"""What the scripts about PyTorch's operations share: a result with its gradients and second derivatives, as
tests/unit/gradients.h compares them."""

import torch

from golden import numbers


def tensor(seed, *shape):
    return torch.tensor(numbers(seed, *shape), requires_grad=True)


def entry(g, ours, case, y, *inputs):
    """y, the gradients of a weighted sum of it, and of the sum of their squares."""
    call = f"torch {case}"
    g.write(ours, case, call, y.detach())
    weights = torch.tensor(numbers(9, *y.shape))
    first = torch.autograd.grad((y * weights).sum(), inputs, create_graph=True)
    for letter, gradient in zip("abc", first):
        g.write(ours, f"{case}: d/d{letter}", call, gradient.detach())
    squares = sum((gradient**2).sum() for gradient in first)
    if not squares.requires_grad:
        return
    again = torch.autograd.grad(squares, inputs, allow_unused=True, retain_graph=True)
    for letter, x, second in zip("abc", inputs, again):
        g.write(ours, f"{case}: d2/d{letter}", call, torch.zeros(x.shape) if second is None else second.clone())
