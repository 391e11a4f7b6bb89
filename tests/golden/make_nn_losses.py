"""Losses with their gradients: what PyTorch computes, for tests/unit/test_nn_losses.c."""

import torch
import torch.nn.functional as F

from golden import Golden, numbers


def tensor(seed, *shape):
    return torch.tensor(3 * numbers(seed, *shape), requires_grad=True)


def entry(g, ours, case, call, loss, *inputs):
    """The loss, and the gradients of a weighted sum of it."""
    g.write(ours, case, call, loss.detach())
    weights = torch.tensor(numbers(9, *loss.shape)) if loss.ndim else torch.tensor(1.0)
    for letter, gradient in zip("abc", torch.autograd.grad((loss * weights).sum(), inputs, create_graph=True)):
        g.write(ours, f"{case}: d/d{letter}", call, gradient.detach())


with Golden("nn_losses", ["torch"]) as g:
    x, y = tensor(1, 6, 5), torch.tensor([0, 4, 2, 2, -100, 1])
    w = torch.tensor([0.5, 1, 2, 0, 3])
    p = F.softmax(torch.tensor(3 * numbers(2, 6, 5)), 1)
    for case, more in {
        "mean": {},
        "sum": {"reduction": "sum"},
        "none": {"reduction": "none"},
        "label_smoothing 0.1": {"label_smoothing": 0.1},
        "weight": {"weight": w},
        "weight, label_smoothing 0.2": {"weight": w, "label_smoothing": 0.2},
    }.items():
        entry(g, "oto_cross_entropy", case, f"cross_entropy {case}", F.cross_entropy(x, y, **more), x)
        soft = "probabilities, " + case
        entry(g, "oto_cross_entropy", soft, f"cross_entropy {soft}", F.cross_entropy(x, p, **more), x)
    x, y = tensor(3, 2, 5, 4), torch.tensor([[0, 1, 2, 3], [4, 4, -100, 0]])
    entry(g, "oto_cross_entropy", "axis 1", "cross_entropy (N, C, d)", F.cross_entropy(x, y), x)

    x, t = tensor(4, 4, 3), (torch.tensor(numbers(5, 4, 3)) + 1) / 2
    q = torch.tensor([0.5, 1, 4])
    call = "binary_cross_entropy_with_logits"
    for case, more in {"mean": {}, "none": {"reduction": "none"}, "pos_weight": {"pos_weight": q}}.items():
        loss = F.binary_cross_entropy_with_logits(x, t, **more)
        entry(g, "oto_binary_cross_entropy", case, f"{call} {case}", loss, x)
    a, b = tensor(6, 4, 3), tensor(7, 4, 3)
    for name in ("mse", "l1", "huber"):
        for reduction in ("mean", "sum", "none"):
            loss = getattr(F, f"{name}_loss")(a, b, reduction=reduction)
            entry(g, f"oto_{name}_loss", reduction, f"{name}_loss {reduction}", loss, a, b)
    entry(g, "oto_huber_loss", "delta 0.5", "huber_loss delta=0.5", F.huber_loss(a, b, delta=0.5), a, b)

    log_q = torch.log_softmax(a, 1).detach().requires_grad_()
    g.input("log_q", log_q.detach())
    g.input("p", F.softmax(b, 1).detach())
    loss = F.kl_div(log_q, F.softmax(b, 1).detach(), reduction="batchmean")
    entry(g, "oto_kl_loss", "mean", "kl_div batchmean", loss, log_q)
    loss = torch.distributions.kl_divergence(
        torch.distributions.Normal(a, (b / 2).exp()), torch.distributions.Normal(0, 1)).sum(1).mean()
    entry(g, "oto_kl_normal_loss", "mean", "kl_divergence(Normal(a, exp(b / 2)), Normal(0, 1))", loss, a, b)
    c = tensor(8, 4, 3)
    entry(g, "oto_triplet_loss", "margin 1", "triplet_margin_loss", F.triplet_margin_loss(a, b, c), a, b, c)
    logits = F.normalize(a) @ F.normalize(b).T / 0.07
    right = torch.arange(4)
    loss = (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2
    entry(g, "oto_contrastive_loss", "temperature 0.07", "cross_entropy of cosines / 0.07, both ways", loss, a, b)

    # The penalty of a critic of two layers at given places between, so that no drawing has to agree.
    first, second = tensor(10, 3, 5), tensor(11, 5, 1)
    slope = torch.autograd.grad((torch.tanh(a @ first) @ second).sum(), a, create_graph=True)[0]
    loss = 10 * ((slope.norm(dim=1) - 1) ** 2).mean()
    entry(g, "oto_grad", "penalty", "10 * mean((|dD/dx| - 1)**2)", loss, a, first, second)
