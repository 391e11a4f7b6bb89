"""What the scripts about PyTorch's modules share: weights drawn by the path of each tensor, as tests/unit/weights.h fills
ours."""

import torch

from golden import numbers


def drawn(seed, *shape):
    return torch.tensor(numbers(seed, *shape))


def filled(layer):
    with torch.no_grad():
        for path, tensor in layer.named_parameters():
            tensor.copy_(0.5 * drawn(sum(path.encode()), *tensor.shape))
    return layer
