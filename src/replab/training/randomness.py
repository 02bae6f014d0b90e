"""Every random draw of a replicate comes from its own seed, a purpose and an index: never from a global state.

No generator has to be stored to resume: the order of epoch 7 is what (seed, "order", 7) gives, whenever asked.
"""

from __future__ import annotations

import hashlib

import torch

from replab.spec import Batches


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """A CPU generator for one purpose ("weights", "order", "noise") and index of one replicate."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def batch_indices(batches: Batches, examples: int, seed: int, first: int, steps: int) -> torch.Tensor:
    """The examples that steps `first` .. `first + steps - 1` use: int64 of shape [steps, B].

    `shuffled`: a permutation an epoch, its incomplete last batch left out. `replacement`: uniform draws;
    the draws of a step depend on its number alone.
    """
    if batches.name == "replacement":
        rows = [_draws(batches.size, examples, seed, step) for step in range(first, first + steps)]
        return torch.stack(rows)
    per_epoch = examples // batches.size
    rows, step = [], first
    while step < first + steps:
        epoch, start = divmod(step, per_epoch)
        stop = min(per_epoch, start + first + steps - step)
        order = torch.randperm(examples, generator=generator(seed, "order", epoch))
        rows.append(order[start * batches.size : stop * batches.size].view(-1, batches.size))
        step += stop - start
    return torch.cat(rows)


def _draws(size: int, examples: int, seed: int, step: int) -> torch.Tensor:
    return torch.randint(examples, (size,), generator=generator(seed, "order", step))
