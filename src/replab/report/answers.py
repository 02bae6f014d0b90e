"""What a study's runs say in a sentence or two: its claims by verdict, and what the numbers rest on."""

from __future__ import annotations

from typing import Any

import pandas as pd

from replab.judging.scopes import (
    CARRIES_OVER,
    CONTRADICTED,
    DIRECTION_ONLY,
    DOES_NOT_CARRY_OVER,
    INCONCLUSIVE,
    NOT_TESTED,
    REPLICATED,
    VERDICTS,
    Scope,
)
from replab.judging.sentences import count, listed
from replab.report.frames import as_rows
from replab.report.study import StudyResult
from replab.report.wording import code

MEANINGS = {
    REPLICATED: "the runs show what is claimed",
    CARRIES_OVER: "the runs show what is claimed, on other data than the report's",
    DIRECTION_ONLY: "the sign is right, the size or a part of the claim is not shown",
    CONTRADICTED: "the runs show that it does not hold",
    DOES_NOT_CARRY_OVER: "the runs show that it does not hold on these data; of the report's own they say nothing",
    INCONCLUSIVE: "these runs cannot tell",
    NOT_TESTED: "there are no runs that could tell",
}
SAID = {
    REPLICATED: "replicated",
    CARRIES_OVER: "carrying over",
    DIRECTION_ONLY: "right in direction only",
    CONTRADICTED: "contradicted",
    DOES_NOT_CARRY_OVER: "not carrying over",
    INCONCLUSIVE: "inconclusive",
    NOT_TESTED: "not tested",
}
MOST_NAMED = 3
NO_VERDICTS = pd.DataFrame(columns=["part", "verdict"])
REFUTED = {CONTRADICTED: "Contradicted", DOES_NOT_CARRY_OVER: "Does not carry over"}


def claims_sentence(verdicts: pd.DataFrame) -> str:
    """How many claims have which verdict."""
    counts = {verdict: number for verdict, number in counts_of(verdicts).items() if number}
    if not counts:
        return "There is no claim to judge."
    said = listed(f"{number} {'is' if number == 1 else 'are'} {SAID[verdict]}" for verdict, number in counts.items())
    return f"Of {count(sum(counts.values()), 'claim')}, {said}."


def answer(result: StudyResult, verdicts: pd.DataFrame) -> str:
    """Two sentences: the claims by verdict, and what the numbers rest on."""
    runs = f"{finished_text(result)} runs finished"
    if not any(run["status"] == "done" for _, _, run in result.runs()):
        return f"No run of this study has finished ({runs}). What is missing is listed below."
    seeds = f"every variant has {seeds_text(result)} seeds, and {runs}"
    refuted = [code(row["claim_id"]) for row in refuted_claims(verdicts)]
    if len(refuted) > MOST_NAMED:
        refuted = [*refuted[:MOST_NAMED], f"{len(refuted) - MOST_NAMED} more"]
    second = f"{refuted_word([result])}: {listed(refuted)}; {seeds}." if refuted else f"{seeds[0].upper()}{seeds[1:]}."
    return f"{claims_sentence(verdicts)} {second}"


def counts_of(verdicts: pd.DataFrame) -> dict[str, int]:
    """Verdict -> how many claims have it; parts of claims do not count."""
    whole = verdicts.loc[verdicts["part"] == "", "verdict"]
    return {verdict: int((whole == verdict).sum()) for verdict in MEANINGS}


def refuted_claims(verdicts: pd.DataFrame) -> list[dict[str, Any]]:
    """The claims that the runs speak against, a row each."""
    return as_rows(verdicts[(verdicts["part"] == "") & verdicts["verdict"].isin(REFUTED)])


def scope_of(results: list[StudyResult]) -> Scope:
    """That of a profile's studies, which is one."""
    return results[0].scope if results else Scope.CLAIMED


def possible_verdicts(results: list[StudyResult]) -> list[str]:
    """The verdicts that there can be."""
    return VERDICTS[scope_of(results)]


def refuted_word(results: list[StudyResult]) -> str:
    """The heading of what the runs speak against."""
    return REFUTED[DOES_NOT_CARRY_OVER if scope_of(results) == Scope.OTHER else CONTRADICTED]


def finished_text(result: StudyResult) -> str:
    """How many of the planned runs finished: `21 of 24`."""
    done = sum(run["status"] == "done" for _, _, run in result.runs())
    return f"{done} of {len(result.records) + len(result.missing)}"


def seeds_text(result: StudyResult) -> str:
    """How many seeds a variant was planned with: `6`, or `6-10`."""
    planned = [variant for variant, _ in result.records] + [variant for variant, *_ in result.missing]
    sizes = sorted({planned.count(variant) for variant in result.variants})
    return "0" if not sizes else str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]}-{sizes[-1]}"
