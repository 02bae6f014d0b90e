"""How often verdicts are wrong by chance, and how often they see what is there: `benchmarks/error_rates.md`.

A simulated report prints 16 numbers, each of them one more run of the very pipeline whose n runs judge it: whatever is
contradicted is contradicted wrongly. Runs are normal; skewed (Gamma with shape 4: skewness 1); in two clusters, 20
standard deviations apart, each with half of the runs, or with 30 and 70 % of them. Rankings, bounds and "the same" are
families of four claims that do not hold; what is said of events is enumerated.

What is computed is replab's: vectorised twins of its functions, held against them on some of the same data before
anything is counted. Run: `make bench`; `--reports 1000` for a quick look.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from replab.files import write_text
from replab.judging.events import share_interval
from replab.judging.further_runs import FurtherRun
from replab.judging.least_runs import ALPHA, LEAST_RUNS
from replab.judging.nearness import are_clusters
from replab.judging.numbers import NORMALITY_LEVEL, STRETCH, number_columns
from replab.judging.part_kinds import Resolution
from replab.judging.scales import PLAIN, Printed
from replab.judging.sequential import Look, corrected
from replab.judging.skewed_means import skewed_mean_p
from replab.judging.statistics import beyond_p, equivalence_p, holm, sign_flip_floor
from replab.judging.verdicts import verdict_of

NUMBERS, CLAIMS = 16, 4
SIZES = [4, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100]
SHIFTS = [2, 4, 6]
WIDE = 3.0  # the resolution, in standard deviations of a run (of one cluster)
RESOLUTION = Resolution(value=WIDE, reason="simulated")
PLANS = [(6, 10), (7, 10), (4, 10), (6, 10, 15, 20)]
FAR = 4.0  # of a difference that nobody can miss, in its standard deviations
FAMILIES = [4, 16, 48]
EFFECT = 1.2  # of a ranking that is true, in standard deviations of a run
CHECKED = 300  # numbers that go through the functions of replab themselves
KINDS = {"normal": "normal", "skewed": "skewed", "halves": "halves in two clusters", "thirds": "30 % and 70 %"}
Table = list[list[str]]
FAMILY_HEADER = ["runs", "claims", "seeds"] + [
    f"{what}, {how}" for what in ("rankings", "bounds", "power") for how in ("whole cubic", "with tangent")
]


def runs(kind: str, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Runs with standard deviation 1, of two clusters within each."""
    if kind == "skewed":
        return (random.gamma(4.0, size=shape) - 4.0) / 2.0
    apart = {"halves": 0.5, "thirds": 0.3}.get(kind, 0.0)
    return random.standard_normal(shape) + 20.0 * (random.random(shape) < apart)


def number_ps(values: np.ndarray, printed: np.ndarray) -> np.ndarray:
    """`number_p` of every row of [..., n] for a number of many digits."""
    n = values.shape[-1]
    if n < LEAST_RUNS:
        return np.ones(values.shape[:-1])
    width = STRETCH * values.std(-1, ddof=1) * np.sqrt(1 + 1 / n)
    tail = 2 * stats.t.sf(np.abs(values.mean(-1) - printed) / width, n - 1)
    return np.maximum(tail, 2.0**-n)


def contradicted(values: np.ndarray, printed: np.ndarray) -> np.ndarray:
    """Which of the numbers [S, m] of reports are contradicted by their runs [S, m, n]."""
    p = number_ps(values, printed)
    found = holm_rejects(p) & (np.abs(values - printed[..., None]).min(-1) > WIDE / 10)
    for place in np.argwhere(found):
        own, number = values[tuple(place)], printed[tuple(place)]
        if stats.shapiro(own).pvalue < NORMALITY_LEVEL:
            clusters = are_clusters(own, RESOLUTION)
            found[tuple(place)] = not clusters and not own.min() <= number <= own.max()
    return found


def holm_rejects(p: np.ndarray) -> np.ndarray:
    """Which of the claims [S, m] Holm's correction over m refuses at .05."""
    order = np.argsort(p, axis=1)
    stepped = np.take_along_axis(p, order, 1) * np.arange(p.shape[1], 0, -1)
    held = np.maximum.accumulate(stepped, axis=1) <= ALPHA
    rejected = np.empty_like(held)
    np.put_along_axis(rejected, order, held, 1)
    return rejected


def number_verdict(own: np.ndarray, printed: float) -> str:
    """What replab itself says of one number, Holm's correction at its worst (times 16)."""
    number = Printed("", printed, 1e-9)
    columns = number_columns(FurtherRun(own, PLAIN), number, RESOLUTION)
    whole: dict[str, Any] = {
        "kind": "number",
        "inside": False,
        "narrow": False,
        "apart": False,
        "p_value": 1.0,
    } | columns
    return verdict_of(whole | {"p_holm": min(1.0, NUMBERS * whole["p_value"])})


def check_numbers(kind: str, n: int, random: np.random.Generator) -> tuple[Counter[str], list[float]]:
    """The verdicts of replab on honest numbers, and how often it replicates one that is off by each of SHIFTS.

    Raises where the twin has another answer.
    """
    values = runs(kind, (CHECKED, 1, n + 1), random)
    own, printed = values[..., :n], values[..., n]
    found = Counter(number_verdict(row, float(number)) for row, number in zip(own[:, 0], printed[:, 0], strict=True))
    far = printed + 8.0 * np.sign(random.standard_normal(printed.shape))
    theirs = [
        number_verdict(row, float(number)) == "CONTRADICTED" for row, number in zip(own[:, 0], far[:, 0], strict=True)
    ]
    p = np.ones((CHECKED, NUMBERS))
    p[:, :1] = number_ps(own, far)
    apart = np.abs(own - far[..., None]).min(-1) > WIDE / 10
    ours = contradicted(np.repeat(own, NUMBERS, 1), np.where(np.arange(NUMBERS) == 0, far, own.mean(-1)))[:, 0]
    assert (holm_rejects(p)[:, 0] & apart[:, 0] >= ours).all()
    np.testing.assert_array_equal(ours, theirs)
    wrongly = [
        np.mean(
            [
                number_verdict(row, float(number) + shift) == "REPLICATED"
                for row, number in zip(own[:, 0], printed[:, 0], strict=True)
            ]
        )
        for shift in SHIFTS
    ]
    return found, [float(each) for each in wrongly]


def number_row(kind: str, n: int, reports: int, random: np.random.Generator) -> list[str]:
    """Reports with a wrong contradiction, the verdicts on single honest numbers, and the power against shifts."""
    wrong, hits = 0, 0
    powers = np.zeros(len(SHIFTS))
    for size in [reports // 10] * 10:
        values = runs(kind, (size, NUMBERS, n + 1), random)
        own, printed = values[..., :n], values[..., n]
        wrong += int(contradicted(own, printed).any(1).sum())
        for place, shift in enumerate(SHIFTS):
            moved = printed.copy()
            moved[:, 0] += shift
            powers[place] += contradicted(own, moved)[:, 0].sum()
        hits += size
    said, wrongly = check_numbers(kind, n, random)
    shares = [said[word] / CHECKED for word in ("REPLICATED", "DEPENDS ON THE SEED", "INCONCLUSIVE")]
    shown = [wrong / hits, *shares, *(powers / hits), *wrongly]
    return [KINDS[kind], str(n), *map(share, shown)]


def mixed_row(n: int, reports: int, random: np.random.Generator) -> list[str]:
    """Reports with 12 skewed numbers, two of halves and two of thirds."""
    wrong = 0
    for size in [reports // 10] * 10:
        kinds = [("skewed", 12), ("halves", 2), ("thirds", 2)]
        values = np.concatenate([runs(kind, (size, count, n + 1), random) for kind, count in kinds], axis=1)
        wrong += int(contradicted(values[..., :n], values[..., n]).any(1).sum())
    return [str(n), share(wrong / (reports // 10 * 10))]


def skewed_mean_ps(values: np.ndarray, *, whole: bool = False) -> np.ndarray:
    """`skewed_mean_p` of every row of [..., n]; with Hall's whole cubic where `whole`."""
    n = values.shape[-1]
    ratio, g = values.mean(-1) / values.std(-1, ddof=1), stats.skew(values, axis=-1, bias=False)
    cubic = ratio + g * ratio**2 / 3 + g**2 * ratio**3 / 27 + g / (6 * n)
    tangent = ratio / 4 - 1 / (2 * g) + g / (6 * n)
    hall = cubic if whole else np.where(g * ratio < -1.5, tangent, cubic)
    return 2 * stats.t.sf(np.sqrt(n) * np.minimum(np.abs(ratio), np.abs(hall)), n - 1)


def same_ps(values: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """The p that "the same" is judged by, of every row of [..., n]; and whether it is that of lying within."""
    n = values.shape[-1]
    error, mean = values.std(-1, ddof=1) / np.sqrt(n), np.abs(values.mean(-1))
    within = stats.t.sf((margin - mean) / error, n - 1)
    beyond = 2 * stats.t.sf((mean - margin) / error, n - 1)
    return np.where(mean < margin, within, beyond), mean < margin


def check_tests(random: np.random.Generator) -> None:
    """Hold the vectorised tests against replab's."""
    for n in (4, 6, 10, 20):
        rows = runs("skewed", (40, n), random) + 0.4
        np.testing.assert_allclose(skewed_mean_ps(rows), [skewed_mean_p(row) for row in rows])
        family = skewed_mean_ps(rows).reshape(-1, CLAIMS)
        np.testing.assert_array_equal(holm_rejects(family), [holm(p, family=CLAIMS) <= ALPHA for p in family])
        p, inside = same_ps(rows, 0.5)
        theirs = [equivalence_p(r, margin=0.5) if i else beyond_p(r, 0.5) for r, i in zip(rows, inside, strict=True)]
        np.testing.assert_allclose(p, theirs, rtol=1e-6)


def least_p(values: np.ndarray, looks: list[Look], floor: float = 0.0) -> np.ndarray:
    """The p of the test of a mean of 0; the least over all looks, each corrected, where there are some.

    With floor 1 it is that of a bound, at least 2 / 2^n.
    """
    if not looks:
        return np.maximum(skewed_mean_ps(values), floor * sign_flip_floor(values.shape[-1]))
    found = [
        np.maximum(corrected(skewed_mean_ps(values[..., : look.size]), look, 2), floor * sign_flip_floor(look.size))
        for look in looks
    ]
    return np.min(found, axis=0)


def test_row(kind: str, sizes: tuple[int, ...], reports: int, random: np.random.Generator) -> list[str]:
    """Studies with a wrong finding among four rankings, four bounds, and (at the margin) of "the same"; and the power.

    With several sizes the error counts at any look.
    """
    looks = Look(sizes, 0).later if len(sizes) > 1 else []
    n = sizes[-1]
    baseline, variants = runs(kind, (reports, 1, n), random), runs(kind, (reports, CLAIMS, n), random)
    differences, spread = variants - baseline, runs(kind, (reports, CLAIMS, n), random)
    centre = {"halves": 10.0, "thirds": 6.0}.get(kind, 0.0)
    true = differences + EFFECT * np.array([1, 1, 0, 0])[:, None]
    cases = ((differences, 0.0), (spread - centre, 1.0), (true, 0.0))
    rejected = [holm_rejects(least_p(values, looks, floor)) for values, floor in cases]
    errors = [found.any(1).mean() for found in rejected[:2]]
    equal = _same_errors(differences) if not looks else np.nan
    power = rejected[2][:, :2].all(1).mean()
    shown = [share(value) for value in (*errors, equal, power)]
    return [KINDS[kind], ", ".join(map(str, sizes)), *shown]


def family_row(kind: str, claims: int, n: int, reports: int, random: np.random.Generator) -> list[str]:
    """The wrong findings of a family of that many rankings, and of bounds; and the power against FAR; by the two ways.

    Power is that of one ranking at Holm's first step, the mean over both directions.
    """
    baseline, variants = runs(kind, (reports, 1, n), random), runs(kind, (reports, claims, n), random)
    spread = runs(kind, (reports, claims, n), random)
    shown = []
    for values, floor in ((variants - baseline, 0.0), (spread, sign_flip_floor(n))):
        for whole in (True, False):
            shown.append((np.maximum(skewed_mean_ps(values, whole=whole), floor) * claims <= ALPHA).any(1).mean())
    for whole in (True, False):
        seen = [(skewed_mean_ps(spread[:, 0] + far, whole=whole) * claims <= ALPHA).mean() for far in (FAR, -FAR)]
        shown.append(np.mean(seen))
    return [KINDS[kind], str(claims), str(n), *map(share, shown)]


def _same_errors(differences: np.ndarray) -> float:
    """How often a difference of just the margin is called the same, in any of four."""
    p, inside = same_ps(differences + 1.0, 1.0)
    return float((holm_rejects(np.where(inside, p, 1.0)) & inside).any(1).mean())


def event_rows() -> Table:
    """The probability of each verdict on "it happens", by the true share of runs; enumerated, not simulated."""
    rows = []
    for n in (5, 10, 20, 59, 100):
        for true in (0.0, 0.02, 0.05, 0.2, 0.5, 0.95, 1.0):
            shares: dict[str, float] = defaultdict(float)
            for k in range(n + 1):
                low, high = share_interval(k, n)
                row = {"kind": "bound", "route": "share", "k": k, "n": n, "share_low": low, "share_high": high}
                shares[verdict_of(row | {"asked": None})] += float(stats.binom.pmf(k, n, true))
            words = ("REPLICATED", "CONTRADICTED", "DEPENDS ON THE SEED", "INCONCLUSIVE")
            rows.append([str(n), f"{100 * true:.0f} %", *(share(shares[word]) for word in words)])
    return rows


def share(fraction: float) -> str:
    """`4.87`, in percent."""
    return "" if np.isnan(fraction) else f"{100 * fraction:.2f}"


def markdown(header: list[str], rows: Table) -> str:
    """A table, numbers to the right."""
    lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


ABOUT = """\
# How often verdicts are wrong by chance

Each row has {reports:,} simulated reports. All numbers are percent. A share of 5 % has a standard error of
{error:.2f} points. `benchmarks/error_rates.py` writes this page, and says what is simulated.

## Printed numbers

A report prints {numbers} numbers. Each is honest: one more run of our pipeline. The columns are:

- *wrong*: reports in which any number is contradicted. We promise at most 5 %.
- *replicated* to *inconclusive*: the verdicts on one honest number, at a resolution of {wide:g} standard deviations
  of a run ({checked} numbers in each row).
- *power*: how often a number is contradicted that is 2, 4 or 6 standard deviations off, while the other {others} are
  honest.
- *replicated, off*: how often such a number is replicated ({checked} numbers in each row).

What the table shows:

- The promise holds for normal and skewed runs, and for clusters of equal size, from 4 to 100 runs.
- It holds because the criterion is careful: the distance counts two thirds, and p is never below 2^-n. With the plain
  prediction interval, some number was contradicted in 9 to 17 % of reports with skewed runs, and in 62 % of reports
  with clusters at 4 runs. We saw that before we saw any verdict, and changed the criterion.
- More runs never make it worse. Once there are enough runs for a contradiction, errors do not grow with n, but power
  does.
- The promise does not hold if *all* numbers of a report come from clusters of 30 and 70 %, at 9 to 12 runs. If a
  criterion contradicts a number when all runs agree, it cannot do better: {numbers} * .3 * .7^n is 13.6 % at 10 runs.
- Few runs contradict nothing: {numbers} numbers need at least {least} runs.
- REPLICATED says that one more run could print the number, at the declared resolution. It does not say that the
  number is right: a number that is 2 standard deviations off lies within the interval of one more run in half of the
  cases, whatever n is.

{numbers_table}

Reports with twelve skewed numbers, two in clusters of equal size and two in clusters of 30 and 70 %:

{mixed_table}

## Rankings, bounds, "the same"

Each study has four claims that do not hold, with Holm's correction. The table shows how many studies have any wrong
finding. If a row names several numbers of seeds, these are interim analyses, and an error counts at any of them.
Power: both of two true rankings, {effect:g} standard deviations apart, are found. Rankings of runs in clusters have
equal means. Bounds of skewed runs reach 5.3 % at 8 seeds, a quarter of a point too many.

{tests_table}

The correction for skewness is Hall's cubic up to half of the way to its flat point, and its tangent from there on
(`replab.judging.skewed_means`). Here it stands beside the whole cubic, on the same simulated runs, for families of 4,
16 and 48 claims. *Power*: how often one difference of {far:g} of its standard deviations is found, which has nearly
always all of its pairs on one side.

- We chose the end of the cubic by this table: this end adds no wrong findings. A tangent at half of the slope instead
  of a quarter adds up to .2 points at 8 runs. The runs whose verdicts it moves were known then.
- Rankings keep the promise in families of any size. Bounds on the mean of skewed runs do not: of reports with 16 or
  48 of them, up to {worst} % have a wrong finding. No report here tests more than six.

{families_table}

## Events

The verdicts on "it happens in every run", by the true share of runs in which it happens. They are computed exactly,
not simulated. A contradiction is wrong if the share is 5 % or more.

{events_table}
"""


def main() -> None:
    """Simulate, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".md"))
    args = parser.parse_args()
    random = np.random.default_rng(0)
    check_tests(random)
    numbers = [number_row(kind, n, args.reports, random) for kind in KINDS for n in SIZES]
    mixed = [mixed_row(n, args.reports, random) for n in SIZES]
    sizes = [(n,) for n in (4, 6, 8, 10, 15, 20)] + PLANS
    tests = [test_row(kind, plan, args.reports, random) for kind in ("normal", "skewed", "halves") for plan in sizes]
    families = [
        family_row(kind, claims, n, args.reports, random)
        for kind in ("normal", "skewed")
        for claims in FAMILIES
        for n in (6, 8, 10, 15)
    ]
    header = [
        "runs",
        "n",
        "wrong",
        "replicated",
        "depends on the seed",
        "inconclusive",
        *(f"power, {s}" for s in SHIFTS),
        *(f"replicated, {s} off" for s in SHIFTS),
    ]
    text = ABOUT.format(
        reports=args.reports,
        error=100 * np.sqrt(ALPHA * (1 - ALPHA) / args.reports),
        numbers=NUMBERS,
        others=NUMBERS - 1,
        checked=CHECKED,
        wide=WIDE,
        least=min(n for n in range(1, 100) if n >= LEAST_RUNS and 2.0**-n * NUMBERS <= ALPHA),
        effect=EFFECT,
        far=FAR,
        worst=max((row[6] for row in families if row[0] == "skewed"), key=float),
        families_table=markdown(FAMILY_HEADER, families),
        numbers_table=markdown(header, numbers),
        mixed_table=markdown(["n", "wrong"], mixed),
        tests_table=markdown(["runs", "seeds", "rankings", "bounds", "the same", "power"], tests),
        events_table=markdown(
            ["n", "share", "replicated", "contradicted", "depends on the seed", "inconclusive"], event_rows()
        ),
    )
    write_text(args.output, text)
    print(text)


if __name__ == "__main__":
    main()
