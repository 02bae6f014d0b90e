"""What the four runners share whose specs name components of the catalogue and a prepared data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from replab import catalogue, codebase
from replab.blocks import Block, components_of
from replab.data import manifest

Roots = list[tuple[str, str]]


def counted(spec: Block) -> Block:
    """All of a spec."""
    return spec


def places(spec: Block) -> dict[str, str]:
    """Component -> the `file:line` where it stands."""
    return {f"{kind} {name}": catalogue.component(kind, name).place for kind, name in components_of(spec)}


def data_sets(spec: Block) -> list[str]:
    """The data set that the spec names."""
    return [spec["data"]["name"]] if "data" in spec else []


def data(spec: Block, root: Path) -> dict[str, Any] | None:
    """Name and checksum of the prepared data set. Raises ReplabError where it is not prepared."""
    if "data" not in spec:
        return None
    name = spec["data"]["name"]
    return {"name": name, "sha256": str(manifest(name, root)["sha256"])}


def unseen(spec: Block) -> list[str]:
    """Nothing: component files that import their neighbours are refused."""
    return []


def code_of(spec: Block, roots: Roots, brought_along: Mapping[str, Roots] | None = None) -> dict[str, str]:
    """`file:name` -> sha256 of its text: of `roots`, of each component, and of what its kind brings along."""
    components = components_of(spec)
    kinds = dict.fromkeys(kind for kind, _ in components)
    brought = [root for kind in kinds for root in (brought_along or {}).get(kind, [])]
    return codebase.parts(components, [*roots, *brought])


def sees(measure: Block, name: str) -> bool:
    """Whether a measure names one of what it may be given, such as `objective`: what the last step minimised."""
    return name in catalogue.component("measure", measure["name"]).context


def sizes_of(block: Block) -> Block:
    """What a model's block says of sizes: all but its nested components, and of these the whole numbers."""
    own = {key: value for key, value in block.items() if not isinstance(value, Mapping)}
    nested = {
        f"{key}.{name}": value
        for key, inner in block.items()
        if isinstance(inner, Mapping)
        for name, value in inner.items()
        if isinstance(value, int)
    }
    return own | nested


def name_of(block: Any) -> str | None:
    """The name of a component's block; None where there is none."""
    return block["name"] if block else None
