"""The printed numbers of each report together, as the page of a profile shows them: a table, and what follows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from replab.judging.joint_ranks import RankGroup, Sensitivity, joint_ranks, sensitivity
from replab.judging.least_runs import ALPHA
from replab.judging.words import capital, count, p_text, percent, spelled
from replab.report.markdown_text import escaped, table

HEADER = [
    "report and metric", "printed numbers", "of them where one more run would fall", "sets of runs", "mean rank",
    "p (Holm)", "numbers of other settings that would pass too",
]  # fmt: skip
TOGETHER = "Together they do not come from our settings, although each alone could"
LOW, HIGH = 0.35, 0.65  # a mean rank outside of these lies towards an end


@dataclass(frozen=True)
class Joint:
    """`header` and `rows` of the table as plain text (none: no group is large enough); sentences on it."""

    header: list[str]
    rows: list[list[str]]
    findings: list[str]
    resolution: str

    @property
    def markdown(self) -> str:
        """The table."""
        cells = [[escaped(cell) for cell in row] for row in self.rows]
        return table(self.header, cells, right=" " + "r" * (len(self.header) - 1)) if cells else ""


def joint(printed: pd.DataFrame) -> Joint:
    """What the printed numbers of all reports of a profile come to together."""
    groups = joint_ranks(printed)
    return Joint(HEADER, [_cells(group) for group in groups], findings(groups), resolution_words(sensitivity(printed)))


def _cells(group: RankGroup) -> list[str]:
    share = f"{group.passing} of {group.rivals} ({percent(group.passing / group.rivals)})" if group.rivals else "none"
    return [
        f"Report {group.report}, {spelled(group.metric)}",
        str(group.numbers),
        str(group.inside),
        str(group.sets),
        f"{group.mean_rank:.2f}",
        f"{group.p_holm:.2g}",
        share,
    ]


def findings(groups: list[RankGroup]) -> list[str]:
    """Two sentences for each group whose ranks are not uniform, and one on the others."""
    uneven = [group for group in groups if group.p_holm <= ALPHA]
    said = [
        f"Report {group.report}, {spelled(group.metric)}: the ranks are not uniform ({p_text(group.p_holm)}). "
        + _where(group)
        for group in uneven
    ]
    left = len(groups) - len(uneven)
    if left and uneven:
        said.append(
            f"In {'the other group' if left == 1 else f'the other {left} groups'} nothing speaks against uniform ranks."
        )
    elif left:
        said.append("In no group does anything speak against uniform ranks.")
    return said


def _where(group: RankGroup) -> str:
    if LOW <= group.mean_rank <= HIGH:
        return f"{TOGETHER}."
    end = "low" if group.mean_rank < LOW else "high"
    return f"The numbers lie at the {end} end of our runs. {TOGETHER}."


def resolution_words(found: Sensitivity) -> str:
    """How many verdicts on printed numbers hang on the resolution; "" without one."""
    if not found.replicated:
        return ""
    are = "is" if found.replicated == 1 else "are"
    return capital(
        f"{count(found.replicated, 'printed number')} {are} REPLICATED by runs that differ. With half of the declared "
        f"resolution, {found.at_half} of them would still be REPLICATED. "
        f"With double of it, {found.more_at_double} more would be."
    )
