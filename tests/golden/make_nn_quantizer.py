"""Vector quantisation, with its gradients and with a codebook of running means: what PyTorch computes, for
tests/unit/test_nn_quantizer.c."""

import torch
import torch.nn.functional as F

from golden import Golden
from weights import drawn

CODES, FEATURES, BETA, DECAY = 6, 4, 0.25, 0.9


def nearest(x, codebook):
    return torch.cdist(x.flatten(0, -2), codebook).argmin(1)


with Golden("nn_quantizer", ["torch"]) as g:
    x, codebook = drawn(1, 3, 7, FEATURES).requires_grad_(), drawn(2, CODES, FEATURES).requires_grad_()
    chosen = F.embedding(nearest(x, codebook), codebook).view_as(x)
    loss = F.mse_loss(chosen, x.detach()) + BETA * F.mse_loss(x, chosen.detach())
    y = x + (chosen - x).detach()
    ((y * drawn(3, *y.shape)).sum() + loss).backward()
    call = "its definition in torch"
    for what, value in (("y", y), ("loss", loss), ("gradient of x", x.grad), ("gradient of weight", codebook.grad)):
        g.write("oto_nn_vector_quantizer", f"learned: {what}", call, value.detach())

    # Three batches, from a codebook and sums that are given (van den Oord et al. 2017, appendix A.1).
    codebook, usage = drawn(2, CODES, FEATURES), torch.full((CODES,), 3.0)
    sums = codebook * 3
    for step in range(3):
        x = drawn(10 + step, 3, 7, FEATURES)
        picked = F.one_hot(nearest(x, codebook), CODES).float()
        loss = BETA * F.mse_loss(x, codebook[nearest(x, codebook)].view_as(x))
        usage = DECAY * usage + (1 - DECAY) * picked.sum(0)
        sums = DECAY * sums + (1 - DECAY) * picked.T @ x.flatten(0, 1)
        smoothed = (usage + 1e-5) * usage.sum() / (usage.sum() + CODES * 1e-5)
        codebook = sums / smoothed[:, None]
    for what, value in (("weight", codebook), ("usage", usage), ("loss of the last", loss)):
        g.write("oto_nn_vector_quantizer", f"running means: {what}", call, value)
