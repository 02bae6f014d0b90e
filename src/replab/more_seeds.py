"""claims/seeds.yaml: how many seeds variants have by now, where a study's interim analyses have asked for more.

A study declares the seeds that it starts with and the interim analyses at which it may go on. What was reached is kept
here, by `replab train --until-decided`, one number a variant. Whoever reads params.yaml reads this file with it:
the commands, Snakemake (a job's params) and DVC (claims/ is a dependency). Without the file all is as declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from replab.errors import ReplabError, unknown
from replab.files import read_yaml, write_text
from replab.params import Variant

MoreSeeds = dict[str, dict[str, dict[str, int]]]

HEADER = """\
# Written by `replab train --until-decided`: how many seeds a variant has by now (profile, study, variant).
# They count at the interim analyses that the study declares; beyond the last one, for printed numbers and events only.
# Remove a line to go back to the seeds declared there.
"""


def seeds_path(params_path: Path) -> Path:
    """The file that belongs to a params file."""
    return params_path.parent / "claims" / "seeds.yaml"


def load_more_seeds(path: Path) -> MoreSeeds:
    """profile -> study -> variant -> number of seeds; {} without the file. Raises ReplabError for other content."""
    if not path.exists():
        return {}
    content = read_yaml(path) or {}
    if not _nested(content, 3):
        raise ReplabError(f"{path}: expected a number of seeds by profile, study and variant")
    return content


def _nested(tree: Any, depth: int) -> bool:
    if depth == 0:
        return isinstance(tree, int) and not isinstance(tree, bool)
    return isinstance(tree, dict) and all(_nested(value, depth - 1) for value in tree.values())


def save_more_seeds(path: Path, more: MoreSeeds) -> None:
    """Write the file, in order."""
    write_text(path, HEADER + yaml.safe_dump(more, sort_keys=True))


def extended(variants: Iterable[Variant], numbers: Mapping[str, int], looks: tuple[int, ...]) -> list[Variant]:
    """The variants with as many seeds as `numbers` (by name) say.

    Beyond the last of `looks` seeds count for printed numbers and events only (`values.seen`), so that any number may
    be there. Raises ReplabError for a variant that does not exist, and for any other number that is none of `looks`.
    """
    table = {variant.name: variant for variant in variants}
    for name, number in numbers.items():
        if name not in table:
            raise unknown("claims/seeds.yaml: variant", name, table)
        if number not in looks and number <= max(looks, default=number):
            sizes = f"{', '.join(map(str, looks))}, or more than that" if looks else "none declared"
            raise ReplabError(f"claims/seeds.yaml: {name} has {number} seeds; its study's interim analyses: {sizes}")
        table[name] = with_seeds(table[name], number)
    return list(table.values())


def with_seeds(variant: Variant, number: int) -> Variant:
    """The variant with `number` seeds: its own, then the next integers."""
    after = max(variant.seeds) + 1
    added = range(after, after + max(0, number - len(variant.seeds)))
    return replace(variant, seeds=(*variant.seeds, *added))
