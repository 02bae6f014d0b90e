"""How often comparisons of runs without seeds are wrong by chance: writes unpaired_error_rates.md.

Two samples of equal means are drawn 10,000 times a row. *Welch*: how often Welch's t test calls the means different
at the 5 % level; *corrected*: the test of `replab.judging.two_samples`, which takes the skewness of the runs out and
gives two runs one degree of freedom; *permutations*: the check beside it, up to 15 runs in all. *Power*: how often
the corrected test, and Welch's, find a difference of 2 standard deviations (of the sample with the larger one).

Runs are `normal`; `skewed` (exponential); `clusters` (30 % of the runs lie 10 standard deviations of a cluster
higher); or skewed to either side. `1:4` says that the second sample has four times the standard deviation, `4:1` the
first.

    python benchmarks/unpaired_error_rates.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy import stats

from replab.files import write_text
from replab.judging.two_samples import LEAST_FOR_WELCH, mean_difference, permutation_p

ALPHA, SHIFT, MOST_TRIED = 0.05, 2.0, 15
SIZES = [(2, 2), (2, 10), (3, 3), (3, 10), (5, 5), (5, 10), (10, 10), (5, 30), (20, 20)]
Draw = Callable[[tuple[int, int], np.random.Generator], np.ndarray]


def normal(size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    return random.normal(size=size)


def skewed(size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    return random.exponential(size=size) - 1


def mirrored(size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    return -skewed(size, random)


def clusters(size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    return (10 * (random.random(size) < 0.3) + random.normal(size=size) - 3) / np.sqrt(22)


CASES: dict[str, tuple[Draw, Draw, float, float]] = {
    "normal": (normal, normal, 1, 1), "normal, 1:4": (normal, normal, 1, 4), "normal, 4:1": (normal, normal, 4, 1),
    "skewed": (skewed, skewed, 1, 1), "skewed, 1:4": (skewed, skewed, 1, 4), "skewed, 4:1": (skewed, skewed, 4, 1),
    "skewed to either side": (skewed, mirrored, 1, 1), "skewed and normal": (skewed, normal, 1, 1),
    "clusters": (clusters, clusters, 1, 1), "clusters and normal": (clusters, normal, 1, 1),
}  # fmt: skip


def ps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The p of Welch's test, and of the corrected one, of every row of [reports, n] and [reports, m]."""
    (n, m), parts = (x.shape[1], y.shape[1]), [z.var(1, ddof=1) / z.shape[1] for z in (x, y)]
    error = np.sqrt(parts[0] + parts[1])
    degrees = error**4 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1))
    t = (x.mean(1) - y.mean(1)) / error
    a = (third(x) / n**2 - third(y) / m**2) / error**3
    with np.errstate(divide="ignore", invalid="ignore"):
        straight = t / 4 - 1 / (2 * a) + a / 6
    hall = np.where(a * t < -1.5, straight, t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6)
    ours = degrees if min(n, m) >= LEAST_FOR_WELCH else min(n, m) - 1
    return 2 * stats.t.sf(np.abs(t), degrees), 2 * stats.t.sf(np.minimum(np.abs(t), np.abs(hall)), ours)


def third(values: np.ndarray) -> np.ndarray:
    """The unbiased third moment of every row; 0 for two values."""
    n = values.shape[1]
    centred = values - values.mean(1, keepdims=True)
    return n * (centred**3).sum(1) / ((n - 1) * (n - 2)) if n > 2 else np.zeros(len(values))


def permutation_ps(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The exact permutation p of Welch's t, of every row."""
    n, m = x.shape[1], y.shape[1]
    pooled = np.concatenate([x, y], axis=1)
    pooled = pooled - pooled.mean(1, keepdims=True)
    chosen = np.array([np.isin(range(n + m), places) for places in combinations(range(n + m), n)], dtype=float)
    sums, squares = pooled @ chosen.T, pooled**2 @ chosen.T
    all_squares = (pooled**2).sum(1, keepdims=True)
    first = np.maximum(squares - sums**2 / n, 0) / ((n - 1) * n)
    second = np.maximum(all_squares - squares - sums**2 / m, 0) / ((m - 1) * m)  # the sums of both are 0
    t = sums * (1 / n + 1 / m) / np.sqrt(first + second)
    slack = 1e-9 * np.abs(t[:, :1])
    return np.minimum(1, 2 * np.minimum((t <= t[:, :1] + slack).mean(1), (t >= t[:, :1] - slack).mean(1)))


def check_tests(random: np.random.Generator) -> None:
    """Hold the vectorised tests against replab's."""
    for n, m in ((2, 5), (3, 4), (5, 5)):
        x, y = skewed((20, n), random) * 3, skewed((20, m), random)
        np.testing.assert_allclose(ps(x, y)[1], [mean_difference(a, b).p() for a, b in zip(x, y, strict=True)])
        theirs = [permutation_p(a, b, seed=0) for a, b in zip(x, y, strict=True)]
        np.testing.assert_allclose(permutation_ps(x, y), theirs)


def row(name: str, n: int, m: int, reports: int, random: np.random.Generator) -> list[str]:
    one, two, first, second = CASES[name]
    x, y = first * one((reports, n), random), second * two((reports, m), random)
    welch, corrected = ps(x, y)
    tried = n + m <= MOST_TRIED
    check = np.concatenate([permutation_ps(*parts) for parts in chunks(x, y)]) if tried else np.full(1, np.nan)
    found = [p <= ALPHA for p in reversed(ps(x + SHIFT * max(first, second), y))]
    shown = [(p <= ALPHA).mean() for p in (welch, corrected)] + [(check <= ALPHA).mean() if tried else np.nan]
    return [name, f"{n}, {m}", *("" if np.isnan(s) else f"{100 * s:.2f}" for s in (*shown, *(f.mean() for f in found)))]


def chunks(x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    parts = max(1, len(x) // 1000)
    return list(zip(np.array_split(x, parts), np.array_split(y, parts), strict=True))


ABOUT = """\
# How often comparisons without pairs are wrong by chance

Each row has {reports:,} simulated comparisons of equal means. All numbers are percent. A share of 5 % has a
standard error of {error:.2f} points. `benchmarks/unpaired_error_rates.py` writes this page, and says what is simulated.

- Normal runs keep the 5 %, with any spreads and numbers of runs: at most {worst_normal} %, which is within the error.
- With 2 runs against 10, Welch's degrees of freedom give up to {worst_two} % wrong findings. So here two runs have one
  degree of freedom. The price is power: with two runs, nearly nothing is found.
- The correction for skewness removes a fifth to a half of the wrong findings if one sample is more skewed or has
  the larger spread. It never adds one. Its price is power: with 5 and 5 normal runs {power} % instead of
  {power_welch}. It does not remove all: up to {worst_skewed} % remain if the sample with the larger spread is
  skewed.
- If the runs lie in clusters, few runs against many are the worst case: {worst_clusters} % are wrong with 5 against 30.
  The permutation test is exact if both samples have the same distribution. So read the sentence on it beside the
  verdict. If the spreads differ, it is worse than the corrected test.

{table}
"""


def main() -> None:
    """Simulate, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    args = parser.parse_args()
    random = np.random.default_rng(0)
    check_tests(random)
    rows = [row(name, n, m, args.reports, random) for name in CASES for n, m in SIZES]
    header = ["runs", "n", "Welch", "corrected", "permutations", "power", "power, Welch"]
    lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]

    def worst(column: int, *, name: str, sizes: str = "") -> str:
        own = [cells[column] for cells in rows if cells[0].startswith(name) and cells[1].startswith(sizes)]
        return max(own, key=float)

    text = ABOUT.format(
        reports=args.reports,
        error=100 * np.sqrt(ALPHA * (1 - ALPHA) / args.reports),
        worst_normal=worst(3, name="normal"),
        worst_two=worst(2, name="", sizes="2, 10"),
        worst_skewed=worst(3, name="skewed,"),
        power=next(cells[5] for cells in rows if cells[:2] == ["normal", "5, 5"]),
        power_welch=next(cells[6] for cells in rows if cells[:2] == ["normal", "5, 5"]),
        worst_clusters=worst(3, name="clusters", sizes="5, 30"),
        table="\n".join(f"| {' | '.join(cells)} |" for cells in lines),
    )
    write_text(args.output, text)
    print(text)


if __name__ == "__main__":
    main()
