"""What people write about a study, with its numbers filled in from the summary: no number is typed by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        return environment.from_string(notes).render(**_Numbers(summary, verdicts or {}).by_name()).strip()
    except TemplateError as error:
        raise ReplabError(f"findings: {error}") from error


class _Numbers:
    """What findings take from the summary and the verdicts; see `findings_text`."""

    def __init__(self, summary: pd.DataFrame, verdicts: Mapping[str, str]) -> None:
        self.rows = {(row["variant"], row["metric"]): row for row in summary.to_dict("records") if row["n"]}
        self.verdicts = verdicts

    def by_name(self) -> dict[str, Callable[..., str]]:
        own = (self.mean, self.interval, self.runs, self.gap, self.size, self.seeds, self.verdict)
        return {function.__name__: function for function in own}

    def row_of(self, variant: str, metric: str) -> dict[Any, Any]:
        if (variant, metric) not in self.rows:
            raise unknown("findings: number", f"{variant} {metric}", (" ".join(key) for key in self.rows))
        return self.rows[variant, metric]

    def mean(self, variant: str, metric: str = "test_accuracy") -> str:
        row = self.row_of(variant, metric)
        if is_far_from_the_runs(row):
            what, value = middle(row)
            return f"{what} {shown(value, row['unit'])}"
        return shown(row["mean"], row["unit"])

    def runs(self, variant: str, metric: str = "test_accuracy") -> str:
        row = self.row_of(variant, metric)
        return f"{shown(row['least'], row['unit'])} to {shown(row['greatest'], row['unit'])}"

    def interval(self, variant: str, metric: str = "test_accuracy") -> str:
        row = self.row_of(variant, metric)
        return shown_interval(row["ci_low"], row["ci_high"], row["unit"])

    def gap(self, first: str, second: str, metric: str = "test_accuracy") -> str:
        one, other = self.row_of(first, metric), self.row_of(second, metric)
        return shown(one["mean"] - other["mean"], one["unit"], signed=True)

    def size(self, first: str, second: str, metric: str = "test_accuracy") -> str:
        return self.gap(first, second, metric).lstrip("+-")

    def seeds(self, variant: str, metric: str = "test_accuracy") -> str:
        return f"{self.row_of(variant, metric)['n']:,}"

    def verdict(self, name: str) -> str:
        if name not in self.verdicts:
            raise unknown("findings: verdict", name, self.verdicts)
        return self.verdicts[name]


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
