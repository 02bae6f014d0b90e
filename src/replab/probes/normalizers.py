"""What report 000 says of its normalizers' loss without training: how steep it is, and whether it is convex.

The loss is -log min(max(p_t, clip), 1) of `ROWS` rows of `CLASSES` scores drawn from N(0, 1), in float64, with the
target t drawn uniformly. Shares of |x|, x^2 and max(0, x) do not depend on the scores' scale.
"""

from __future__ import annotations

import torch
from torch import Tensor

from replab.nn.losses import clipped_nll
from replab.probes.measured import Measured
from replab.ranges import Component, Positive

ROWS = 10_000
CLASSES = 10


def normalizer_gradient_ratio(
    *, generator: torch.Generator, normalizer: Component, baseline_normalizer: Component, clip: Positive
) -> Measured:
    """|dL/dx| with `normalizer` by that with `baseline_normalizer`, row by row: median, 5th and 95th percentile.

    Rows whose gradient is 0 with the baseline (its p_t is below the clip) are left out.
    Source: report 000, "the derivative ... is twice as large" of square_max against abs_max.
    """
    scores, targets = _drawn(generator)
    slopes = []
    for one in (normalizer, baseline_normalizer):
        x = scores.clone().requires_grad_()
        clipped_nll(one(x), targets, clip=clip).sum().backward()
        assert x.grad is not None
        slopes.append(x.grad.norm(dim=1))
    ratios = (slopes[0] / slopes[1])[slopes[1] > 0]
    p5, median, p95 = ratios.quantile(torch.tensor([0.05, 0.5, 0.95], dtype=ratios.dtype)).tolist()
    return {"gradient_ratio_median": (median, ""), "gradient_ratio_p5": (p5, ""), "gradient_ratio_p95": (p95, "")}


def normalizer_convexity(*, generator: torch.Generator, normalizer: Component, clip: Positive) -> Measured:
    """Share of random chords that the loss violates: L((x + y) / 2) > (L(x) + L(y)) / 2 + 1e-9, same target.

    0 for a convex loss; above 0 no loss is convex. Source: report 000, which explains what abs_max and square_max
    reach by a loss that is not convex.
    """
    (x, targets), y = _drawn(generator), _drawn(generator)[0]

    def loss(scores: Tensor) -> Tensor:
        return clipped_nll(normalizer(scores), targets, clip=clip)

    violated = loss((x + y) / 2) > (loss(x) + loss(y)) / 2 + 1e-9
    return {"nonconvex_fraction": (violated.double().mean().item(), "fraction")}


def _drawn(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    scores = torch.randn(ROWS, CLASSES, generator=generator, dtype=torch.float64)
    return scores, torch.randint(CLASSES, (ROWS,), generator=generator)
