"""Blocks of params.yaml: nested dicts that name components, laid over each other and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from replab import catalogue
from replab.errors import ReplabError, unknown
from replab.ranges import CHECKS, kind_of

Block = dict[str, Any]
Setting = float | str
NO_COMPONENTS = {"run", "settings"}  # blocks whose key `name` is one like any other


def merge(base: Block, override: Block) -> Block:
    """`base` with `override` laid over it, key by key; a component with another name replaces the whole block."""
    merged = dict(base)
    for key, value in override.items():
        old: Any = merged.get(key)
        nested = isinstance(old, dict) and isinstance(value, dict)
        if nested and (key in NO_COMPONENTS or value.get("name", old.get("name")) == old.get("name")):
            value = merge(old, value)
        merged[key] = value
    return merged


def check_component(kind: str, value: Any) -> Block:
    """A component's block with every parameter present and in range. Raises ReplabError, key named."""
    block = {"name": value} if isinstance(value, str) else value
    if not isinstance(block, dict) or not isinstance(block.get("name"), str):
        raise ReplabError(f"{kind}: expected a component's name or a block with a name, not {value!r}")
    ranges = catalogue.component(kind, block["name"]).parameters
    for key in block:
        if key != "name" and key not in ranges:
            raise unknown(f"{kind} '{block['name']}': key", key, ranges)
    missing = [key for key in ranges if key not in block]
    if missing:
        raise ReplabError(f"{kind} '{block['name']}': {', '.join(missing)} missing")
    checked = {key: _check_parameter(kind, block, key, range_) for key, range_ in ranges.items()}
    return {"name": block["name"]} | checked


def _check_parameter(kind: str, block: Block, key: str, range_: str) -> Any:
    value = block[key]
    if range_ == "Component":
        return check_component(kind_of(key), value)
    wanted, holds = CHECKS[range_]
    if not holds(value):
        raise ReplabError(f"{kind} '{block['name']}': {key} must be {wanted}, not {value!r}")
    return float(value) if range_ in {"Positive", "NonNegative", "Fraction", "Real", "NonZero"} else value


def components_of(spec: Block) -> list[tuple[str, str]]:
    """The (kind, name) of every component that a resolved spec names, nested ones included, in order."""
    found = []
    for key, value in spec.items():
        for block in value if isinstance(value, list) else [value]:
            if key not in {"data", "batches", "budget"} and isinstance(block, dict) and "name" in block:
                found += [
                    (kind_of(key[:-1] if isinstance(value, list) else key), str(block["name"])),
                    *components_of(block),
                ]
    return found


def settings_in(block: Any, path: str = "") -> Iterator[tuple[str, Setting]]:
    """(dotted key, value) of each number and word in a spec; an item of a list goes by its place."""
    if isinstance(block, Mapping | list):
        items = block.items() if isinstance(block, Mapping) else enumerate(block)
        for key, value in items:
            yield from settings_in(value, f"{path}.{key}" if path else str(key))
    elif isinstance(block, str):
        yield path, block
    elif isinstance(block, int | float) and not isinstance(block, bool):
        yield path, float(block)
