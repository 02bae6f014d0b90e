"""Input transforms: `transform(x) -> float32` of the same shape: stored bytes, or features, to what a model sees.

Some are fitted: they take `fitted_on`, the training inputs [N, ...], as context.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from replab.ranges import Positive, Real


def shift_scale(x: Tensor, *, shift: Real, scale: Positive) -> Tensor:
    """(x - shift) / scale, any shape, computed in float32.

    Source: the course code of report 003, with shift 128 and scale 255.
    """
    return torch.empty(x.shape, device=x.device).copy_(x).sub_(shift).div_(scale)


def mean_image(x: Tensor, *, fitted_on: Tensor) -> Tensor:
    """x - m, with m [...] the mean of the training inputs [N, ...], pixel by pixel.

    Source: report 001, which also appends a 1 to each input: that constant is the model's bias here.
    """
    mean, _ = moments(fitted_on)
    return x.to(torch.float32) - mean.to(x.device, torch.float32)


def standardize(x: Tensor, *, fitted_on: Tensor) -> Tensor:
    """(x - m) / s, with m and s [...] the mean and the standard deviation (divided by N) of the training inputs.

    An entry that is the same in all training inputs is not divided, as in scikit-learn's StandardScaler.
    Source: report 002, preprocessing; no departure. Of PCA scores it is the whitening of PCA.
    """
    mean, deviation = (moment.to(x.device, torch.float32) for moment in moments(fitted_on))
    return (x.to(torch.float32) - mean).div_(deviation)


@lru_cache(maxsize=1)  # asked for every split, or every batch, of one training set; tensors compare by identity
def moments(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation [...] of inputs [N, ...], in float64; a deviation of 0, but for rounding, is 1."""
    blocks, count = inputs.split(1000), len(inputs)
    mean = torch.stack([block.double().sum(0) for block in blocks]).sum(0) / count
    squares = torch.stack([(block.double() - mean).square_().sum(0) for block in blocks]).sum(0)
    deviation = (squares / count).sqrt()
    return mean, torch.where(deviation > 1e-9 * mean.abs(), deviation, 1.0)


INPUTS: dict[str, Callable[..., Tensor]] = {
    "shift_scale": shift_scale,
    "mean_image": mean_image,
    "standardize": standardize,
}
