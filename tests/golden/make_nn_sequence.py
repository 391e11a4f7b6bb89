"""CTC and embeddings with their gradients: what PyTorch computes, for tests/unit/test_nn_sequence.c."""

import torch
import torch.nn.functional as F

from golden import Golden, numbers

BATCH, TIME, CLASSES = 4, 12, 6
LABELS = torch.tensor([[1, 2, 2, 5], [3, 3, 3, 3], [4, 1, 0, 0], [0, 0, 0, 0]])
INPUTS, LENGTHS = torch.tensor([12, 9, 5, 7]), torch.tensor([4, 4, 2, 0])

with Golden("nn_sequence", ["torch"]) as g:
    for case, inputs, options in (
        ("repeated and empty labels", INPUTS, {}),
        ("an impossible one as zero", torch.tensor([12, 6, 5, 7]), dict(zero_infinity=True)),
    ):
        x = torch.tensor(3 * numbers(1, BATCH, TIME, CLASSES), requires_grad=True)
        log_p = x.log_softmax(2).transpose(0, 1)
        each = F.ctc_loss(log_p, LABELS, inputs, LENGTHS, reduction="none", **options)
        loss = F.ctc_loss(log_p, LABELS, inputs, LENGTHS, **options)
        loss.backward()
        g.write("oto_ctc_loss", f"{case}: each", "F.ctc_loss(reduction='none')", each.detach())
        g.write("oto_ctc_loss", f"{case}: mean", "F.ctc_loss", loss.detach().reshape(1))
        g.write("oto_ctc_loss", f"{case}: gradient", "F.ctc_loss", x.grad)
    table = torch.tensor(numbers(2, 7, 5), requires_grad=True)
    y = F.embedding(torch.tensor([[1, 6, 1], [0, 1, 3]]), table)
    (y * torch.tensor(numbers(3, 2, 3, 5))).sum().backward()
    g.write("oto_embedding", "y", "F.embedding", y.detach())
    g.write("oto_embedding", "gradient of table", "F.embedding", table.grad)
