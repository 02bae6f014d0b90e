"""The verdict on every claim, by criteria that are declared here before there are results.

A 95 % t interval is of the mean, or of the mean paired difference of two variants with the same seeds. All
of it must lie in a band, though the 90 % interval would do at the 5 % level (TOST): what decides is then
the interval that tables and figures show, and the error is at most 2.5 % a side.

- level: REPLICATED, the interval lies within claimed ± tolerance; CONTRADICTED, it has no point there. Where
  several sources have a value for the number, each is judged so; the claim's verdict is that on its own.
- ordering: each pair by the exact sign-flip test of its paired differences. A part is established if its
  mean has the claimed sign and p_holm <= .05. REPLICATED: every part is. CONTRADICTED: the opposite of a
  part is, or a part that is not established has its interval within ±smallest_meaningful. DIRECTION ONLY:
  all means have the claimed sign and some parts are established, but not all, or with an interval within
  ±smallest_meaningful.
- bound: each variant's values minus the bound, by the same rules, without a smallest difference. Such values may
  be skewed, which the sign-flip test does not bear: p is the greater of its p and that of Hall's transformed t.
- delta: REPLICATED, the direction is established and the interval lies within claimed ± tolerance.
  DIRECTION ONLY: the direction alone. CONTRADICTED: the opposite direction is established, or none is and
  the interval has no point in the band.
- equal: TOST against ±margin, hence the 90 % interval. REPLICATED: p_holm <= .05. CONTRADICTED: the
  interval of a part has no point within the margin.
- diverges: REPLICATED, all of at least five runs diverged; CONTRADICTED, none of at least five did.
- INCONCLUSIVE: whatever else has values. NOT TESTED: fewer than two values.

A compound claim holds only if all its parts do, an intersection-union test: its p is the greatest of its
parts' p, and needs no correction inside the claim (Berger 1982, Technometrics 24:295). Holm's correction is
over the claims declared for a study (ordering, bound and delta together; equal by themselves), tested or
not. What is said of a part alone, such as that its opposite is established, is corrected over all parts of
all these claims; with its claim, a part is established too.

Where a study declares looks (`sequential`), a verdict is formed at these numbers of seeds alone, on the seeds
that the look is at; intervals have the confidence, and p values the correction, that keep the error over all
looks. bca_low and bca_high are the bootstrap interval of the same confidence: it supposes no normal
distribution, but with 6 to 20 seeds it covers less than it says (benchmarks/error_rates.md), so the t interval
decides, and a gap between the two says that the seeds are skewed.

A run that diverged has no final value: it is counted and named, never averaged. With one among its runs a
claim is at best INCONCLUSIVE (ordering, delta: DIRECTION ONLY), and only a level can be CONTRADICTED:
neither the runs that finished nor those that did not show it. A level is CONTRADICTED too if all runs
diverged, 5 or more: had a run an even chance to finish, this would happen in 2^-5 = 3 % of cases.

Sample data never say REPLICATED or CONTRADICTED: claims about a number (level, bound, equal) or about
diverging are NOT TESTED, the others at best DIRECTION ONLY. On other data than the report's, in earnest, a
claim CARRIES OVER or DOES NOT by the same criteria; a level is NOT TESTED, as its number is one of the report's data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from replab.judging.claim_kinds import AnyClaim, Diverges
from replab.judging.criteria import Case, Finding, combine, decide, deciding
from replab.judging.evidence import ALPHA, Family, measure, parts_of
from replab.judging.pairing import checked, seen, unit_of
from replab.judging.scopes import CONTRADICTED, NOT_TESTED, REPLICATED, Scope, in_scope, is_tested, untested
from replab.judging.sentences import corrected, diverged_words, measured, part_text, statement
from replab.judging.sequential import Sizes
from replab.judging.sources import by_source, supported
from replab.judging.statistics import holm

FAMILIES = {
    "level": "level",
    "bound": "test",
    "ordering": "test",
    "delta": "test",
    "equal": "equal",
    "diverges": "diverges",
}
COLUMNS = [
    "claim_id", "part", "study", "kind", "statement", "quote", "metric", "unit", "n", "n_diverged",
    "estimate", "ci_low", "ci_high", "confidence", "bca_low", "bca_high", "claimed", "difference",
    "p_value", "p_holm",
    "effect_size", "smallest_detectable", "seeds_needed", "single_run_low", "single_run_high",
    "verdict", "reason", "mark", "source",
]  # fmt: skip


def judge(
    claims: Iterable[AnyClaim], runs: pd.DataFrame, scope: Scope = Scope.CLAIMED, looks: Sizes = ()
) -> pd.DataFrame:
    """One row a claim (part "") and one a part of a compound claim, in the order of `claims`; see `COLUMNS`.

    A level with several sources has a row a source, the claim's own first: `source` names it ("" elsewhere).

    `runs` has one row a run and metric: study, variant, seed, identity, status, metric, unit, value. All
    claims of a study belong into one call: they are one family. A compound claim's row has the numbers of the
    part that decides it, but the greatest p of its parts, and as p_holm that p corrected over claims; a
    part's p_holm is over parts. Estimates are in the metric's unit, of a pair as first minus second, and
    smallest_detectable too (80 % power); seeds_needed is empty once decided; single_run_* is where one more
    run, or pair, falls (95 %). `looks` are the numbers of seeds that the study declares: p_value is over all of
    them. Raises ReplabError where runs are mixed up.
    """
    table, claims = checked(runs), list(claims)
    families = _families(claims)
    of_claims = [_cases(claim, table, families[_family(claim)], looks) for claim in claims]
    for key in families:
        _adjust([cases for cases in of_claims if _family(cases[0].claim) == key])
    rows = [row for cases in of_claims for row in _with_sources(_rows(cases, scope), cases, table, looks, scope)]
    integers = {"n": "Int64", "n_diverged": "Int64", "seeds_needed": "Int64"}
    return pd.DataFrame(rows, columns=COLUMNS).astype(integers)


def _family(claim: AnyClaim) -> tuple[str, str]:
    return claim.study, FAMILIES[claim.kind]


def _families(claims: list[AnyClaim]) -> dict[tuple[str, str], Family]:
    families: dict[tuple[str, str], Family] = {}
    for claim in claims:
        size = families.get(_family(claim), Family(0, 0))
        families[_family(claim)] = Family(size.claims + 1, size.parts + len(parts_of(claim)))
    return families


def _cases(claim: AnyClaim, table: pd.DataFrame, family: Family, looks: Sizes) -> list[Case]:
    unit = unit_of(table, claim.study, claim.metric)
    shared = {key: getattr(claim, key) for key in ("study", "kind", "quote", "metric", "mark")}
    shared |= {"claim_id": claim.id, "unit": unit, "source": ""}
    cases = []
    for part in parts_of(claim):
        found = seen(table, claim, part.variants, looks)
        words = {"part": part_text(part), "statement": statement(claim, [part], unit)}
        cases.append(Case(claim, part, found, family, shared | words | measure(claim, part, found, family)))
    return cases


def _adjust(of_claims: list[list[Case]]) -> None:
    """Holm's correction of a family: over its claims (the greatest p of each), and over all their parts."""
    cases = [case for of_claim in of_claims for case in of_claim]
    family = cases[0].family
    adjusted = holm([case.row["p_value"] for case in cases], family=family.parts)
    for case, p in zip(cases, adjusted, strict=True):
        case.p_part = float(p)
    greatest = holm([_greatest_p(of_claim) for of_claim in of_claims], family=family.claims)
    for of_claim, p in zip(of_claims, greatest, strict=True):
        for case in of_claim:
            case.p_claim = float(p)
            case.claim_holds = bool(p <= ALPHA) and all(other.agrees for other in of_claim)


def _rows(cases: list[Case], scope: Scope) -> list[dict[str, Any]]:
    """The rows of one claim: the claim's, and below it its parts' where there are several."""
    findings = [decide(case) for case in cases]
    verdicts = [finding.verdict for finding in findings]
    verdict = combine(cases, verdicts)
    place = deciding(cases, verdicts, verdict)
    needed = [finding.seeds_needed for finding in findings if finding.seeds_needed is not None]
    whole = Finding(verdict, findings[place].reason, max(needed, default=None))
    rows = [_row(cases[place], _whole(cases, place), whole, scope)]
    if len(cases) > 1:
        for case, finding in zip(cases, findings, strict=True):
            rows.append(_row(case, case.row | {"p_holm": case.p_part}, finding, scope))
    return rows


def _with_sources(
    rows: list[dict[str, Any]], cases: list[Case], table: pd.DataFrame, looks: Sizes, scope: Scope
) -> list[dict[str, Any]]:
    """The rows of a claim, and those of its sources where there are several; its reason says how these fared."""
    found = []
    for source, claim in by_source(cases[0].claim).items():
        [case] = _cases(claim, table, cases[0].family, looks)
        found.append(_rows([case], scope)[0] | {"part": case.row["part"], "source": source})
    if found and scope == Scope.CLAIMED:
        rows[0]["reason"] += f" {supported(found)}"
    return [*rows, *found]


def _whole(cases: list[Case], place: int) -> dict[str, Any]:
    """The numbers of a claim: those of its deciding part, but for what is about all of its parts."""
    row, claim = cases[place].row, cases[place].claim
    return row | {
        "part": "",
        "statement": statement(claim, [case.part for case in cases], row["unit"]),
        "n_diverged": len(frozenset().union(*(case.found.diverged for case in cases))),
        "p_value": _greatest_p(cases),
        "p_holm": cases[place].p_claim,
    }


def _greatest_p(cases: list[Case]) -> float:
    return float(np.max([case.row["p_value"] for case in cases]))


def _row(case: Case, row: dict[str, Any], finding: Finding, scope: Scope) -> dict[str, Any]:
    verdict, reason, seeds_needed = finding
    if verdict != NOT_TESTED and not is_tested(case.claim.kind, scope):
        verdict, reason = untested(_seen_words(case, row), scope)
        return row | {"verdict": verdict, "reason": reason, "difference": np.nan, "seeds_needed": None}
    seeds_needed = None if verdict in (REPLICATED, CONTRADICTED) else seeds_needed
    reason = _reason(case, row, reason)
    if verdict != NOT_TESTED:
        verdict, reason = in_scope(verdict, reason, scope)
    return row | {"verdict": verdict, "reason": reason, "seeds_needed": seeds_needed}


def _reason(case: Case, row: dict[str, Any], reason: str) -> str:
    """The reason with Holm's correction; that of a compound claim names the part that it is about."""
    compound = not row["part"] and len(parts_of(case.claim)) > 1
    text = f"{case.row['part']} decides. {reason}" if compound else reason
    family, noun = (case.family.parts, "part") if row["part"] else (case.family.claims, "claim")
    if np.isnan(row["p_holm"]) or (family == 1 and not compound):
        return text
    subject = f"The greatest p of the parts, {row['p_value']:.2g}, is" if compound else "Its p is"
    return f"{text} {subject} {corrected(row['p_holm'], family, noun)}."


def _seen_words(case: Case, row: dict[str, Any]) -> str:
    if isinstance(case.claim, Diverges):
        return diverged_words(case.found)
    return f"{measured(case.part, row)}."
