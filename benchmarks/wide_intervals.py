"""How often an honest number is REPLICATED where its interval is about as wide as the resolution: `wide_intervals.md`.

Runs are normal, and the printed number is one more of them. With endless runs the half-width would be 1.96 standard
deviations; a row names that half-width over the resolution. Seeds are added until the number is REPLICATED, at the
numbers of runs that a column names. Run: `make bench`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy import stats

from replab.files import write_text
from replab.judging.statistics import prediction_interval

RATIOS = [0.85, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4]
PLANS = [(10,), (14,), (34,), (10, 14), (10, 14, 34)]
CONFIDENCE = 0.95
TRUE_HALF_WIDTH = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
ABOUT = """\
# Numbers whose interval is about as wide as the resolution

The table shows how often an honest number is REPLICATED, in percent of {numbers:,} simulated numbers. A share of 20 %
has a standard error of {error:.1f} points. `benchmarks/wide_intervals.py` writes this page, and says what is simulated.
The half-width is that of infinitely many runs, divided by the resolution. If a column names several numbers of runs,
seeds are added until the number is REPLICATED.

- Ten runs tell their true spread to within a quarter of it. So if the half-width is near the resolution, chance decides
  between REPLICATED and INCONCLUSIVE. It does not depend on whether the number is right.
- Adding seeds in steps helps only REPLICATED: a number that is REPLICATED gets no more seeds.

{table}
"""


def half_widths(values: np.ndarray) -> np.ndarray:
    """Half of the interval of one more run, of every row of [N, n]; held against replab's own on the first rows."""
    n = values.shape[1]
    found = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * values.std(1, ddof=1) * np.sqrt(1 + 1 / n)
    own = [np.diff(prediction_interval(row, confidence=CONFIDENCE))[0] / 2 for row in values[:50]]
    np.testing.assert_allclose(found[:50], own)
    return np.asarray(found)


def replicated(values: np.ndarray, printed: np.ndarray, plan: tuple[int, ...], resolution: float) -> float:
    """The share of numbers [N] that are REPLICATED at any of the numbers of runs of `plan`, of the runs [N, n]."""
    ever = np.zeros(len(values), dtype=bool)
    for n in plan:
        half, distance = half_widths(values[:, :n]), np.abs(printed - values[:, :n].mean(1))
        ever |= (distance <= half) & (half <= resolution)
    return float(ever.mean())


def main() -> None:
    """Simulate, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=20_000)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    args = parser.parse_args()
    random = np.random.default_rng(1)
    values, printed = random.standard_normal((args.numbers, max(PLANS[-1]))), random.standard_normal(args.numbers)
    rows = [["half-width", *(f"{', '.join(map(str, plan))} runs" for plan in PLANS)], ["--:"] * (len(PLANS) + 1)]
    for ratio in RATIOS:
        shares = (replicated(values, printed, plan, TRUE_HALF_WIDTH / ratio) for plan in PLANS)
        rows.append([f"{ratio:.2f}", *(f"{100 * share:.1f}" for share in shares)])
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    text = ABOUT.format(numbers=args.numbers, error=100 * np.sqrt(0.16 / args.numbers), table=table)
    write_text(args.output, text)
    print(text)


if __name__ == "__main__":
    main()
