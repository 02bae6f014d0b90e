"""What all parts of a reading share."""

from __future__ import annotations

from typing import ClassVar

from replab.data_scope import DataScope
from replab.spec import Strict


class PartBlock(Strict):
    """What all parts share. `says` names the part in a few plain words, such as "at step 400".

    SILENT_IN: the scopes whose runs say nothing about such a part. PLURAL: what a sentence calls many of them.
    """

    SILENT_IN: ClassVar[tuple[DataScope, ...]] = (DataScope.SAMPLE,)
    PLURAL: ClassVar[str]

    kind: str
    says: str = ""

    def variants_named(self) -> list[str]:
        """Every variant that the part speaks of."""
        raise NotImplementedError

    def is_tested_in(self, scope: DataScope) -> bool:
        """Whether runs in this scope say anything about it."""
        return scope not in self.SILENT_IN

    def compared(self) -> list[tuple[str, ...]]:
        """What is judged by itself, a row each: single variants, or pairs of two."""
        return [(variant,) for variant in self.variants_named()]

    @property
    def about_runs(self) -> bool:
        """Whether it is about what happens in single runs: there is no p value then."""
        return False

    @property
    def has_p(self) -> bool:
        """Whether it has a p value, which is corrected with those of its family."""
        return not self.about_runs

    @property
    def waits(self) -> bool:
        """Whether it is judged at interim analyses alone, where the study declares some."""
        return self.has_p

    def metrics_named(self) -> list[str]:
        """Every metric that it speaks of."""
        return [getattr(self, "metric")]  # noqa: B009
