"""Optimizers: `optimizer(parameters, *, lr) -> torch.optim.Optimizer`, elementwise over the parameters.

Elementwise, because replicates may be stacked along a leading axis R. A schedule changes
`param_groups[i]["lr"]`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from replab.ranges import Fraction, NonNegative, Positive


def sgd(
    parameters: list[Tensor], *, lr: Positive, momentum: NonNegative, weight_decay: NonNegative
) -> torch.optim.Optimizer:
    """v = momentum * v + (g + weight_decay * w); w = w - lr * v; v = 0 at first; biases decay as weights do.

    Source: Polyak 1964, "Some methods of speeding up the convergence of iteration methods"; report 003 with
    lr 1e-4, momentum .9 and weight decay 1e-5. Departure from the paper: lr multiplies v and not g, which is
    the same while lr is constant.
    """
    # Fused, a step takes less than half the time; but on a CPU torch 2.13 then leaves most bf16 and fp16
    # weights as they were, silently (pytorch/pytorch#191763).
    fused = all(weights.dtype in (torch.float32, torch.float64) for weights in parameters)
    return torch.optim.SGD(parameters, lr, momentum, weight_decay=weight_decay, fused=fused)


def nesterov(parameters: list[Tensor], *, lr: Positive, momentum: Positive) -> torch.optim.Optimizer:
    """v = momentum * v + g; w = w - lr * (g + momentum * v); v = 0 at first.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"; report 004.
    Departure: there g is taken at the look-ahead point w - lr * momentum * v; here w is that point itself (Bengio,
    Boulanger-Lewandowski & Pascanu 2013), so that the weights that are evaluated are the look-ahead ones.
    """
    return torch.optim.SGD(parameters, lr, momentum, nesterov=True)


def adagrad(
    parameters: list[Tensor], *, lr: Positive, initial: NonNegative, epsilon: Positive
) -> torch.optim.Optimizer:
    """s = s + g^2; w = w - lr * g / (sqrt(s) + epsilon); s = initial at first.

    Source: Duchi, Hazan & Singer 2011, "Adaptive subgradient methods"; reports 004 (XOR, LSTM on a sine). No departure.
    """
    return torch.optim.Adagrad(parameters, lr, initial_accumulator_value=initial, eps=epsilon)


def rmsprop(parameters: list[Tensor], *, lr: Positive, rho: Fraction, epsilon: Positive) -> torch.optim.Optimizer:
    """s = rho * s + (1 - rho) * g^2; w = w - lr * g / (sqrt(s) + epsilon); s = 0 at first.

    Source: Tieleman & Hinton 2012, "Lecture 6.5: RMSProp"; report 004 with rho .5. No departure.
    """
    return torch.optim.RMSprop(parameters, lr, alpha=rho, eps=epsilon)


def adadelta(parameters: list[Tensor], *, lr: Positive, rho: Fraction, epsilon: Positive) -> torch.optim.Optimizer:
    """s = rho * s + (1 - rho) * g^2; d = g * sqrt(u + epsilon) / sqrt(s + epsilon); u = rho * u + (1 - rho) * d^2;
    w = w - lr * d; s = u = 0 at first.

    Source: Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1; report 004. Departure: the paper
    has no learning rate, which is lr = 1 here.
    """
    return torch.optim.Adadelta(parameters, lr, rho=rho, eps=epsilon)


def adam(
    parameters: list[Tensor], *, lr: Positive, beta_1: Fraction, beta_2: Fraction, epsilon: Positive
) -> torch.optim.Optimizer:
    """m = beta_1 * m + (1 - beta_1) * g; v = beta_2 * v + (1 - beta_2) * g^2; after t steps
    w = w - lr * m' / (sqrt(v') + epsilon) with m' = m / (1 - beta_1^t), v' = v / (1 - beta_2^t); m = v = 0 at first.

    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; reports 000 and 004.
    No departure; TensorFlow puts epsilon into the uncorrected root.
    """
    return torch.optim.Adam(parameters, lr, (beta_1, beta_2), epsilon)


def adam_uncorrected(
    parameters: list[Tensor], *, lr: Positive, beta_1: Fraction, beta_2: Fraction, epsilon: Positive
) -> torch.optim.Optimizer:
    """`adam` without its correction of the start: w = w - lr * m / (sqrt(v) + epsilon), m and v as there.

    The first step is (1 - beta_1) / sqrt(1 - beta_2) times that of `adam`: 3.2 times at .9 and .999.
    Source: [I] report 004, whose formula of Adam is misprinted. Which misprint it is, is not known to us; this one, a
    formula that lacks its last lines, is well defined for every gradient.
    """
    return UncorrectedAdam(parameters, {"lr": lr, "betas": (beta_1, beta_2), "eps": epsilon})


class UncorrectedAdam(torch.optim.Optimizer):
    """See `adam_uncorrected`; the moments are `exp_avg` and `exp_avg_sq`, of the shape of a parameter."""

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step on the gradients that there are."""
        for group in self.param_groups:
            beta_1, beta_2 = group["betas"]
            for weights in (weights for weights in group["params"] if weights.grad is not None):
                moments = self.state[weights]
                if not moments:
                    moments |= {"exp_avg": torch.zeros_like(weights), "exp_avg_sq": torch.zeros_like(weights)}
                moments["exp_avg"].lerp_(weights.grad, 1 - beta_1)
                moments["exp_avg_sq"].mul_(beta_2).addcmul_(weights.grad, weights.grad, value=1 - beta_2)
                scale = moments["exp_avg_sq"].sqrt().add_(group["eps"])
                weights.addcdiv_(moments["exp_avg"], scale, value=-group["lr"])


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": sgd,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adadelta": adadelta,
    "adam": adam,
    "adam_uncorrected": adam_uncorrected,
}
