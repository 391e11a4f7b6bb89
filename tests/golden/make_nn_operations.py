"""Operations that choose, order, pad and reduce, their gradients and second derivatives, from PyTorch: for
tests/unit/test_nn_operations.c."""

import torch
import torch.nn.functional as F

from golden import Golden
from gradients import entry, tensor

with Golden("nn_operations", ["torch"]) as g:
    x, y = tensor(1, 2, 5, 3), tensor(2, 2, 2, 3)
    square = x.square()
    index = torch.tensor([[[0, 4, 2], [0, 1, 2]], [[3, 3, 3], [3, 0, 1]]])
    entry(g, "oto_gather", "axis 1", square.gather(1, index), x)
    entry(g, "oto_gather", "axis 2, shorter", square.gather(2, index[:, :, :2] % 3), x)
    entry(g, "oto_scatter_add", "axis 1", square.scatter_add(1, index, y.square()), x, y)
    entry(g, "oto_scatter_add", "axis 0", square[:1].scatter_add(0, torch.zeros_like(index), y.square()), x, y)
    entry(g, "oto_index_select", "axis 1", square.index_select(1, torch.tensor([4, 0, 0])), x)
    g.write("oto_one_hot", "5 classes", "torch one_hot", F.one_hot(index[0], 5).float())

    entry(g, "oto_flip", "axis 1", square.flip(1), x)
    entry(g, "oto_roll", "axis 1 by 7", square.roll(7, 1), x)
    entry(g, "oto_roll", "axis 2 by -1", square.roll(-1, 2), x)
    entry(g, "oto_tile", "axis 1", square.tile(1, 2, 1), x)
    entry(g, "oto_repeat", "axis 1", square.repeat_interleave(2, 1), x)
    entry(g, "oto_tril", "diagonal 0", square.tril(), x)
    entry(g, "oto_triu", "diagonal -1", square.triu(-1), x)
    for i, part in enumerate(square.tensor_split(2, 1)):
        entry(g, "oto_chunk", f"part {i}", part, x)
    entry(g, "oto_chunks_of", "part 1", square.split([1, 4], 1)[1], x)

    entry(g, "oto_pad", "constant", F.pad(square, (2, 1), value=0.5), x)
    for mode in ("reflect", "replicate", "circular"):
        entry(g, "oto_pad", mode, F.pad(square, (2, 1), mode=mode), x)
    entry(g, "oto_interpolate", "nearest, longer", F.interpolate(square, 7), x)
    entry(g, "oto_interpolate", "nearest, shorter", F.interpolate(square, 2), x)
    for size in (7, 2):
        for corners in (False, True):
            case = f"linear to {size}, align_corners {str(corners).lower()}"
            entry(g, "oto_interpolate", case, F.interpolate(square, size, mode="linear", align_corners=corners), x)
    bilinear = F.interpolate(square[None], (8, 2), mode="bilinear", align_corners=False)[0]
    entry(g, "oto_interpolate", "bilinear", bilinear, x)

    entry(g, "oto_cumsum", "axis 1", square.cumsum(1), x)
    entry(g, "oto_cumsum", "last axis", square.cumsum(-1), x)
    zeros = x * (x.detach().abs() > 0.3)
    for case, z in (("axis 1", x), ("zeros", zeros)):
        product = z.cumprod(1)
        g.write("oto_cumprod", case, "torch cumprod", product.detach())
        weights = tensor(9, *product.shape).detach()
        g.write("oto_cumprod", f"{case}: d/da", "torch cumprod", torch.autograd.grad((product * weights).sum(), x)[0])
    product = x.prod(1)
    weights = tensor(9, *product.shape).detach()
    g.write("oto_product_over", "axis 1", "torch prod", product.detach())
    g.write("oto_product_over", "axis 1: d/da", "torch prod", torch.autograd.grad((product * weights).sum(), x)[0])

    values, places = square.sort(dim=1, stable=True)
    entry(g, "oto_sort", "ascending", values, x)
    g.write("oto_sort", "ascending, indices", "torch sort", places)
    rough = torch.tensor([[1, 0, torch.nan, -0.0, 1, -torch.inf, torch.nan, torch.inf]])
    for order in ("ascending", "descending"):
        ordered = rough.sort(dim=1, descending=order == "descending", stable=True)
        for part, name in zip(ordered, ("values", "indices")):
            g.write("oto_sort", f"special numbers, {order}, {name}", "torch sort", part)
    entry(g, "oto_topk", "2 of axis 1", square.topk(2, 1).values, x)
    g.write("oto_topk", "2 of axis 1, indices", "torch topk", square.topk(2, 1).indices)
    entry(g, "oto_topk", "2 smallest of the last", square.topk(2, largest=False).values, x)

    entry(g, "oto_max_over", "axis 1", square.amax(1), x)
    entry(g, "oto_min_over", "axes 0 and 2, kept", square.amin((0, 2), keepdim=True), x)
    level = (x * 2).round().detach()  # with ties
    entry(g, "oto_max_over", "ties", (x - x.detach() + level).square().amax((1, 2)), x)
    g.write("oto_argmax_over", "axis 1", "torch argmax", square.argmax(1))
    g.write("oto_argmin_over", "last axis, kept", "torch argmin", square.argmin(-1, keepdim=True))
    entry(g, "oto_sum_over", "axes 0 and 2", square.sum((0, 2)), x)
    entry(g, "oto_mean_over", "axes 1 and 2, kept", square.mean((1, 2), keepdim=True), x)
    entry(g, "oto_var_over", "axis 1", x.var(1), x)
    entry(g, "oto_var_over", "axes 0 and 2, correction 0", x.var((0, 2), correction=0), x)
    entry(g, "oto_std_over", "axis 1, kept", square.std(1, keepdim=True), x)
    entry(g, "oto_logsumexp", "axis 1", (5 * x).logsumexp(1), x)
    entry(g, "oto_logsumexp", "axes 0 and 2", (5 * x).logsumexp((0, 2)), x)
