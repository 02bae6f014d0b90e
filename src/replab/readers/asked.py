"""What the user says about results: which metrics, where the variant and the seed stand, which point of a curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from replab.metric_words import without_step

LAST, BEST = "last", "best"


@dataclass(frozen=True)
class Asked:
    """`metrics`: those to judge (none: all). `variant_from`, `seed_from`: settings or columns joined by commas, or a
    regular expression with one group that is searched in the name of a run.

    A metric may be `name@step`. `pick`: "last", "best", or a step. `units`, by metric ("": every share): "fraction",
    "percent", or a unit. `resumed`: runs with the same variant and seed are parts of one run. `unseeded`: the runs have
    no seeds, and are never paired. `study`: what the table of runs calls their study.
    """

    metrics: tuple[str, ...] = ()
    variant_from: str = ""
    seed_from: str = ""
    pick: str = LAST
    units: Mapping[str, str] = field(default_factory=dict)
    resumed: bool = False
    unseeded: bool = False
    study: str = ""

    @property
    def names(self) -> list[str]:
        """The metrics that are asked for, without steps."""
        return list(dict.fromkeys(without_step(metric) for metric in self.metrics))
