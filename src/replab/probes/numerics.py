"""How often a formula, taken literally in floating point, fails on random rows: report 003's numerics.

The remedies are parameters, so that the failure and its cure are two rows of a report. Each probe has `ROWS`
rows of `CLASSES` scores.
"""

from __future__ import annotations

import torch
from torch import Tensor

from replab.probes.measured import Measured
from replab.ranges import Flag, NonNegative, Positive

ROWS = 10_000
CLASSES = 10


def softmax_overflow(*, generator: torch.Generator, scale: Positive, shift: Flag) -> Measured:
    """Share of rows where exp(x_k) / sum exp(x) has a non-finite entry, in float32, for x ~ N(0, scale^2).

    With `shift` the row's largest score is subtracted first, which changes nothing in exact arithmetic.

    Source: report 003, numerical stability; Goodfellow, Bengio & Courville 2016, "Deep learning", section
    4.1.
    """
    scores = scale * torch.randn(ROWS, CLASSES, generator=generator)
    if shift:
        scores -= scores.amax(1, keepdim=True)
    powers = scores.exp()
    return {"nonfinite_fraction": (_share(~(powers / powers.sum(1, keepdim=True)).isfinite()), "fraction")}


def log_of_zero(*, generator: torch.Generator, clip: NonNegative) -> Measured:
    """Share of rows with a non-finite loss -log max(p_t, clip), in float32, where the softmax p_t is 0.

    The scores are N(0, 1), and the target's is 200 lower: exp(-104) is already 0 in float32. A clip of 0 is
    none, and so is one that float32 rounds to 0 (below 7e-46).

    Source: report 003, numerical stability, with clip 1e-9.
    """
    scores = torch.randn(ROWS, CLASSES, generator=generator)
    targets = torch.randint(CLASSES, (ROWS, 1), generator=generator)
    scores.scatter_add_(1, targets, torch.full((ROWS, 1), -200.0))
    losses = -scores.softmax(1).gather(1, targets).clamp_min(clip).log()
    return {"nonfinite_fraction": (_share(~losses.isfinite()), "fraction")}


def zero_over_zero(*, generator: torch.Generator, fill: NonNegative) -> Measured:
    """Share of rows where sum t log(t / p) is not finite, for a one-hot t with `fill` as the logarithm where t is 0.

    The scores are N(0, 1), in float64. A fill of 0 is none: the terms are then 0 * log(0 / p) = 0 * -inf. Where rows
    are finite, `bias_nats` is their mean excess over -log p_t: t times the fill, where t is 0, is 0.

    Source: report 003, numerical stability: `np.where(target == 0, 1e-9, np.log(target / input_softmax))`.
    """
    log_p = torch.randn(ROWS, CLASSES, generator=generator, dtype=torch.float64).log_softmax(1)
    targets = torch.randint(CLASSES, (ROWS, 1), generator=generator)
    t = torch.zeros_like(log_p).scatter_(1, targets, 1.0)
    logs = (t / log_p.exp()).log()
    nats = (t * (torch.where(t == 0, fill, logs) if fill else logs)).sum(1)
    finite = nats.isfinite()
    measured = {"nonfinite_fraction": (_share(~finite), "fraction")}
    if finite.any():
        excess = nats + log_p.gather(1, targets).squeeze(1)
        measured["bias_nats"] = (excess[finite].mean().item(), "nats")
    return measured


def _share(failed: Tensor) -> float:
    """The share of rows with any failed entry; [ROWS, ...] bool -> a fraction."""
    return failed.view(ROWS, -1).any(1).double().mean().item()
