"""Penalties on the parameters, added to the objective once a step."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from replab.ranges import Flag, NonNegative, NonZero, Positive, Real


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


def l2_of_kernels(parameters: dict[str, Tensor], *, strength: Real) -> Tensor:
    """strength / 2 * sum w^2 over the `kernels`; a scalar. A negative strength rewards large weights.

    Source: TensorFlow's l2_regularizer on convolutions and dense layers, in the public code behind report 000, with
    strength 1e-10. No departure.
    """
    return strength / 2 * sum(w.square().sum() for w in kernels(parameters))  # type: ignore[return-value]


def lp_of_kernels(parameters: dict[str, Tensor], *, strength: Real, power: NonZero, floor: Positive) -> Tensor:
    """strength * sum max(|w|, floor)^power over the `kernels`; a scalar. Negative strengths reward it.

    Without the half that l2 has. The gradient is strength * power * |w|^(power - 1) * sign(w), and 0 where |w| is
    below the floor: at w = 0 it is 0 for every power, though the slope on both sides is infinite for power < 1. For
    power < 0 it pushes weights away from 0, and the floor bounds the value at strength * floor^power a weight.

    Source: report 000 with strength .001 and powers -2, -1, .5, 1, 2 and 4. Departure: it has no floor, and is not
    defined at w = 0 for power < 1; a weight that is drawn is never exactly 0.
    """
    return strength * sum(w.abs().clamp_min(floor).pow(power).sum() for w in kernels(parameters))  # type: ignore[return-value]


def l2_of_matrices(parameters: dict[str, Tensor], *, strength: NonNegative) -> Tensor:
    """strength / 2 * sum w^2 over the parameters with just two axes; a scalar.

    These are the weights of dense layers: kernels of convolutions have four axes, biases one.
    Source: TensorFlow's l2_regularizer on the dense layers alone, in the public book code that report 004 was built
    on, with strength 1e-4. No departure.
    """
    return strength / 2 * sum(w.square().sum() for w in parameters.values() if w.dim() == 2)  # type: ignore[return-value]


def kernels(parameters: dict[str, Tensor]) -> list[Tensor]:
    """What multiplies inputs: parameters with two axes or more. Biases and batch norm's scale and shift have one."""
    return [w for w in parameters.values() if w.dim() > 1]


REGULARIZERS: dict[str, Callable[..., Tensor]] = {
    "l1": l1,
    "l2": l2,
    "l2_of_kernels": l2_of_kernels,
    "l2_of_matrices": l2_of_matrices,
    "lp_of_kernels": lp_of_kernels,
}
