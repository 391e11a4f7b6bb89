"""Transforms, filters and oscillators with their gradients and second derivatives, from PyTorch: for
tests/unit/test_nn_spectral.c."""

import librosa
import torch

from golden import Golden
from gradients import entry, tensor


def stft(x, n_fft=64, hop=16, win_length=None, **options):
    window = torch.hann_window(win_length or n_fft)
    options = {"pad_mode": "constant", "center": True} | options
    return torch.stft(x, n_fft, hop, win_length, window, return_complex=True, **options)


def power(S):
    return S.real.square() + S.imag.square()


def spectral_loss(x, y, sizes):
    loss = 0
    for n_fft in sizes:
        S, T = stft(x, n_fft, n_fft // 4).abs(), stft(y, n_fft, n_fft // 4).abs()
        logarithms = [M.clamp(min=1e-5).log() for M in (S, T)]
        loss = loss + (S - T).abs().mean() + (logarithms[0] - logarithms[1]).abs().mean()
    return loss


def lfilter(b, a, x):
    y = []
    for n in range(len(x)):
        forward = sum(b[j] * x[n - j] for j in range(len(b)) if j <= n)
        back = sum(a[j] * y[n - j] for j in range(1, len(a)) if j <= n)
        y.append((forward - back) / a[0])
    return torch.stack(y)


def convolve(x, h):
    return torch.nn.functional.conv1d(x[None, None], h.flip(0)[None, None], padding=len(h) - 1)[0, 0]


def impulse_response(gains, taps):
    h = torch.fft.irfft(gains.to(torch.complex64)).roll(gains.shape[-1] - 1, -1)
    middle = gains.shape[-1] - 1 - taps // 2
    return h[..., middle : middle + taps] * torch.hann_window(taps)


def frequency_filter(x, gains, taps):
    hop, h = -(-len(x) // len(gains)), impulse_response(gains, taps)
    y = torch.zeros(hop * len(gains) + taps)
    for i in range(len(gains)):
        piece = x[i * hop : (i + 1) * hop]
        y = y + torch.nn.functional.pad(convolve(piece, h[i]), (i * hop, len(y) - i * hop - len(piece) - taps + 1))
    return y[taps // 2 : taps // 2 + len(x)]


with Golden("nn_spectral", ["torch", "librosa"]) as g:
    x = tensor(1, 160)
    entry(g, "oto_stft", "power", power(stft(x)), x)
    entry(g, "oto_stft", "magnitude with eps", (power(stft(x)) + 0.1).sqrt(), x)
    entry(g, "oto_stft", "reflect", power(stft(x, pad_mode="reflect")), x)
    entry(g, "oto_stft", "not centred", power(stft(x, center=False)), x)
    entry(g, "oto_stft", "short window, odd", power(stft(x, 45, 17, 31)), x)
    entry(g, "oto_magnitude", "of stft", stft(x).abs(), x)
    entry(g, "oto_phase", "of stft", stft(x).angle().sin(), x)
    S = stft(x)
    entry(g, "oto_mul", "complex", (S * S).real + (S / (2 + S.abs())).imag + (S.conj() / (S + 20)).real, x)
    gains = tensor(12, 33, 1)
    back = torch.istft(stft(x) * gains, 64, 16, window=torch.hann_window(64), length=160)
    entry(g, "oto_istft", "of filtered stft", back, x, gains)

    parts = tensor(18, 2, 3, 10)
    z = torch.complex(parts[0], parts[1])
    entry(g, "oto_fft", "of reals, cut", power(torch.fft.fft(x, 100)), x)
    entry(g, "oto_fft", "axis 0, longer", power(torch.fft.fft(z, 5, 0) + 1), parts)
    entry(g, "oto_ifft", "of 10", power(torch.fft.ifft(z) + 1), parts)
    entry(g, "oto_rfft", "of 161", power(torch.fft.rfft(x, 161)), x)
    entry(g, "oto_irfft", "even", torch.fft.irfft(z).square(), parts)
    entry(g, "oto_irfft", "odd", torch.fft.irfft(z, 19).square(), parts)

    filters = torch.tensor(librosa.filters.mel(sr=8000, n_fft=64, n_mels=8))
    mel = filters @ power(stft(x))
    entry(g, "oto_mel", "power", mel, x)
    level = 10 * mel.clamp(min=1e-10).log10()
    entry(g, "oto_db", "of mel, top_db 6", level.maximum(level.amax() - 6), x)
    entry(g, "oto_db", "of mel, no floor", level, x)
    k, m = torch.arange(5.0)[:, None], torch.arange(8)
    cosines = (torch.where(k == 0, 1, 2) / 8).sqrt() * torch.cos(torch.pi * k * (m + 0.5) / 8)
    entry(g, "oto_mfcc", "5 of 8 bands", cosines @ level, x)
    entry(g, "oto_db_to_power", "of level / 10", 10 ** (level / 100), x)

    # No magnitude of these two is so near 0 that the slope of its logarithm is lost in float32.
    target, y = tensor(23, 2, 160), tensor(24, 2, 160)
    for sizes in ((64,), (128, 64, 32)):
        entry(g, "oto_spectral_loss", f"sizes {' '.join(map(str, sizes))}", spectral_loss(target, y, sizes), y)

    h, rows = tensor(5, 7), tensor(6, 2, 20)
    entry(g, "oto_convolve", "full, shared", torch.stack([convolve(row, h) for row in rows]), rows, h)
    each = tensor(7, 2, 5)
    entry(g, "oto_convolve", "same, each its own", torch.stack([convolve(r, k)[2:22] for r, k in zip(rows, each)]), rows, each)
    entry(g, "oto_convolve", "valid", torch.stack([convolve(row, h)[6:20] for row in rows]), rows, h)
    entry(g, "oto_correlate", "full", torch.stack([convolve(row, h.flip(0)) for row in rows]), rows, h)
    b, a = tensor(8, 3), tensor(10, 3)
    poles = torch.stack([torch.tensor(2.0), *(0.5 * a[1:])])
    entry(g, "oto_lfilter", "two poles", lfilter(b, poles, rows[0]), rows, b, a)

    frames = tensor(11, 4, 10)
    added = torch.zeros(22)
    for i, frame in enumerate(frames.square()):
        added = added + torch.nn.functional.pad(frame, (4 * i, 12 - 4 * i))
    entry(g, "oto_overlap_add", "hop 4", added, frames)
    entry(g, "oto_frame", "10, hop 7", x.square().unfold(0, 10, 7), x)

    gains = tensor(12, 4, 17)
    entry(g, "oto_impulse_response", "all taps", impulse_response(gains.square(), 32), gains)
    entry(g, "oto_frequency_filter", "16 taps", frequency_filter(x, gains.square(), 16), x, gains)

    f, a, phases = tensor(13, 3, 50), tensor(14, 3, 50), tensor(15, 3)
    hertz = 500 + 400 * f
    turns = torch.nn.functional.pad(hertz.double(), (1, 0)).cumsum(1)[:, :-1] / 8000
    partials = a * torch.sin(2 * torch.pi * turns + phases[:, None])
    entry(g, "oto_additive", "moving", partials.sum(0).float(), f, a, phases)
    f, a = tensor(16, 3), tensor(17, 3)
    turns = (500 + 400 * f.double())[:, None] * torch.arange(80) / 8000
    entry(g, "oto_additive", "constant", (a[:, None] * torch.sin(2 * torch.pi * turns)).sum(0).float(), f, a)
