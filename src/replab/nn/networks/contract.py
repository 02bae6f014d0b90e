"""What the sequence engine knows of a network and of a batch, and nothing else."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor, nn

from replab.data.texts import TextData

State = Any  # tensors, in tuples, lists and dicts; None where a sequence begins
Tokens = dict[str, Tensor]  # the arrays of a text on the device, int64 [N]


class Batch(Protocol):
    """Sequences that are computed at once: `rows` of them, going on from the batch before unless it `begins`."""

    @property
    def rows(self) -> int:
        """How many sequences."""

    @property
    def begins(self) -> bool:
        """Whether the state is None, and not that of the batch before."""


class Network(nn.Module):
    """A module that gives the nats of a batch."""

    def nats(self, batch: Any, state: State) -> tuple[Tensor, int, State]:
        """(-sum of the log probabilities of the batch's tokens, a scalar; how many tokens; the state after it).

        Gradients may flow into `state`: the engine cuts it off before it hands it on.
        """
        raise NotImplementedError

    def extra_metrics(self, text: TextData, tokens: Tokens) -> dict[str, dict[str, Any]]:
        """What else is measured, in evaluation mode after the last epoch: name -> {"value": ..., "unit": ...}."""
        return {}
