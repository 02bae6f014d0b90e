"""The window of report 000's Lp pooling."""

from __future__ import annotations

import torch

from replab.nn.pooling import gaussian_weights
from replab.probes.measured import Measured
from replab.ranges import Positive


def gaussian_window(*, generator: torch.Generator, sigma: Positive) -> Measured:
    """The three different weights of the 3 x 3 Gaussian of standard deviation `sigma`, divided by its sum.

    Nothing is drawn: `generator` is there as every probe is called with one.
    Source: report 000, the printed conv_filter, with sigma .8.
    """
    side, middle, _ = gaussian_weights(sigma)
    return {"corner_weight": (side**2, ""), "edge_weight": (side * middle, ""), "centre_weight": (middle**2, "")}
