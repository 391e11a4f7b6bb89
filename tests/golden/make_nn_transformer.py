"""Multi-head attention, its cache and transformer blocks, with every gradient: what PyTorch computes, for
tests/unit/test_nn_transformer.c."""

import torch
from torch import nn

from golden import Golden
from weights import drawn, filled

BATCH, TIME, KEYS, FEATURES, HEADS = 2, 6, 5, 8, 2
LENGTHS = torch.tensor([6, 4])


def padding(time):
    """True where PyTorch may not look."""
    return torch.arange(time)[None] >= LENGTHS.clamp(max=time)[:, None]


def future(time):
    return torch.ones(time, time).triu(1).bool()


def entry(g, ours, case, call, layer, y, inputs):
    (y * drawn(9, *y.shape)).sum().backward()
    g.write(ours, f"{case}: y", call, y.detach())
    for name, x in inputs.items():
        g.write(ours, f"{case}: gradient of {name}", call, x.grad)
    for path, tensor in layer.named_parameters():
        g.write(ours, f"{case}: gradient of {path}", call, tensor.grad, [1, 3][: tensor.ndim])


def x_of(seed, time=TIME):
    return drawn(seed, BATCH, time, FEATURES).requires_grad_()


def hidden(seed, *shape):
    """A mask of which each row has a place to look at; True: not there."""
    mask = drawn(seed, *shape) < -0.3
    mask[..., 0] = False
    return mask


ATTENTION = [  # case, options of the layer, of the call
    ("plain", {}, {}),
    ("without bias", dict(bias=False), {}),
    ("causal", {}, dict(attn_mask=future(TIME))),
    ("padding", {}, dict(key_padding_mask=padding(TIME))),
    ("causal and padding", {}, dict(attn_mask=future(TIME), key_padding_mask=padding(TIME))),
    ("mask and padding", {}, dict(attn_mask=hidden(20, TIME, TIME), key_padding_mask=padding(TIME))),
    ("mask of each head", {}, dict(attn_mask=hidden(21, BATCH * HEADS, TIME, TIME))),
]
BLOCKS = [  # case, options of the layer, of the call
    ("norm last", {}, {}),
    ("norm first, gelu, causal", dict(norm_first=True, activation="gelu"), dict(src_mask=future(TIME), is_causal=True)),
    ("padding", {}, dict(src_key_padding_mask=padding(TIME))),
]

with Golden("nn_transformer", ["torch"]) as g:
    torch.backends.mha.set_fastpath_enabled(False)
    for case, options, more in ATTENTION:
        layer, x = filled(nn.MultiheadAttention(FEATURES, HEADS, batch_first=True, **options)), x_of(1)
        y, w = layer(x, x, x, average_attn_weights=False, **more)
        entry(g, "oto_nn_multi_head_attention", case, "nn.MultiheadAttention", layer, y, {"x": x})
        g.write("oto_attention_weights", case, "nn.MultiheadAttention", w.detach())
    layer = filled(nn.MultiheadAttention(FEATURES, HEADS, batch_first=True))
    query, key, value = x_of(1), x_of(2, KEYS), x_of(3, KEYS)
    y, w = layer(query, key, value, key_padding_mask=padding(KEYS), average_attn_weights=False)
    inputs = {"query": query, "key": key, "value": value}
    entry(g, "oto_apply_attention", "cross", "nn.MultiheadAttention", layer, y, inputs)
    g.write("oto_attention_weights", "cross", "nn.MultiheadAttention", w.detach())

    for case, options, more in BLOCKS:
        layer = filled(nn.TransformerEncoderLayer(FEATURES, HEADS, 12, dropout=0, batch_first=True, **options))
        x = x_of(1)
        entry(g, "oto_nn_transformer_block", case, "nn.TransformerEncoderLayer", layer, layer(x, **more), {"x": x})
    for case, norm_first in (("norm last", False), ("norm first", True)):
        layer = nn.TransformerDecoderLayer(FEATURES, HEADS, 12, dropout=0, batch_first=True, norm_first=norm_first)
        x, memory = x_of(1), x_of(2, KEYS)
        y = filled(layer)(x, memory, tgt_mask=future(TIME), memory_key_padding_mask=padding(KEYS))
        call = "nn.TransformerDecoderLayer"
        entry(g, "oto_nn_transformer_decoder_block", case, call, layer, y, {"x": x, "memory": memory})

    # The whole sequence at once, which ours computes in three portions with a cache.
    net = nn.Sequential(*(nn.TransformerEncoderLayer(
        FEATURES, HEADS, 12, dropout=0, batch_first=True, norm_first=True) for _ in range(2)))
    filled(net)
    y = x_of(1)
    for layer in net:
        y = layer(y, src_mask=future(TIME), is_causal=True)
    g.write("oto_apply_cached", "two blocks", "nn.TransformerEncoderLayer of the whole", y.detach())
