"""What a report can say of one thing: a number, a ranking, a bound, "the same", "not worse", an event.

Each is a part of a reading, and a criterion: it names the variants, the metric, and what would show that it holds (see
`verdicts`). A kind of part is a model (`number_part`, `comparison_parts`, `event_parts`), with its name in AnyPart and
its line in KINDS; its test in `inference._columns`; its line in `verdicts.BY_KIND`; what is claimed, in
`sentences.claimed_text`; what was found, in `comparison_words.BY_KIND`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from replab.judging.comparison_parts import Margin, NotWorse, Ranking, Same
from replab.judging.event_parts import Bound, Event, Reaches
from replab.judging.number_part import Number, Resolution
from replab.judging.part_block import PartBlock

__all__ = [
    "KINDS",
    "AnyPart",
    "Bound",
    "Event",
    "Margin",
    "NotWorse",
    "Number",
    "PartBlock",
    "Ranking",
    "Reaches",
    "Resolution",
    "Same",
]

AnyPart = Annotated[Number | Ranking | Bound | Same | NotWorse | Event, Field(discriminator="kind")]
KINDS: dict[str, type[PartBlock]] = {
    "number": Number, "ranking": Ranking, "bound": Bound, "same": Same, "not_worse": NotWorse, "event": Event,
}  # fmt: skip
