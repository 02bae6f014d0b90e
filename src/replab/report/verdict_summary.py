"""Sums up a study, a report or a profile in a few sentences: statements by verdict, and how many runs they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from replab.judging.verdict_names import (
    CONTRADICTED,
    DEPENDS_ON_SEED,
    DOES_NOT_GENERALISE,
    GENERALISES,
    INCONCLUSIVE,
    NOT_COMPARABLE,
    NOT_TESTED,
    OPEN,
    REFUTED,
    REPLICATED,
    SUPPORTED,
    DataScope,
)
from replab.judging.words import count, listed

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement
    from replab.report.study import StudyResult

MEANINGS = {
    REPLICATED: "our runs show what the report says",
    CONTRADICTED: "our runs show that it is not so",
    GENERALISES: "what the report says holds on these other data too",
    DOES_NOT_GENERALISE: "it does not hold on these other data; they say nothing about the report's own",
    DEPENDS_ON_SEED: "some runs show it and some do not; with a single run, the result is luck",
    INCONCLUSIVE: "our runs cannot tell; the reason says why, and whether more seeds would help",
    NOT_COMPARABLE: "the report does not say enough to run the same thing; the nearest runs are shown, but not judged",
    NOT_TESTED: "there are no runs that test it",
    SUPPORTED: "our runs show it",
    REFUTED: "our runs show that it is not so",
    OPEN: "our runs cannot tell",
}
INCONCLUSIVE_NUMBERS = (
    "A printed number can lie among our runs and still be INCONCLUSIVE. If runs of one setting differ by more than the"
    " gaps that the report reads into its numbers, nearly every number lies among them."
)
SAID = {
    REPLICATED: ("is replicated", "are replicated"),
    CONTRADICTED: ("is contradicted", "are contradicted"),
    GENERALISES: ("generalises", "generalise"),
    DOES_NOT_GENERALISE: ("does not generalise", "do not generalise"),
    DEPENDS_ON_SEED: ("depends on the seed", "depend on the seed"),
    INCONCLUSIVE: ("is inconclusive", "are inconclusive"),
    NOT_COMPARABLE: ("is not comparable", "are not comparable"),
    NOT_TESTED: ("is not tested", "are not tested"),
    SUPPORTED: ("is supported", "are supported"),
    REFUTED: ("is refuted", "are refuted"),
    OPEN: ("is open", "are open"),
}
STATEMENT, HYPOTHESIS = "statement", "hypothesis"
DENIED = {CONTRADICTED: "Contradicted", DOES_NOT_GENERALISE: "Not generalised"}
MOST_NAMED = 2


def of_role(statements: pd.DataFrame, role: str) -> pd.DataFrame:
    """The statements of reports, or our own hypotheses."""
    return statements[statements["role"] == role]


def counts_of(verdicts: pd.Series) -> dict[str, int]:
    """Verdict -> how many have it, in the order of MEANINGS, those that occur."""
    numbers = verdicts.value_counts()
    return {verdict: int(numbers[verdict]) for verdict in MEANINGS if verdict in numbers.index}


def meanings_in(verdicts: pd.Series) -> dict[str, str]:
    """What each verdict that occurs means."""
    return {verdict: MEANINGS[verdict] for verdict in counts_of(verdicts)}


def counted(counts: Mapping[str, int], noun: str = "statement", own: bool = False) -> str:
    """`Of 16 statements, 15 are replicated and 1 is contradicted.`, or `All 16 statements are replicated.`

    `own`: of questions of our own.
    """
    if not counts:
        return f"There is no {noun} to judge."
    whose = " of our own" if own else ""
    if sum(counts.values()) == 1:
        return f"The only {noun}{whose} {SAID[next(iter(counts))][0]}."
    if len(counts) == 1:
        [[verdict, number]] = counts.items()
        return f"{'Both' if number == 2 else f'All {number:,}'} {noun}s{whose} {SAID[verdict][1]}."
    return f"Of {count(sum(counts.values()), noun)}{whose}, {told(counts)}."


def told(counts: Mapping[str, int]) -> str:
    """`14 are replicated and 1 is contradicted`."""
    return listed(f"{number} {SAID[verdict][number != 1]}" for verdict, number in counts.items())


def summary_sentences(result: StudyResult, judgement: Judgement) -> str:
    """Two or three sentences: the statements by verdict, those that the runs deny, and what the numbers rest on."""
    if not any(run["status"] == "done" for _, _, run in result.runs()):
        return f"No run of this study has finished ({runs_text(result)}). What is missing is listed below."
    statements = of_role(judgement.statements, STATEMENT)
    questions = of_role(judgement.statements, HYPOTHESIS)
    said = [counted(counts_of(statements["verdict"]))] if len(statements) else []
    said += [counted(counts_of(questions["verdict"]), "question", own=True)] if len(questions) else []
    return " ".join([*said, *_denied(statements)]) or _without_statements(result)


def _without_statements(result: StudyResult) -> str:
    """What a study shows that judges no statement: its differences to the baseline, where it has one."""
    from replab.report.baseline_table import baseline_answer  # with scipy

    found = baseline_answer(result)
    return f"This study judges no statement. {found or 'Its numbers are below.'}"


def _denied(statements: pd.DataFrame) -> list[str]:
    """What the runs speak against, in the statements' own words."""
    from replab.report.frames import as_rows  # with scipy, which `replab summary` does not need

    rows = as_rows(statements[statements["verdict"].isin(DENIED)])
    if not rows:
        return []
    named = [f"“{row['sentence'].rstrip('.')}”" for row in rows[:MOST_NAMED]]
    more = [f"{len(rows) - MOST_NAMED} more"] if len(rows) > MOST_NAMED else []
    return [f"{DENIED[rows[0]['verdict']]}: {listed([*named, *more])}."]


def scope_of(results: list[StudyResult]) -> DataScope:
    """That of a profile's studies, which is one."""
    return results[0].scope if results else DataScope.ORIGINAL


def runs_text(result: StudyResult) -> str:
    """How many of the planned runs finished: `21 of 24 runs finished`."""
    return f"{finished_text(result)} {'run' if _planned(result) == 1 else 'runs'} finished"


def finished_text(result: StudyResult) -> str:
    """The same in a cell: `21 of 24`, or `all 24`."""
    done, planned = sum(run["status"] == "done" for _, _, run in result.runs()), _planned(result)
    return f"all {planned:,}" if done == planned != 1 else f"{done:,} of {planned:,}"


def _planned(result: StudyResult) -> int:
    return len(result.records) + len(result.missing)


def seeds_words(result: StudyResult) -> str:
    """How many seeds a variant was planned with: `6 seeds`, `1 seed`."""
    number = seeds_text(result)
    return f"{number} {'seed' if number == '1' else 'seeds'}"


def seeds_text(result: StudyResult) -> str:
    """The same in a cell: `6`, or `6-10`."""
    planned = [variant for variant, _ in result.records] + [variant for variant, *_ in result.missing]
    sizes = sorted({planned.count(variant) for variant in result.variants})
    return "0" if not sizes else str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]}-{sizes[-1]}"
