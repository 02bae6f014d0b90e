"""Penalties on the parameters, added to the objective once a step."""

from __future__ import annotations

from torch import Tensor

from replab.ranges import Flag, NonNegative


def l1(parameters: dict[str, Tensor], *, strength: NonNegative, biases: Flag) -> Tensor:
    """strength * sum |w| over the weights, and over the biases where `biases`; a scalar.

    The gradient at 0 is 0. Source: reports 002 (biases included) and 004 (weights only); no departure.
    """
    return strength * sum(w.abs().sum() for w in chosen(parameters, biases))  # type: ignore[return-value]


def l2(parameters: dict[str, Tensor], *, strength: NonNegative, biases: Flag) -> Tensor:
    """strength / 2 * sum w^2 over the weights, and over the biases where `biases`; a scalar.

    The half is that of TensorFlow's l2_loss and of the course code behind reports 000, 001 and 004; report
    002's step lr * ratio * 2w is strength = 2 * ratio. Source: reports 001 and 004; no departure.
    """
    return strength / 2 * sum(w.square().sum() for w in chosen(parameters, biases))  # type: ignore[return-value]


def chosen(parameters: dict[str, Tensor], biases: bool) -> list[Tensor]:
    """The weights (every parameter whose name does not end in "bias"), and the biases where asked for."""
    return [w for name, w in parameters.items() if biases or not name.endswith("bias")]


REGULARIZERS = {"l1": l1, "l2": l2}
