"""What may be a slip in results that exist is said, and not refused."""

import pandas as pd

from replab.interface.judge import judge

RUNS = pd.DataFrame(
    [(name, seed, 90 + seed / 7 + (name == "B") / 3, 1 / (seed + 3)) for name in "AB" for seed in range(4)],
    columns=["variant", "seed", "acc", "loss"],
)


def notes(frame: pd.DataFrame, **asked) -> str:
    return "\n".join(judge(frame, baseline="A", **asked).notes)


def test_runs_that_are_there_under_two_seeds_are_named():
    assert "there" not in notes(RUNS)
    told = notes(pd.concat([RUNS, RUNS.assign(seed=RUNS["seed"] + 100)]))
    assert "A: 8 of 8 runs have the same values in all metrics: is a run there under two seeds" in told


def test_variants_with_the_same_values_everywhere_are_named():
    assert "runs of one setting" not in notes(RUNS)
    copied = pd.concat([RUNS[RUNS["variant"] == "A"].assign(variant=name) for name in "AB"])
    assert "A, B: the same values in all metrics with every seed" in notes(copied)


def test_an_error_in_percent_beside_one_as_a_fraction_is_named():
    rates = RUNS.assign(test_error=[0.05, 0.06, 0.04, 0.05, 5, 6, 4, 5])
    assert "test_error: at most 1 with A, and above 1 with B: fractions and percentages?" in notes(rates)
    assert "fractions and percentages?" not in notes(RUNS.assign(test_error=[0.5, 1.6, 0.4, 0.5, 5, 6, 4, 5]))


def test_advice_to_pair_no_runs_is_given_only_where_none_can_be_paired():
    apart = RUNS.assign(seed=RUNS["seed"] + 10 * (RUNS["variant"] == "B"))
    assert "no seed in common: unseeded=True" in notes(apart)
    other = pd.DataFrame([("C", 9, 91.0, 0.5), ("C", 8, 92.0, 0.6)], columns=list(RUNS))
    assert "no seed in common" not in notes(pd.concat([RUNS, other]))
