"""Modules that draw random numbers while they train, from a generator that the engine gives them."""

from __future__ import annotations

import torch
from torch import nn


class Noisy(nn.Module):
    """A module with noise: the engine sets `generator` from the replicate's seed before each chunk."""

    generator: torch.Generator | None = None
