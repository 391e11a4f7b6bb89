"""Weights that are computed from what is learned in their place, in PyTorch: for tests/unit/test_nn_weight_norm.c."""

import torch
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from golden import Golden, numbers

LAYERS = {  # with the shape of x
    "linear": (lambda: torch.nn.Linear(5, 4), (3, 5)),
    "conv1d": (lambda: torch.nn.Conv1d(3, 4, 3), (2, 3, 8)),
    "conv_transpose2d": (lambda: torch.nn.ConvTranspose2d(3, 4, 2, bias=False), (2, 3, 4, 5)),
}


def fill(net):
    """The tensors in the order of their names: number i is numbers(i + 1)."""
    state = net.state_dict()
    for i, name in enumerate(sorted(state)):
        state[name].copy_(torch.tensor(numbers(i + 1, *state[name].shape)))


def write(g, function, name, net, x):
    y = net(x)
    g.write(function, f"{name}: y", "torch.nn.utils.parametrizations", y.detach())
    (y * y).sum().backward()
    for path, parameter in sorted(net.named_parameters()):
        g.write(function, f"{name}: gradient of {path}", "torch.nn.utils.parametrizations", parameter.grad)


with Golden("nn_weight_norm", ["torch"]) as g:
    for name, (make, shape) in LAYERS.items():
        x = torch.tensor(numbers(9, *shape))
        net = weight_norm(make())
        fill(net)
        write(g, "oto_nn_weight_norm", name, net, x)
        net = spectral_norm(make(), n_power_iterations=2)
        fill(net)
        write(g, "oto_nn_spectral_norm", name, net, x)
        for path, buffer in net.named_buffers():
            g.write("oto_nn_spectral_norm", f"{name}: {path}", "torch.nn.utils.parametrizations", buffer)
        net.eval()
        g.write("oto_nn_spectral_norm", f"{name}: y in evaluation", "torch.nn.utils.parametrizations", net(x).detach())
