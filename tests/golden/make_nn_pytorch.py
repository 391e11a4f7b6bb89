"""The models that oto_to_pytorch prints, run in PyTorch: their source is what test_pytorch.c compares with the printed
text (nn_pytorch_NAME.txt), and their results what it compares with oto_apply's."""

import pathlib
import sys
import types

import torch

from golden import Golden, numbers


def weights(net):
    """As fill_weights in tests/unit/weights.h: drawn by the path of each tensor."""
    state = {}
    for path, tensor in net.state_dict().items():
        if path.endswith("num_batches_tracked"):
            continue  # which no safetensors file of ours has
        state[path] = 0.5 * torch.tensor(numbers(sum(path.encode()), *tensor.shape))
        if path.endswith("running_var"):
            state[path] = state[path].abs() + 0.5
    return state


def run(name, x):
    scope = {}
    stub = types.ModuleType("safetensors.torch")
    stub.load_file = lambda path: weights(scope["net"])
    sys.modules["safetensors"], sys.modules["safetensors.torch"] = types.ModuleType("safetensors"), stub
    exec(pathlib.Path(__file__).with_name(f"nn_pytorch_{name}.txt").read_text(), scope)
    with torch.no_grad():
        return scope["net"](x)


with Golden("nn_pytorch", ["torch"]) as g:
    images = torch.tensor(numbers(7, 2, 1, 16, 12))
    g.write("oto_to_pytorch", "tagger", "torch.nn: the printed source", run("tagger", images))
    signals = torch.tensor(numbers(7, 2, 6, 8))
    g.write("oto_to_pytorch", "blocks", "torch.nn: the printed source", run("blocks", signals))
    tokens = torch.tensor([[0, 3, 19, 7, 3], [1, 2, 0, 11, 4]])
    g.write("oto_to_pytorch", "sequence", "torch.nn: the printed source", run("sequence", tokens))
    g.write("oto_to_pytorch", "transformer", "torch.nn: the printed source", run("transformer", tokens))
