"""The words of verdicts, and what the runs of a profile can say: on the report's data, on a sample, on other data."""

from __future__ import annotations

from replab.data_scope import DataScope

REPLICATED = "REPLICATED"
CONTRADICTED = "CONTRADICTED"
DEPENDS_ON_SEED = "DEPENDS ON THE SEED"
INCONCLUSIVE = "INCONCLUSIVE"
NOT_COMPARABLE = "NOT COMPARABLE"
NOT_TESTED = "NOT TESTED"
GENERALISES = "GENERALISES"
DOES_NOT_GENERALISE = "DOES NOT GENERALISE"
SUPPORTED = "SUPPORTED"
REFUTED = "REFUTED"
OPEN = "OPEN"
DECIDED = (REPLICATED, CONTRADICTED, DEPENDS_ON_SEED, GENERALISES, DOES_NOT_GENERALISE, SUPPORTED, REFUTED)

# What the verdict that the criteria come to is called there.
_CALLED = {
    DataScope.ORIGINAL: {},
    DataScope.SAMPLE: dict.fromkeys((REPLICATED, CONTRADICTED, DEPENDS_ON_SEED), INCONCLUSIVE),
    DataScope.OTHER: {REPLICATED: GENERALISES, CONTRADICTED: DOES_NOT_GENERALISE},
}
_HYPOTHESIS = {REPLICATED: SUPPORTED, GENERALISES: SUPPORTED, CONTRADICTED: REFUTED, DOES_NOT_GENERALISE: REFUTED}


def in_scope(verdict: str, scope: DataScope, role: str = "statement") -> str:
    """What a verdict by the criteria is called in a scope, and on a hypothesis."""
    called = _CALLED[scope].get(verdict, verdict)
    return _HYPOTHESIS.get(called, OPEN) if role == "hypothesis" else called
