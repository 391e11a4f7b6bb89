"""Optimizers, schedules, clipping and averages of weights from PyTorch: nn_training.golden."""

import numpy as np
import torch

from golden import Golden, noise

STEPS = 10
START, TARGET = noise(12)[:6].astype(np.float32), (2 * noise(40)[20:26]).astype(np.float32)
WEIGHT = np.array([1, 3, 0.1, 10, 0, 30], dtype=np.float32)


def train(make, schedule=None, clip_norm=0, clip_value=0, ema=0, steps=STEPS):
    """p and what else is asked for after `steps` steps of sum(WEIGHT * (p - TARGET)**2); the gradient is never the same."""
    p = torch.nn.Parameter(torch.tensor(START))
    optimizer = make([p])
    average = None
    if ema:
        decay = torch.optim.swa_utils.get_ema_multi_avg_fn(ema)
        holder = torch.nn.Module()
        holder.p = p
        average = torch.optim.swa_utils.AveragedModel(holder, multi_avg_fn=decay)
    for _ in range(steps):
        optimizer.zero_grad()
        (torch.tensor(WEIGHT) * (p - torch.tensor(TARGET)) ** 2).sum().backward()
        if clip_value:
            torch.nn.utils.clip_grad_value_([p], clip_value)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_([p], clip_norm)
        optimizer.step()
        if average:
            average.update_parameters(holder)
    return p, optimizer.state[p], average


def rates(make_optimizer, make_schedule, steps, metric=None):
    p = torch.nn.Parameter(torch.zeros(1))
    p.grad = torch.zeros(1)
    optimizer = make_optimizer([p])
    schedule = make_schedule(optimizer)
    lrs, momenta = [], []
    for t in range(steps):
        group = optimizer.param_groups[0]
        lrs.append(group["lr"])
        momenta.append(group["betas"][0] if "betas" in group else group.get("momentum", 0))
        optimizer.step()
        schedule.step(*([metric[t]] if metric is not None else []))
    return np.array(lrs), np.array(momenta)


CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "sgd momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, dampening=0.1, weight_decay=0.05),
    "sgd nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "adam decay": lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.2),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "rmsprop centered": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.1),
}

with Golden("nn_training", ["torch"]) as golden:
    golden.input("start", START)
    golden.input("target", TARGET)
    golden.input("weight", WEIGHT)
    for case, make in CASES.items():
        p, state, _ = train(make)
        golden.write("oto_step", case, f"torch.optim, {STEPS} steps", p.detach().numpy())
        for name in ("momentum_buffer", "exp_avg", "exp_avg_sq", "square_avg", "grad_avg"):
            if state.get(name) is not None:
                golden.write(name, case, "its state", state[name].numpy())
    for case, options in {
        "clip_norm": dict(clip_norm=1.0),
        "clip_value": dict(clip_value=0.5),
        "both": dict(clip_norm=1.0, clip_value=0.5),
    }.items():
        p, _, _ = train(CASES["sgd momentum"], **options)
        golden.write("oto_step", case, "clip_grad_norm_, clip_grad_value_", p.detach().numpy())
    _, _, average = train(CASES["adam"], ema=0.9)
    golden.write("oto_ema", "adam", "AveragedModel(multi_avg_fn=get_ema_multi_avg_fn(0.9))", average.module.p.detach().numpy())

    sgd = lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9)
    adam = lambda p: torch.optim.Adam(p, lr=0.5)
    schedules = torch.optim.lr_scheduler
    lrs, _ = rates(sgd, lambda o: schedules.StepLR(o, 3, 0.2), 12)
    golden.write("oto_schedule_step", "lr", "StepLR(3, 0.2)", lrs)
    lrs, _ = rates(sgd, lambda o: schedules.SequentialLR(
        o, [schedules.LinearLR(o, 1 / 4, total_iters=3), schedules.CosineAnnealingLR(o, 16, eta_min=0.05)], [4]), 21)
    golden.write("oto_schedule_cosine", "lr", "SequentialLR([LinearLR(1 / 4), CosineAnnealingLR(16, 0.05)])", lrs)
    for name, optimizer in (("sgd", sgd), ("adam", adam)):
        lrs, momenta = rates(optimizer, lambda o: schedules.OneCycleLR(o, 0.5, 20), 20)
        golden.write("oto_schedule_one_cycle", f"{name} lr", "OneCycleLR(0.5, 20)", lrs)
        golden.write("oto_schedule_one_cycle", f"{name} momentum", "OneCycleLR(0.5, 20)", momenta)
    metric = np.array([5, 4, 4, 4, 4, 3.9999, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3], dtype=float)
    golden.input("metric", metric)
    lrs, _ = rates(sgd, lambda o: schedules.ReduceLROnPlateau(o, factor=0.5, patience=2, cooldown=1), len(metric), metric)
    golden.write("oto_schedule_plateau", "lr", "ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1)", lrs)
