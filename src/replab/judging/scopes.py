"""The words of verdicts, and what the runs of a profile can say: on the report's data, on a sample, on other data."""

from __future__ import annotations

from replab.scope import Scope

REPLICATED = "REPLICATED"
CONTRADICTED = "CONTRADICTED"
DEPENDS_ON_SEED = "DEPENDS ON THE SEED"
INCONCLUSIVE = "INCONCLUSIVE"
NOT_COMPARABLE = "NOT COMPARABLE"
NOT_TESTED = "NOT TESTED"
CARRIES_OVER = "CARRIES OVER"
DOES_NOT_CARRY_OVER = "DOES NOT CARRY OVER"
SUPPORTED = "SUPPORTED"
REFUTED = "REFUTED"
OPEN = "OPEN"
DECIDED = (REPLICATED, CONTRADICTED, DEPENDS_ON_SEED, CARRIES_OVER, DOES_NOT_CARRY_OVER, SUPPORTED, REFUTED)

# The verdicts that a statement can get in a scope.
VERDICTS = {
    Scope.CLAIMED: [REPLICATED, CONTRADICTED, DEPENDS_ON_SEED, INCONCLUSIVE, NOT_COMPARABLE, NOT_TESTED],
    Scope.SAMPLE: [INCONCLUSIVE, NOT_COMPARABLE, NOT_TESTED],
    Scope.OTHER: [CARRIES_OVER, DOES_NOT_CARRY_OVER, DEPENDS_ON_SEED, INCONCLUSIVE, NOT_COMPARABLE, NOT_TESTED],
}
HYPOTHESIS_VERDICTS = [SUPPORTED, REFUTED, OPEN]
# What the verdict that the criteria come to is called there.
_CALLED = {
    Scope.CLAIMED: {},
    Scope.SAMPLE: dict.fromkeys((REPLICATED, CONTRADICTED, DEPENDS_ON_SEED), INCONCLUSIVE),
    Scope.OTHER: {REPLICATED: CARRIES_OVER, CONTRADICTED: DOES_NOT_CARRY_OVER},
}
_HYPOTHESIS = {REPLICATED: SUPPORTED, CARRIES_OVER: SUPPORTED, CONTRADICTED: REFUTED, DOES_NOT_CARRY_OVER: REFUTED}
# The kinds of parts that such runs say nothing about: a number is one of its own data.
_SILENT: dict[Scope, set[str]] = {
    Scope.CLAIMED: set(),
    Scope.SAMPLE: {"number", "bound", "same", "event"},
    Scope.OTHER: {"number"},
}


def is_tested(kind: str, scope: Scope) -> bool:
    """Whether runs in this scope say anything about a part of this kind."""
    return kind not in _SILENT[scope]


def in_scope(verdict: str, scope: Scope, role: str = "statement") -> str:
    """What a verdict by the criteria is called in a scope, and on a hypothesis."""
    called = _CALLED[scope].get(verdict, verdict)
    return _HYPOTHESIS.get(called, OPEN) if role == "hypothesis" else called
