"""The seven models of the course in PyTorch, with the data of one step of training."""

from dataclasses import dataclass
from typing import Callable

import torch
import torch.nn as nn
import torch.nn.functional as F


class Crnn(nn.Module):
    """Frames of 229 mel bands to 88 keys: three convolutions, a linear layer, an LSTM in both directions."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            *[nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()],
            *[nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d((1, 2))],
            *[nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d((1, 2))],
        )
        self.narrow = nn.Linear(32 * 57, 128)
        self.lstm = nn.LSTM(128, 64, batch_first=True, bidirectional=True)
        self.keys = nn.Linear(128, 88)

    def forward(self, x):  # (batch, time, mel)
        h = self.conv(x[:, None]).permute(0, 2, 1, 3).flatten(2)
        return self.keys(self.lstm(F.relu(self.narrow(h)))[0])


class UNet(nn.Module):
    """A mask for a spectrogram (batch, 1, frequency, time): four steps down, four steps up."""

    def __init__(self):
        super().__init__()
        widths = [1, 16, 32, 64, 128]
        self.down = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 5, 2, 2), nn.BatchNorm2d(b), nn.LeakyReLU(0.2))
            for a, b in zip(widths, widths[1:])
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 5, 2, 2, 1) for a, b in [(128, 64), (128, 32), (64, 16), (32, 1)]
        )

    def forward(self, x):
        skips, h = [], x
        for down in self.down:
            h = down(h)
            skips.append(h)
        for i, up in enumerate(self.up):
            h = up(h if i == 0 else torch.cat([h, skips[3 - i]], 1))
            h = F.relu(h) if i < 3 else torch.sigmoid(h)
        return h * x


class LstmLanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(388, 128)
        self.lstm = nn.LSTM(128, 256, 2, batch_first=True)
        self.head = nn.Linear(256, 388)

    def forward(self, x):  # (batch, time)
        return self.head(self.lstm(self.embed(x))[0])


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(388, 128)
        self.place = nn.Embedding(256, 128)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(128, 4, 512, 0.0, "gelu", batch_first=True, norm_first=True) for _ in range(4)
        )
        self.norm = nn.LayerNorm(128)
        self.head = nn.Linear(128, 388)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(256))

    def forward(self, x):
        time = x.shape[1]
        h = self.embed(x) + self.place(torch.arange(time))
        for block in self.blocks:
            h = block(h, src_mask=self.mask[:time, :time], is_causal=True)
        return self.head(self.norm(h))


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 64))
        self.decode = nn.Sequential(nn.Linear(32, 512), nn.ReLU(), nn.Linear(512, 1024))

    def forward(self, x):
        mean, log_variance = self.encode(x).chunk(2, 1)
        return self.decode(mean + torch.randn_like(mean) * (log_variance / 2).exp())


def mlp():
    return nn.Sequential(nn.Linear(40, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn():
    blocks = [
        [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
        for a, b in [(1, 16), (16, 32), (32, 64), (64, 64)]
    ]
    return nn.Sequential(*sum(blocks, []), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def cross_entropy(out, labels):
    return F.cross_entropy(out.reshape(-1, out.shape[-1]), labels.reshape(-1))


def multiply_adds(layers):
    """Of a training step: forward, and twice as much backward (to inputs and to weights)."""
    return 3 * sum(layers)


@dataclass
class Model:
    name: str  # as bench/nn/program.c calls it
    make: Callable[[], nn.Module]
    data: Callable[[], tuple]
    loss: Callable
    multiply_adds: int  # of a step, of its products alone
    one: Callable[[], torch.Tensor] | None = None  # what inference of one example gets

    def step(self):
        """A function that trains one step."""
        torch.manual_seed(0)
        net, (x, y) = self.make(), self.data()
        adam = torch.optim.Adam(net.parameters(), 1e-3)

        def step():
            adam.zero_grad()
            self.loss(net(x), y).backward()
            adam.step()

        return step

    def inference(self):
        """A function that runs the network on one example."""
        net, x = self.make().eval(), self.one()
        return lambda: net(x)


MODELS = [
    Model(
        "mlp", mlp, lambda: (torch.randn(64, 40), torch.randint(10, (64,))), cross_entropy,
        multiply_adds([64 * (40 * 256 + 256 * 128 + 128 * 10)]),
    ),
    Model(
        "cnn", cnn, lambda: (torch.randn(16, 1, 128, 128), torch.randint(10, (16,))), cross_entropy,
        multiply_adds(16 * 9 * side**2 * a * b for side, a, b in [(128, 1, 16), (64, 16, 32), (32, 32, 64), (16, 64, 64)]),
        lambda: torch.randn(1, 1, 128, 128),
    ),
    Model(
        "crnn", Crnn, lambda: (torch.randn(8, 100, 229), torch.rand(8, 100, 88).round()),
        F.binary_cross_entropy_with_logits,
        multiply_adds(
            [800 * 9 * (229 * 16 + 229 * 16 * 16 + 114 * 16 * 32)]
            + [800 * (32 * 57 * 128 + 2 * 4 * 64 * (128 + 64) + 128 * 88)]
        ),
        lambda: torch.randn(1, 100, 229),
    ),
    Model(
        "unet", UNet, lambda: (torch.rand(4, 1, 512, 128), torch.rand(4, 1, 512, 128)), F.l1_loss,
        multiply_adds(
            4 * 25 * 512 * 128 // at * a * b
            for at, a, b in [(4, 1, 16), (16, 16, 32), (64, 32, 64), (256, 64, 128)]
            + [(256, 128, 64), (64, 128, 32), (16, 64, 16), (4, 32, 1)]
        ),
    ),
    Model(
        "lstm", LstmLanguageModel, lambda: (torch.randint(388, (16, 128)), torch.randint(388, (16, 128))), cross_entropy,
        multiply_adds([16 * 128 * (4 * 256 * (128 + 256) + 4 * 256 * (256 + 256) + 256 * 388)]),
    ),
    Model(
        "gpt", Gpt, lambda: (torch.randint(388, (8, 256)), torch.randint(388, (8, 256))), cross_entropy,
        multiply_adds([8 * 256 * (4 * (4 * 128 * 128 + 2 * 128 * 512 + 256 * 128) + 128 * 388)]),
    ),
    Model(
        "vae", Vae, lambda: (torch.rand(64, 1024), torch.rand(64, 1024)), F.binary_cross_entropy_with_logits,
        multiply_adds([64 * (1024 * 512 + 512 * 64 + 32 * 512 + 512 * 1024)]),
    ),
]
