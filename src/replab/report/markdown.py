"""The pages: one a study, and one of all studies of a profile. The templates say what stands where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from replab.judging.scopes import Scope, is_tested
from replab.judging.sentences import count
from replab.report import answers, background_tables, luck, tables, translations
from replab.report.findings import findings_or_why_not
from replab.report.study import StudyResult, short
from replab.report.wording import capitalized, code, escaped, metric_words, table


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
        answer=answers.answer(result, verdicts),
        findings=findings_or_why_not(result.notes, summary),
        meanings={verdict: answers.MEANINGS[verdict] for verdict in answers.possible_verdicts([result])},
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
    possible = answers.possible_verdicts(results)
    rows = []
    for result in results:
        counts = answers.counts_of(verdicts[result.name])
        title = f"[{escaped(result.title)}]({result.name}/report.md) {code(result.name)}"
        sizes = [str(len(result.variants)), answers.seeds_text(result), answers.finished_text(result)]
        rows.append([title, escaped(result.report), *sizes, *(str(counts[verdict]) for verdict in possible)])
    header = ["study", "report", "variants", "seeds", "runs finished", *possible]
    return _render(
        "README.md.j2",
        profile=results[0].profile if results else "",
        scope=answers.scope_of(results),
        mark=results[0].mark if results else "",
        answer=answers.claims_sentence(pd.concat(verdicts.values()) if verdicts else answers.NO_VERDICTS),
        studies=table(header, rows, right="  " + "r" * len(header)),
        meanings={verdict: answers.MEANINGS[verdict] for verdict in possible},
        refuted_word=answers.refuted_word(results),
        refuted=[
            f"[{result.name}]({result.name}/report.md) {code(row['claim_id'])}: {escaped(row['statement'])}"
            f" Here: {tables.estimate_text(row)}"
            for result in results
            for row in answers.refuted_claims(verdicts[result.name])
        ],
        untested=[
            f"Report {report}, {count(numbers, 'number')}: {escaped(reason)}"
            for report, reasons in sorted(untested.items())
            for reason, numbers in Counter(reasons).items()
        ],
    )


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


def _reason(row: dict[Any, Any], note: str) -> str:
    said = [
        f"{code(row['claim_id'])} **{row['verdict']}**:",
        escaped(row["statement"]),
        escaped(row["reason"]),
    ]
    said += [f"Note: {escaped(note)}"] if note else []
    said += [f"“{escaped(row['quote'])}”"] if row["quote"] else []
    return " ".join([*said, f"[{row['mark']}]"])


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
