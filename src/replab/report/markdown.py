"""The pages: one a study, and one of all studies of a profile. The templates say what stands where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
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
    is_tested,
)
from replab.judging.sentences import count, listed
from replab.report import background_tables, luck, tables, translations
from replab.report.findings import findings_or_why_not
from replab.report.frames import as_rows
from replab.report.study import StudyResult, short
from replab.report.wording import capitalized, code, escaped, metric_words, table

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


def study_page(result: StudyResult, summary: pd.DataFrame, verdicts: pd.DataFrame, figures: list[str]) -> str:
    """The page of a study; `figures` are the names of the pictures that exist, without their ending."""
    whole = verdicts[verdicts["part"] == ""]
    main = tables.main_metrics(result, summary)
    notes = {claim.id: claim.note for claim in result.claims}
    in_main = set(summary.loc[summary["metric"].isin(main), "claim_id"])
    others = verdicts[~verdicts["claim_id"].isin(in_main) & verdicts["kind"].map(partial(in_table, result.scope))]
    return _render(
        "report.md.j2",
        result=result,
        answer=answer(result, verdicts),
        findings=findings_or_why_not(result.notes, summary),
        meanings={verdict: MEANINGS[verdict] for verdict in possible_verdicts([result])},
        main=tables.main_tables(result, summary, main),
        forests={metric: f"forest_{metric}" for metric in main if f"forest_{metric}" in figures},
        claims=tables.claims_table(others, result.scope) if len(others) else "",
        sources=tables.sources_table(verdicts, result.scope),
        reasons=[_reason(row, notes.get(row["claim_id"], "")) for row in whole.to_dict("records")],
        luck={metric: found for metric in main if (found := luck.luck_table(result, metric))},
        protocols=tables.protocol_table(result, summary),
        curves={name.removeprefix("curves_"): name for name in figures if name.startswith("curves_")},
        other_pictures=[name for name in figures if not name.startswith(("curves_", "forest_"))],
        translations=translations.examples_table(result),
        signatures=translations.signatures_table(result),
        lost=tables.lost_table(result),
        example=walk_back(result, summary),
        background=background_tables,
    )


def in_table(scope: Scope, kind: str) -> bool:
    """Whether the table of other claims has those of this kind: on other data it has no numbers of the report's."""
    return scope != Scope.OTHER or is_tested(kind, scope)


def profile_page(
    results: list[StudyResult], verdicts: dict[str, pd.DataFrame], untested: Mapping[str, list[str]]
) -> str:
    """The page of a profile: a row a study with its claims by verdict; `verdicts` is by the study's name."""
    possible = possible_verdicts(results)
    rows = []
    for result in results:
        counts = counts_of(verdicts[result.name])
        title = f"[{escaped(result.title)}]({result.name}/report.md) {code(result.name)}"
        sizes = [str(len(result.variants)), seeds_text(result), finished_text(result)]
        rows.append([title, escaped(result.report), *sizes, *(str(counts[verdict]) for verdict in possible)])
    header = ["study", "report", "variants", "seeds", "runs finished", *possible]
    return _render(
        "README.md.j2",
        profile=results[0].profile if results else "",
        scope=scope_of(results),
        mark=results[0].mark if results else "",
        answer=claims_sentence(pd.concat(verdicts.values()) if verdicts else NO_VERDICTS),
        studies=table(header, rows, right="  " + "r" * len(header)),
        meanings={verdict: MEANINGS[verdict] for verdict in possible},
        refuted_word=refuted_word(results),
        refuted=[
            f"[{result.name}]({result.name}/report.md) {code(row['claim_id'])}: {escaped(row['statement'])}"
            f" Here: {tables.estimate_text(row)}"
            for result in results
            for row in _refuted(verdicts[result.name])
        ],
        untested=[
            f"Report {report}, {count(numbers, 'number')}: {escaped(reason)}"
            for report, reasons in sorted(untested.items())
            for reason, numbers in Counter(reasons).items()
        ],
    )


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
    refuted = [code(row["claim_id"]) for row in _refuted(verdicts)]
    if len(refuted) > MOST_NAMED:
        refuted = [*refuted[:MOST_NAMED], f"{len(refuted) - MOST_NAMED} more"]
    second = f"{refuted_word([result])}: {listed(refuted)}; {seeds}." if refuted else f"{seeds[0].upper()}{seeds[1:]}."
    return f"{claims_sentence(verdicts)} {second}"


def walk_back(result: StudyResult, summary: pd.DataFrame) -> dict[str, str]:
    """One number of the main table, and the way from it to the run that it came from; {} without a number."""
    rows = summary[(summary["n"] > 0) & summary["metric"].isin(result.primary)]
    if rows.empty:
        return {}
    row = rows.iloc[0]
    seed, run = result.runs_of(row["variant"], "done")[0]
    place = next(iter((run.get("code") or {}).items()), ("", ""))
    return {
        "variant": row["variant"],
        "metric": metric_words(row["metric"]),
        "mean": str(float(row["mean"])),
        "seed": str(seed),
        "identity": short(run["identity"]),
        "commit": str((run.get("environment") or {}).get("commit") or ""),
        "component": place[0],
        "place": place[1],
    }


def counts_of(verdicts: pd.DataFrame) -> dict[str, int]:
    """Verdict -> how many claims have it; parts of claims do not count."""
    whole = verdicts.loc[verdicts["part"] == "", "verdict"]
    return {verdict: int((whole == verdict).sum()) for verdict in MEANINGS}


def _refuted(verdicts: pd.DataFrame) -> list[dict[str, Any]]:
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


def _reason(row: dict[Any, Any], note: str) -> str:
    said = [
        f"{code(row['claim_id'])} **{row['verdict']}**:",
        escaped(row["statement"]),
        escaped(row["reason"]),
    ]
    said += [f"Note: {escaped(note)}"] if note else []
    said += [f"“{escaped(row['quote'])}”"] if row["quote"] else []
    return " ".join([*said, f"[{row['mark']}]"])


def finished_text(result: StudyResult) -> str:
    """How many of the planned runs finished: `21 of 24`."""
    done = sum(run["status"] == "done" for _, _, run in result.runs())
    return f"{done} of {len(result.records) + len(result.missing)}"


def seeds_text(result: StudyResult) -> str:
    """How many seeds a variant was planned with: `6`, or `6-10`."""
    planned = [variant for variant, _ in result.records] + [variant for variant, *_ in result.missing]
    sizes = sorted({planned.count(variant) for variant in result.variants})
    return "0" if not sizes else str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]}-{sizes[-1]}"


def _render(template: str, **context: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("replab.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"escaped": escaped, "code": code, "metric_words": metric_words, "capitalized": capitalized}
    return environment.get_template(template).render(**context)
