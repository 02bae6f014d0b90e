"""What the runs of a profile can say about claims: on the data that these are about, on a sample, or on other data."""

from __future__ import annotations

from enum import StrEnum

REPLICATED = "REPLICATED"
CARRIES_OVER = "CARRIES OVER"
DIRECTION_ONLY = "DIRECTION ONLY"
CONTRADICTED = "CONTRADICTED"
DOES_NOT_CARRY_OVER = "DOES NOT CARRY OVER"
INCONCLUSIVE = "INCONCLUSIVE"
NOT_TESTED = "NOT TESTED"


class Scope(StrEnum):
    """CLAIMED: the data that claims are about. SAMPLE: little data in their place. OTHER: other data, in earnest."""

    CLAIMED = "claimed"
    SAMPLE = "sample"
    OTHER = "other"


# The verdicts that a claim can get in a scope.
VERDICTS = {
    Scope.CLAIMED: [REPLICATED, DIRECTION_ONLY, CONTRADICTED, INCONCLUSIVE, NOT_TESTED],
    Scope.SAMPLE: [DIRECTION_ONLY, INCONCLUSIVE, NOT_TESTED],
    Scope.OTHER: [CARRIES_OVER, DIRECTION_ONLY, DOES_NOT_CARRY_OVER, INCONCLUSIVE, NOT_TESTED],
}
# What the verdict that the criteria come to is called there.
_CALLED = {
    Scope.CLAIMED: {},
    Scope.SAMPLE: {REPLICATED: DIRECTION_ONLY, CONTRADICTED: INCONCLUSIVE},
    Scope.OTHER: {REPLICATED: CARRIES_OVER, CONTRADICTED: DOES_NOT_CARRY_OVER},
}
# The kinds of claims that such runs say nothing about: a number is one of its own data.
_SILENT: dict[Scope, set[str]] = {
    Scope.CLAIMED: set(),
    Scope.SAMPLE: {"level", "bound", "equal", "diverges"},
    Scope.OTHER: {"level"},
}
_OPENINGS = {
    Scope.CLAIMED: "",
    Scope.SAMPLE: "Sample data: at best a direction. ",
    Scope.OTHER: "Other data than the report's. ",
}


def is_tested(kind: str, scope: Scope) -> bool:
    """Whether runs in this scope say anything about a claim of this kind."""
    return kind not in _SILENT[scope]


def in_scope(verdict: str, reason: str, scope: Scope) -> tuple[str, str]:
    """A verdict by the criteria, and its reason, as they are in a scope in which the claim is tested."""
    return _CALLED[scope].get(verdict, verdict), _OPENINGS[scope] + reason


def untested(seen: str, scope: Scope) -> tuple[str, str]:
    """The verdict and the reason where a claim is not tested in this scope, with what was seen all the same."""
    data = "Sample data" if scope == Scope.SAMPLE else "Other data than the report's"
    return NOT_TESTED, f"{data}: it says nothing about the claimed number. {seen}"
