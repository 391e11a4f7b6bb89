"""Attention and its gradients under masks: what PyTorch computes, for tests/unit/test_nn_attention.c."""

import math

import torch
import torch.nn.functional as F

from golden import Golden
from weights import drawn


def heads_of(x, heads):
    """(batch, time, features) to (batch, head, time, d)."""
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def with_distances(q, k, v, relative):
    """Music Transformer's relative attention, by its definition."""
    T, d = q.shape[2], q.shape[3]
    back = (torch.arange(T)[:, None] - torch.arange(T)[None]).clamp(min=0)
    vectors = relative[:, relative.shape[1] - 1 - back]  # (head, query, key, d)
    scores = (q @ k.transpose(2, 3) + torch.einsum("bhid,hijd->bhij", q, vectors)) / math.sqrt(d)
    return scores.masked_fill(torch.arange(T)[:, None] < torch.arange(T)[None], -math.inf).softmax(3) @ v


def allowed(batch, *shape):
    """A mask of ones and zeros in which every query may look somewhere."""
    mask = drawn(20, batch, *shape) > -0.3
    mask[..., 0] = True
    return mask


CASES = [  # case, batch, heads, queries, keys, features, what F.scaled_dot_product_attention is given
    ("plain", 2, 2, 7, 7, 32, {}),
    ("other keys, odd width", 2, 3, 5, 21, 15, {}),
    ("causal, several blocks", 1, 2, 101, 101, 32, dict(is_causal=True)),
    ("scale", 2, 1, 6, 6, 8, dict(scale=0.7)),
    ("mask of one for all", 2, 2, 9, 18, 12, dict(attn_mask=allowed(1, 9, 18)[0])),
    ("mask for each batch", 3, 2, 9, 9, 12, dict(attn_mask=allowed(3, 1, 1, 9))),
    ("added mask for each head", 2, 2, 9, 9, 12, dict(attn_mask=drawn(21, 1, 2, 9, 9))),
]

with Golden("nn_attention", ["torch"]) as g:
    for case, batch, heads, queries, keys, features, options in CASES:
        q = drawn(1, batch, queries, features).requires_grad_()
        k, v = (drawn(seed, batch, keys, features).requires_grad_() for seed in (2, 3))
        y = F.scaled_dot_product_attention(*(heads_of(x, heads) for x in (q, k, v)), **options)
        y = y.transpose(1, 2).flatten(2)
        (y * drawn(4, *y.shape)).sum().backward()
        call = "F.scaled_dot_product_attention"
        for what, x in (("y", y), ("gradient of q", q.grad), ("gradient of k", k.grad), ("gradient of v", v.grad)):
            g.write("oto_attention", f"{case}: {what}", call, x.detach(), [1, 7 if queries > 50 else 1, 2])
    for case, time, distances in (("relative", 21, 21), ("relative, several blocks", 60, 70)):
        q, k, v = (drawn(seed, 2, time, 12).requires_grad_() for seed in (1, 2, 3))
        relative = drawn(5, 2, distances, 6).requires_grad_()
        y = with_distances(*(heads_of(x, 2) for x in (q, k, v)), relative).transpose(1, 2).flatten(2)
        (y * drawn(4, *y.shape)).sum().backward()
        for what, x in (("y", y), ("gradient of q", q.grad), ("gradient of k", k.grad), ("gradient of v", v.grad),
                        ("gradient of relative", relative.grad)):
            g.write("oto_attention", f"{case}: {what}", "its definition in torch", x.detach(), [1, 5, 2])
