"""How often verdicts are wrong by chance, on simulated studies with 6 to 20 seeds: `benchmarks/error_rates.md`.

A study compares four variants with one baseline by seed (orderings), holds four variants against a bound, claims
that two are equal, and claims a level. Its runs are normal, or skewed: Gamma with shape 4, skewness 1, standardised
(a last row has exponential ones, skewness 2, beyond what small samples can bear). Differences of two skewed variants
are symmetric, as the sign-flip test supposes; a variant minus a bound is not.

What is computed is replab's: a vectorised twin of its functions, held against them on some of the same studies
before anything is counted. Run: `make bench`; `--studies 2000` for a quick look.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy import special, stats

from replab.files import write_text
from replab.judging.sequential import Look, corrected
from replab.judging.statistics import bca_interval, equivalence_p, holm, sign_flip_p, skewed_mean_p, t_interval

ALPHA, CLAIMS = 0.05, 4
FIXED = [6, 8, 10, 15, 20]
PLANS = [(6, 10, 15, 20), (10, 15, 20), (8, 12, 16)]
DRAWN = 8_191  # flips above 12 pairs; replab draws 99,999 above 15
RESAMPLES = 1_999
BLOCK = 1_000
EFFECT = 1.2  # of a claim that is true, in standard deviations of a run
TOLERANCE = 0.75  # of a level, likewise

Table = list[list[str]]


def noise(kind: str, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Runs with mean 0 and standard deviation 1."""
    if kind == "normal":
        return random.standard_normal(shape)
    form = {"skewed": 4.0, "exponential": 1.0}[kind]
    return (random.gamma(form, size=shape) - form) / np.sqrt(form)


def sign_flip_ps(differences: np.ndarray) -> np.ndarray:
    """`sign_flip_p` of every row of [..., n]."""
    rows = differences.reshape(-1, differences.shape[-1]).astype(np.float32)
    n, exact = rows.shape[1], rows.shape[1] <= 12
    if exact:
        signs = ((np.arange(2 ** (n - 1))[:, None] >> np.arange(n)) & 1) * 2 - 1  # the other half mirrors this one
    else:
        signs = np.random.default_rng(7).integers(0, 2, (DRAWN, n)) * 2 - 1
    sums, hits = np.abs(rows.sum(1)) * (1 - 1e-5), np.empty(len(rows))
    for first in range(0, len(rows), BLOCK):
        block = slice(first, first + BLOCK)
        hits[block] = (np.abs(rows[block] @ signs.T.astype(np.float32)) >= sums[block, None]).sum(1)
    found = hits / len(signs) if exact else (1 + hits) / (1 + len(signs))
    return found.reshape(differences.shape[:-1])


def holm_rejects(p: np.ndarray) -> np.ndarray:
    """Which of the claims [S, m] Holm's correction over m lets stand at .05."""
    order = np.argsort(p, axis=1)
    stepped = np.take_along_axis(p, order, 1) * np.arange(p.shape[1], 0, -1)
    held = np.maximum.accumulate(stepped, axis=1) <= ALPHA
    rejected = np.empty_like(held)
    np.put_along_axis(rejected, order, held, 1)
    return rejected


def skewed_mean_ps(values: np.ndarray) -> np.ndarray:
    """`skewed_mean_p` of every row of [..., n]."""
    n = values.shape[-1]
    ratio, g = values.mean(-1) / values.std(-1, ddof=1), stats.skew(values, axis=-1, bias=False)
    t = np.sqrt(n) * (ratio + g * ratio**2 / 3 + g**2 * ratio**3 / 27 + g / (6 * n))
    return 2 * stats.t.sf(np.abs(t), n - 1)


def test_ps(name: str, values: np.ndarray) -> np.ndarray:
    """The p of orderings, or of bounds, of every row of [..., n]."""
    p = sign_flip_ps(values)
    return np.maximum(p, skewed_mean_ps(values)) if name == "bounds" else p


def t_intervals(values: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """`t_interval` of every row of [S, n]."""
    n = values.shape[1]
    half = stats.t.isf(alpha / 2, n - 1) * values.std(1, ddof=1) / np.sqrt(n)
    return values.mean(1) - half, values.mean(1) + half


def bca_intervals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`bca_interval` of every row of [S, n], at 95 %, with fewer resamples."""
    n = values.shape[1]
    weights = np.random.default_rng(8).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.float32) / n
    centred = values - values.mean(1, keepdims=True)
    boot = np.sort(centred.astype(np.float32) @ weights.T, axis=1)
    bias = special.ndtri(((boot < 0).mean(1)).clip(1 / RESAMPLES, 1 - 1 / RESAMPLES))
    acceleration = (centred**3).sum(1) / (6 * (centred**2).sum(1) ** 1.5)
    ends = []
    for z in special.ndtri([ALPHA / 2, 1 - ALPHA / 2]):
        level = special.ndtr(bias + (bias + z) / (1 - acceleration * (bias + z)))
        place = (level * RESAMPLES).astype(int).clip(0, RESAMPLES - 1)
        ends.append(boot[np.arange(len(values)), place] + values.mean(1))
    return ends[0], ends[1]


def equivalence_ps(values: np.ndarray, margin: float) -> np.ndarray:
    """`equivalence_p` of every row of [S, n]."""
    n = values.shape[1]
    error = values.std(1, ddof=1) / np.sqrt(n)
    above, below = (values.mean(1) + margin) / error, (values.mean(1) - margin) / error
    return np.maximum(stats.t.sf(above, n - 1), stats.t.cdf(below, n - 1))


def covers(ends: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Whether intervals hold the true mean, 0."""
    return (ends[0] <= 0) & (ends[1] >= 0)


def check_twins(random: np.random.Generator) -> None:
    """Hold the vectorised functions against replab's on studies of every size."""
    for n in FIXED:
        rows = noise("skewed", (40, n), random) + 0.4
        ours = np.array([sign_flip_p(row, seed=0) for row in rows])
        np.testing.assert_allclose(sign_flip_ps(rows), ours, atol=1e-6 if n <= 12 else 0.03)
        np.testing.assert_allclose(skewed_mean_ps(rows), [skewed_mean_p(row) for row in rows])
        family = ours.reshape(-1, CLAIMS)
        expected = [holm(p, family=CLAIMS) <= ALPHA for p in family]
        np.testing.assert_array_equal(holm_rejects(family), expected)
        np.testing.assert_allclose(
            t_intervals(rows, ALPHA), np.transpose([t_interval(r, confidence=0.95) for r in rows])
        )
        np.testing.assert_allclose(equivalence_ps(rows, 0.7), [equivalence_p(row, margin=0.7) for row in rows])
        theirs = np.transpose([bca_interval(row, confidence=0.95, seed=0) for row in rows[:10]])
        np.testing.assert_allclose(bca_intervals(rows[:10]), theirs, atol=0.2)


def simulate(kind: str, studies: int, n: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """The runs of `studies` studies, by use; without any effect but those of "true"."""
    baseline, variants = noise(kind, (studies, 1, n), random), noise(kind, (studies, CLAIMS, n), random)
    shift = np.array([EFFECT, EFFECT, 0, 0])[:, None]
    return {
        "orderings": variants - baseline,
        "half": variants - baseline + shift,
        "bounds": noise(kind, (studies, CLAIMS, n), random),
        "pair": noise(kind, (studies, n), random) - noise(kind, (studies, n), random),
        "level": noise(kind, (studies, n), random),
        "next": noise(kind, (studies,), random),
    }


def any_wrong(rejected: np.ndarray, true: int = 0) -> float:
    """The share of studies with a finding among the claims that do not hold: those after the first `true`."""
    return float(rejected[:, true:].any(1).mean())


def fixed_row(kind: str, n: int, studies: int, random: np.random.Generator) -> list[str]:
    """Errors and coverages with n seeds and no more."""
    runs = simulate(kind, studies, n, random)
    rejected = {name: holm_rejects(test_ps(name, runs[name])) for name in ("orderings", "half", "bounds")}
    equal = float((equivalence_ps(runs["pair"] + 1, 1.0) <= ALPHA).mean())
    t_covers, bca_covers = covers(t_intervals(runs["level"], ALPHA)), covers(bca_intervals(runs["level"]))
    reach = stats.t.isf(ALPHA / 2, n - 1) * runs["level"].std(1, ddof=1) * np.sqrt(1 + 1 / n)
    single = np.abs(runs["next"] - runs["level"].mean(1)) <= reach
    errors = [any_wrong(rejected["orderings"]), any_wrong(rejected["half"], 2), any_wrong(rejected["bounds"]), equal]
    return [kind, str(n), *map(share, errors), *(share(c.mean()) for c in (t_covers, bca_covers, single))]


def over_looks(name: str, values: np.ndarray, looks: list[Look]) -> np.ndarray:
    """The least corrected p of every claim [S, m] at any look: what the worst rule to stop can reach."""
    found = [corrected(test_ps(name, values[..., : look.size]), look, 2) for look in looks]
    return np.min(found, axis=0)


def at_stop(level: np.ndarray, looks: list[Look], naive: bool) -> tuple[np.ndarray, np.ndarray]:
    """Whether the interval at which a level is decided (or the last one) holds the mean; and the seeds it took.

    Decided: the interval lies within, or has no point in, the claimed value ± TOLERANCE; the mean is in the middle.
    """
    held, seeds = np.zeros(len(level), bool), np.zeros(len(level), int)
    for look in looks:
        low, high = t_intervals(level[:, : look.size], ALPHA if naive else look.level(ALPHA))
        decided = ((low >= -TOLERANCE) & (high <= TOLERANCE)) | (low > TOLERANCE) | (high < -TOLERANCE)
        now = (seeds == 0) & (decided | (look is looks[-1]))
        held[now], seeds[now] = covers((low, high))[now], look.size
    return held, seeds


def sequential_row(kind: str, sizes: tuple[int, ...], studies: int, random: np.random.Generator) -> list[str]:
    """The same where seeds are added at looks."""
    runs = simulate(kind, studies, sizes[-1], random)
    looks = Look(sizes, 0).later
    rejected = {name: holm_rejects(over_looks(name, runs[name], looks)) for name in ("orderings", "half", "bounds")}
    equal = np.any([_equal_at(runs["pair"], look) <= ALPHA for look in looks], axis=0).mean()
    uncorrected = [sign_flip_ps(runs["orderings"][..., : look.size]) for look in looks]
    naive = any_wrong(holm_rejects(np.min(uncorrected, axis=0)))
    held, seeds = at_stop(runs["level"], looks, naive=False)
    naive_held, _ = at_stop(runs["level"], looks, naive=True)
    errors = [any_wrong(rejected["orderings"]), any_wrong(rejected["half"], 2), any_wrong(rejected["bounds"]), equal]
    shares = [*errors, naive, held.mean(), naive_held.mean()]
    return [kind, ", ".join(map(str, sizes)), *map(share, shares), f"{seeds.mean():.1f}", *powers(runs["half"], looks)]


def _equal_at(pair: np.ndarray, look: Look) -> np.ndarray:
    return corrected(equivalence_ps(pair[:, : look.size] + 1, 1.0), look, 1)


def powers(half: np.ndarray, looks: list[Look]) -> list[str]:
    """Both true claims found: with the looks, and with all seeds at once."""
    found = holm_rejects(over_looks("half", half, looks))[:, :2].all(1).mean()
    at_once = holm_rejects(sign_flip_ps(half))[:, :2].all(1).mean()
    return [share(found), share(at_once)]


def share(fraction: float) -> str:
    """`4.87`, in percent."""
    return f"{100 * fraction:.2f}"


def markdown(header: list[str], rows: Table) -> str:
    """A table, numbers to the right."""
    lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


ABOUT = """\
# How often verdicts are wrong by chance

{studies:,} simulated studies a row; numbers in percent, but for seeds. A share of 5 % has a standard error of
{error:.2f} points. Written by `benchmarks/error_rates.py`, which says what is simulated.

Orderings, bounds and equal: studies with any wrong finding (at most 5 % is promised). Orderings and bounds are families
of four claims with Holm's correction. t interval, BCa interval: how often a 95 % interval holds the mean of a level;
one more run: how often the prediction interval holds it.

- Paired differences keep the error, skewed or not. So do bounds of normal runs; with skewness 1 theirs is up to .7
  points above. What decides there is the greater of two p values (`verdicts`); the sign-flip test alone had 7 %.
- The t interval decides, since BCa covers too little with so few seeds.
- Six seeds cannot find one of four claims: their least p is 1/32, and Holm's first step asks for 1/80.

## A fixed number of seeds

{fixed}

## Seeds added at looks

Here every error counts at any look, so that no rule to stop could do worse. "Every look at .05" is what adding seeds
until something is significant does. A level is decided where its interval lies within, or wholly outside of, the
claimed value ± {tolerance:g} standard deviations; power is to find both of two true orderings of {effect:g} standard
deviations.

{looked}
"""


def main() -> None:
    """Simulate, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=10_000)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    args = parser.parse_args()
    random = np.random.default_rng(0)
    check_twins(random)
    errors = ["orderings", "orderings, two of four true", "bounds", "equal"]
    fixed = [fixed_row(kind, n, args.studies, random) for kind in ("normal", "skewed") for n in FIXED]
    fixed += [fixed_row("exponential", n, args.studies, random) for n in (6, 20)]
    looked = [sequential_row(kind, plan, args.studies, random) for kind in ("normal", "skewed") for plan in PLANS]
    more = ["orderings, every look at .05", "interval at the stop", "95 % t interval at the stop", "seeds, level"]
    text = ABOUT.format(
        studies=args.studies,
        error=100 * np.sqrt(ALPHA * (1 - ALPHA) / args.studies),
        tolerance=TOLERANCE,
        effect=EFFECT,
        fixed=markdown(["runs", "seeds", *errors, "t interval", "BCa interval", "one more run"], fixed),
        looked=markdown(["runs", "looks", *errors, *more, "power", "power, all at once"], looked),
    )
    write_text(args.output, text)
    print(text)


if __name__ == "__main__":
    main()
