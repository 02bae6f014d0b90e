"""Step 4 of judging: the verdict on each part, from its columns; then on a statement, from its parts.

The criteria are the same for all reports (docs/verdicts.md says when they were written), and every one can be read off
the columns of `inference`:

- number: REPLICATED, the interval in which one more run falls and the printed digits have a point in common, and the
  interval is no wider than the declared resolution on each side. CONTRADICTED, they have none, also after Holm's
  correction over the report's numbers, and no run comes nearer than a tenth of the resolution. Runs in clusters: k of n
  within the resolution, as an event, where a contradiction takes the corrected p. Runs that do not depend on the seed:
  the printed digits, or not.
- ranking, bound on a mean: REPLICATED, the claimed side is established after Holm's correction; CONTRADICTED, the
  other side is. Where of each pair one run diverged: the lower (upper) end of the exact interval of the share of pairs
  with the claimed order is above (below) 50 %.
- same: REPLICATED, two one-sided tests place the mean within the margin; CONTRADICTED, it is established to lie
  beyond. Identical by a theorem: every run is, or not. Not worse: the same with one test, on the side of being worse.
- event, bound in single runs: with l and u the ends of the exact interval of the share, each one-sided at 5 %:
  CONTRADICTED u < 5 %; DEPENDS ON THE SEED l > 5 % and u < 95 %; REPLICATED all of n and l > 50 % (mirrored for what
  never happens). Often: REPLICATED l > 50 %, CONTRADICTED u < 50 %.
- INCONCLUSIVE: whatever else has runs. NOT TESTED: no runs.

A part that cannot be judged does not sink the others: each has its own verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from replab.data_scope import DataScope
from replab.judging.events import OFTEN, RARE, USUALLY
from replab.judging.least_runs import ALPHA
from replab.judging.numbers import CLUSTERS, CONSTANT, EQUAL, NOTHING
from replab.judging.part_kinds import Event
from replab.judging.verdict_names import CONTRADICTED, DEPENDS_ON_SEED, INCONCLUSIVE, NOT_TESTED, REPLICATED

Row = Mapping[Any, Any]


def with_verdicts(parts: pd.DataFrame) -> pd.DataFrame:
    """The parts with `verdict`, by the criteria alone: what a scope makes of it comes later."""
    return parts.assign(verdict=[verdict_of(row) for row in parts.to_dict("records")])


def verdict_of(row: Row) -> str:
    """The verdict on one part."""
    if row["route"] == NOTHING:
        return NOT_TESTED
    return BY_KIND[row["kind"]](row)


def _number(row: Row) -> str:
    if row["route"] == CLUSTERS:
        verdict = _by_share(row, "happens")
        return verdict if verdict != CONTRADICTED or is_established(row) else INCONCLUSIVE
    if _true(row["inside"]):
        return REPLICATED if row["route"] in (CONSTANT, EQUAL) or _true(row["narrow"]) else INCONCLUSIVE
    if row["route"] == CONSTANT:
        return CONTRADICTED if _true(row["apart"]) else INCONCLUSIVE
    apart = row["n"] == 0 or _true(row["apart"])
    return CONTRADICTED if apart and is_established(row) else INCONCLUSIVE


def _side(row: Row) -> str:
    """Whether the claimed side, or the other one, is established."""
    if row["route"] == "share":
        return _share(row)
    if row["route"] == "pairs":
        return _by_share(row, "often")
    if row["route"] == "constant":
        return REPLICATED if _as_claimed(row) else CONTRADICTED
    if not is_established(row):
        return INCONCLUSIVE
    return REPLICATED if _as_claimed(row) else CONTRADICTED


def _as_claimed(row: Row) -> bool:
    """Whether the estimate lies on the claimed side; a bound itself counts as kept."""
    distance = (row["estimate"] - row["claimed"]) * row["side"]
    return bool(distance >= 0 if row["kind"] == "bound" else distance > 0)


def _same(row: Row) -> str:
    if row["route"] == "identical":
        return REPLICATED if _true(row["inside"]) else CONTRADICTED
    if not is_established(row):
        return INCONCLUSIVE
    return REPLICATED if _true(row["inside"]) else CONTRADICTED


def _share(row: Row) -> str:
    claimed = row["asked"].claimed if isinstance(row["asked"], Event) else "happens"
    return _by_share(row, claimed)


def _by_share(row: Row, claimed: str) -> str:
    """By the exact interval of a share; `never` is its mirror."""
    k, n, low, high = row["k"], row["n"], row["share_low"], row["share_high"]
    if claimed == "often":
        return REPLICATED if low > USUALLY else CONTRADICTED if high < 1 - USUALLY else INCONCLUSIVE
    if claimed == "never":
        k, low, high = n - k, 1 - high, 1 - low
    if high < RARE:
        return CONTRADICTED
    if low > RARE and high < OFTEN:
        return DEPENDS_ON_SEED
    return REPLICATED if k == n and low > USUALLY else INCONCLUSIVE


BY_KIND = {
    "number": _number, "ranking": _side, "bound": _side, "same": _same, "not_worse": _same, "event": _share,
}  # fmt: skip


def is_established(row: Row) -> bool:
    """Whether the corrected p is at most 5 %; without a p nothing is."""
    return bool(row["p_holm"] <= ALPHA)


def _true(value: Any) -> bool:
    """A flag of a column in which some rows have none."""
    return value is True or (not pd.isna(value) and bool(value))


def by_criteria(parts: pd.DataFrame, scope: DataScope) -> list[str]:
    """What the criteria came to, NOT TESTED where runs in this scope say nothing about such a part."""
    return [row["criterion"] if row["asked"].is_tested_in(scope) else NOT_TESTED for row in parts.to_dict("records")]


def combined(verdicts: Iterable[str], needs: int | None = None) -> str:
    """The verdict on a statement from those on its parts: all of them must hold, or so many as it `needs`."""
    each = list(verdicts)
    found = set(each)
    if needs is not None and len(found) > 1:
        if each.count(REPLICATED) >= needs:
            return REPLICATED
        return CONTRADICTED if len(each) - each.count(CONTRADICTED) < needs else INCONCLUSIVE
    if CONTRADICTED in found:
        return CONTRADICTED
    if len(found) == 1:
        return found.pop()
    return DEPENDS_ON_SEED if DEPENDS_ON_SEED in found else INCONCLUSIVE


def deciding(parts: pd.DataFrame, verdict: str) -> int:
    """The place of the part that the verdict hangs on: of those that have it (else the weakest), the clearest case.

    A contradiction hangs on the part with the least p, anything else on that with the greatest.
    """
    order = [verdict, INCONCLUSIVE, NOT_TESTED, REPLICATED, DEPENDS_ON_SEED, CONTRADICTED]
    name = next(name for name in order if name in set(parts["verdict"]))
    p = parts.loc[parts["verdict"] == name, "p_holm"].fillna(-1.0)
    return int(parts.index.get_loc(p.idxmin() if name == CONTRADICTED else p.idxmax()))  # type: ignore[arg-type]
