"""A runner turns a resolved spec and seeds into metrics. This is all that the rest of replab knows of one.

To add one, write a module beside this one with the names of `Runner`, and add its line to `RUNNERS` in `__init__.py`.
Much of it is there already: `components` is for specs that name components and a prepared data set, `own_files` for
those that name files of the user's, `results` reads a file of metrics, `process` calls a program. There is a whole one
in `tests/dice_runner.py`, in 88 lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from replab.blocks import Block
from replab.errors import ReplabError
from replab.spec import Strict
from replab.training.outcomes import Outcome

if TYPE_CHECKING:
    from replab.params import Variant
    from replab.store import Store
    from replab.training.progress import Display


@dataclass(frozen=True)
class Work:
    """What a run's seconds go with: `exact` and `near` are keys of the same and of similar work.

    `amount` is its number of epochs or steps (1 where it has none), `points` about how many points its curves get.
    """

    exact: str
    near: str
    amount: int = 1
    points: int = 0


@dataclass(frozen=True)
class Finished:
    """A run that came to its end, or diverged; `more` is what its record has besides."""

    outcome: Outcome
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """A run that gave no numbers, and why, in one line."""

    seed: int
    reason: str


@dataclass(frozen=True)
class Place:
    """Where a variant's runs happen: their identities by seed, the store, the prepared data, and who is told."""

    variant: Variant
    identities: Mapping[int, str]
    store: Store
    data_root: Path
    display: Display
    accelerator: str = "auto"
    keep_weights: bool = False

    def checkpoint(self, seed: int) -> Path:
        """Where an interrupted run's checkpoint lies."""
        return self.store.checkpoint(self.identities[seed])


def one_by_one(seeds: list[int], place: Place, run_one: Callable[[int], Outcome]) -> Iterator[Finished | Failed]:
    """Each seed's result, from a program of the user's, told in a line; one that fails does not stop the others.

    First it is said what the runs' identity does not see.
    """
    name = f"{place.variant.study} {place.variant.name}"
    for line in place.variant.runner.unseen(place.variant.spec):
        place.display.log(f"{name}: not seen: {line}")
    for seed in seeds:
        try:
            outcome = run_one(seed)
        except ReplabError as error:
            yield Failed(seed, str(error).splitlines()[0])
            continue
        found = ", ".join(f"{key} {entry['value']:.4g}" for key, entry in list(outcome.metrics.items())[:4])
        place.display.log(f"{name} seed {seed}: {outcome.cost['train_seconds']:.0f} s, {found or 'diverged'}")
        yield Finished(outcome)


class Runner(Protocol):
    """One way to run a variant; each module beside this one is one. None imports torch before `timed` or `run`.

    KEY: the dotted key of the block that only its specs have ("" for the runner of all other specs). Where the keys of
    several are in a spec, the longest decides.
    SPEC: the model that checks a spec and fills it in.
    """

    KEY: str
    SPEC: type[Strict]

    def counted(self, spec: Block) -> Block:
        """What of a spec can move a number; it is hashed, and kept in the record."""

    def code(self, spec: Block) -> dict[str, str]:
        """`file:name` -> sha256 of each piece of source that a run is built from. Raises ReplabError."""

    def places(self, spec: Block) -> dict[str, str]:
        """What a run is built from -> the `file:line` where it stands."""

    def data_sets(self, spec: Block) -> list[str]:
        """The data sets of replab's that must be prepared."""

    def data(self, spec: Block, root: Path) -> dict[str, Any] | None:
        """`name` and `sha256` of the data that a run sees; None where it sees none. Raises ReplabError."""

    def unseen(self, spec: Block) -> list[str]:
        """What a run may depend on and its identity does not see, a sentence each."""

    def cost(self, spec: Block) -> Work:
        """What its seconds go with; `spec` may be that of an old record."""

    def timed(self, variant: Variant, root: Path, limit: float) -> tuple[float, int]:
        """(seconds of an epoch, a step or a run; parameters), measured in about `limit` s. Raises ReplabError."""

    def run(self, spec: Block, seeds: list[int], place: Place) -> Iterator[Finished | Failed]:
        """Each seed's result as it comes. Raises ReplabError where no seed can be run."""
