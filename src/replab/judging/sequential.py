"""Interim analyses (here: looks): seeds are added at numbers declared beforehand, and the error is spread over them.

Who adds seeds until something is significant finds something. Here the numbers of seeds at which verdicts may be
formed are declared (`interim_analyses` of a study). Each look tests at a smaller level, so that the chance of a wrong
finding at any of them stays alpha, whatever makes one stop.

What the looks may have spent of a one-sided alpha is Lan & DeMets' (1983, Biometrika 70:659) function in the shape
of O'Brien & Fleming (1979, Biometrics 35:549): with t = n / n_last, 2 - 2 Phi(z(1 - alpha/2) / sqrt(t)). Early looks
cost next to nothing, and the last has nearly all of alpha. The level of a look follows from the Brownian motion that
sums over seeds form (Armitage, McPherson & Rowe 1969, J. R. Stat. Soc. A 132:235). It is applied to the p values of
any test (Jennison & Turnbull 2000, "Group sequential methods", section 3.8), here exact sign-flip tests and t tests;
`benchmarks/error_rates.md` shows the errors that this makes with 6 to 20 seeds.

An exact sign-flip test of n pairs has no p below 2 / 2^n: a look whose level is lower decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, special

Sizes = tuple[int, ...]

GRID = 300
REACH = 8.0  # standard deviations below 0 up to which a path that has crossed no bound is followed
ALPHAS = np.concatenate([np.logspace(-9, -2, 22), np.linspace(0.015, 0.1, 18), np.linspace(0.15, 0.95, 17)])


@dataclass(frozen=True)
class Look:
    """Look `number` (from 1; 0: before the first) of those at `sizes` seeds; without sizes, the only one."""

    sizes: Sizes
    number: int

    @property
    def size(self) -> int:
        """The seeds that this look is at; 0 before the first."""
        return self.sizes[self.number - 1] if self.number else 0

    @property
    def later(self) -> list[Look]:
        """The looks that are still to come."""
        return [Look(self.sizes, number) for number in range(self.number + 1, len(self.sizes) + 1)]

    def level(self, alpha: float) -> float:
        """The two-sided level at which to test, for an error of `alpha` over all looks; 0 before the first."""
        if not self.sizes:
            return alpha
        return 2 * levels(self.sizes, alpha / 2)[self.number - 1] if self.number else 0.0

    def corrected(self, p: float, sides: int) -> float:
        """The p that this look's p amounts to over all looks: the least alpha whose level here reaches it."""
        return float(corrected(np.array(p), self, sides))


ONE_LOOK = Look((), 0)


def look_at(sizes: Sequence[int], n: int) -> Look:
    """The last look that `n` seeds reach."""
    return Look(tuple(sizes), sum(size <= n for size in sizes))


def corrected(p: np.ndarray, look: Look, sides: int) -> np.ndarray:
    """`Look.corrected` of every p of an array; between the levels that are known, by interpolation."""
    if not look.sizes:
        return p
    known = special.logit(_table(look.sizes)[look.number - 1])
    one_sided = np.interp(special.logit(p / sides), known, special.logit(ALPHAS), right=np.inf)
    return np.minimum(1.0, sides * special.expit(one_sided))


def spent(alpha: float, fraction: float) -> float:
    """The part of a one-sided alpha that is spent where `fraction` (0 < t <= 1) of the seeds are there."""
    return float(2 * special.ndtr(special.ndtri(alpha / 2) / np.sqrt(fraction)))


@cache
def levels(sizes: Sizes, alpha: float) -> tuple[float, ...]:
    """The one-sided level of each look, for a one-sided error of `alpha` over all of them.

    Bound b_k has P(S_k >= b_k and S_j < b_j for all j < k) = spent(t_k) - spent(t_(k-1)), S a Brownian motion at
    t_k = n_k / n_last; the level is P(S_k >= b_k). Paths that crossed no bound are kept as weights on a grid.
    """
    found = []
    points, weights, before = np.zeros(1), np.ones(1), 0.0
    for time in np.array(sizes) / sizes[-1]:
        step = np.sqrt(time - before)
        budget = spent(alpha, time) - (spent(alpha, before) if before else 0.0)
        bound = _bound(points, weights, step, budget)
        found.append(float(special.ndtr(-bound / np.sqrt(time))))
        grid, width = np.linspace(min(-REACH * np.sqrt(time), bound - 1), bound, GRID, retstep=True)
        density = np.exp(-0.5 * ((grid[:, None] - points) / step) ** 2) @ weights / (step * np.sqrt(2 * np.pi))
        density[[0, -1]] /= 2  # the trapezoidal rule
        points, weights, before = grid, density * width, time
    return tuple(found)


def _bound(points: np.ndarray, weights: np.ndarray, step: float, budget: float) -> float:
    """The bound that paths at `points` cross with probability `budget` in a step of standard deviation `step`."""

    def excess(bound: float) -> float:
        return float(special.ndtr((points - bound) / step) @ weights) - budget

    return float(optimize.brentq(excess, -2 * REACH, 5 * REACH))


@cache
def _table(sizes: Sizes) -> np.ndarray:
    """The level of every look for each of ALPHAS: [looks, alphas]."""
    return np.array([levels(sizes, float(alpha)) for alpha in ALPHAS]).T
