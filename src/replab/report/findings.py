"""What people write about a study, with its numbers filled in from the summary: no number is typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from replab.errors import ReplabError, unknown
from replab.report.markdown_text import shown, shown_interval
from replab.report.tables import is_far_from_the_runs, middle

if TYPE_CHECKING:
    from replab.judging.judgement import Judgement


def findings_text(notes: str, summary: pd.DataFrame, verdicts: Mapping[str, str] | None = None) -> str:
    """Markdown with `{{ mean("tanh_hinge") }}`, `{{ gap("a", "b") }}` and their like filled in.

    Each takes a metric as its last argument (`test_accuracy`). `mean` is `median 53.20` where the table of variants has
    the median; `interval` is that of the mean, `runs` the least and the greatest run. `gap` is the mean of the first
    variant minus that of the second, with its sign; `size` is the same without. `seeds` is the number of finished runs.
    `verdict("004.l1_1e-7_works")` is the verdict on a statement or hypothesis of this study; `verdicts`: id -> verdict.
    Raises ReplabError for a variant or metric without a number, and for an id that is not judged here.
    """
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    rows = {(row["variant"], row["metric"]): row for row in summary.to_dict("records") if row["n"]}

    def row_of(variant: str, metric: str) -> dict[Any, Any]:
        if (variant, metric) not in rows:
            raise unknown("findings: number", f"{variant} {metric}", (" ".join(key) for key in rows))
        return rows[variant, metric]

    def mean(variant: str, metric: str = "test_accuracy") -> str:
        row = row_of(variant, metric)
        if is_far_from_the_runs(row):
            what, value = middle(row)
            return f"{what} {shown(value, str(row['unit']))}"
        return shown(row["mean"], str(row["unit"]))

    def runs(variant: str, metric: str = "test_accuracy") -> str:
        row = row_of(variant, metric)
        return f"{shown(row['least'], str(row['unit']))} to {shown(row['greatest'], str(row['unit']))}"

    def interval(variant: str, metric: str = "test_accuracy") -> str:
        row = row_of(variant, metric)
        return shown_interval(row["ci_low"], row["ci_high"], str(row["unit"]))

    def gap(first: str, second: str, metric: str = "test_accuracy") -> str:
        one, other = row_of(first, metric), row_of(second, metric)
        return shown(one["mean"] - other["mean"], str(one["unit"]), signed=True)

    def size(first: str, second: str, metric: str = "test_accuracy") -> str:
        return gap(first, second, metric).lstrip("+-")

    def seeds(variant: str, metric: str = "test_accuracy") -> str:
        return f"{row_of(variant, metric)['n']:,}"

    def verdict(name: str) -> str:
        if name not in (verdicts or {}):
            raise unknown("findings: verdict", name, verdicts or {})
        return (verdicts or {})[name]

    known = {"mean": mean, "interval": interval, "runs": runs, "gap": gap, "size": size, "seeds": seeds}
    known["verdict"] = verdict
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        return environment.from_string(notes).render(**known).strip()
    except TemplateError as error:
        raise ReplabError(f"findings: {error}") from error


def answer_and_findings(notes: str, summary: pd.DataFrame, judgement: Judgement) -> tuple[str, str]:
    """What people answer to the study's question, in a few sentences, and their findings.

    The answer is the first paragraph, where that is no item of a list; "" without one. Where runs are missing that the
    text speaks of, the findings are a line that says so.
    """
    try:
        verdicts = dict(zip(judgement.statements["id"], judgement.statements["verdict"], strict=True))
        text = findings_text(notes, summary, verdicts)
    except ReplabError as error:
        return "", f"They cannot be shown while runs are missing ({error})."
    first, _, rest = text.partition("\n\n")
    return ("", text) if first.startswith(("- ", "* ", "#")) else (" ".join(first.split()), rest.strip())
