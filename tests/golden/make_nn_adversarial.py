"""Losses of adversaries, contrastive ones and the gradient penalty of small critics, with every gradient: what PyTorch
computes, for tests/unit/test_nn_adversarial.c."""

import torch
import torch.nn.functional as F
from torch import nn

from golden import Golden
from weights import drawn, filled


def entry(g, ours, case, call, loss, *inputs):
    g.write(ours, case, call, loss.detach())
    for letter, gradient in zip("ab", torch.autograd.grad(loss, inputs)):
        g.write(ours, f"{case}: d/d{letter}", call, gradient)


def one(x):
    return torch.ones_like(x)


KINDS = {  # what the discriminator and the generator make smaller
    "logistic": (
        lambda real, fake: F.binary_cross_entropy_with_logits(real, one(real))
        + F.binary_cross_entropy_with_logits(fake, 0 * fake),
        lambda fake: F.binary_cross_entropy_with_logits(fake, one(fake)),
    ),
    "hinge": (lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(), lambda fake: -fake.mean()),
    "wasserstein": (lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean()),
    "least squares": (
        lambda real, fake: (F.mse_loss(real, one(real)) + F.mse_loss(fake, 0 * fake)) / 2,
        lambda fake: F.mse_loss(fake, one(fake)) / 2,
    ),
}



CRITICS = {
    "linear, leaky relu": (
        nn.Sequential(nn.Linear(6, 5), nn.LeakyReLU(0.2), nn.Linear(5, 1)), (4, 6)),
    "layer norm, tanh": (
        nn.Sequential(nn.Linear(6, 5), nn.LayerNorm(5), nn.Tanh(), nn.Linear(5, 1)), (4, 6)),
    "conv1d": (
        nn.Sequential(nn.Conv1d(2, 4, 3, stride=2, padding=1), nn.LeakyReLU(0.2), nn.Conv1d(4, 3, 3, dilation=2),
                      nn.SiLU(), nn.Flatten(), nn.Linear(6, 1)), (3, 2, 12)),
    "conv2d": (
        nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.LeakyReLU(0.2), nn.AvgPool2d(2),
                      nn.Conv2d(4, 4, 3, stride=2, groups=2), nn.GELU(), nn.Flatten(), nn.Linear(8, 1)),
        (3, 1, 6, 10)),
    "conv_transpose1d, group norm": (
        nn.Sequential(nn.ConvTranspose1d(2, 4, 3, stride=2), nn.GroupNorm(2, 4), nn.Sigmoid(), nn.Flatten(),
                      nn.Linear(44, 1)), (3, 2, 5)),
}

with Golden("nn_adversarial", ["torch"]) as g:
    for case, (discriminator, generator) in KINDS.items():
        real, fake = ((2 * drawn(seed, 6, 1)).requires_grad_() for seed in (1, 2))
        entry(g, "oto_discriminator_loss", case, "its definition in torch", discriminator(real, fake), real, fake)
        entry(g, "oto_generator_loss", case, "its definition in torch", generator(fake), fake)
    a, b = (drawn(seed, 5, 4).requires_grad_() for seed in (3, 4))
    both = F.normalize(torch.cat([a, b]))
    cosines = (both @ both.T / 0.5).masked_fill(torch.eye(10).bool(), -torch.inf)
    loss = F.cross_entropy(cosines, (torch.arange(10) + 5) % 10)
    entry(g, "oto_contrastive_loss", "all pairs", "cross_entropy of all cosines", loss, a, b)

    # Of a batch and itself, so that it does not matter which places between the two are drawn.
    for case, (critic, shape) in CRITICS.items():
        x = drawn(5, *shape).requires_grad_()
        slope = torch.autograd.grad(filled(critic)(x).sum(), x, create_graph=True)[0]
        loss = 10 * ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss.backward()
        call = "10 * mean((|dD/dx| - 1)**2)"
        g.write("oto_gradient_penalty", case, call, loss.detach())
        for path, tensor in critic.named_parameters():
            if tensor.grad is not None:
                gradient = tensor.grad.numpy()
                g.write("oto_gradient_penalty", f"{case}: gradient of {path}", call, gradient)
