"""Which variants share a panel of the learning curves, and their colours and dashes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replab.report.markdown_text import component_words, difference_words
from replab.report.study import StudyResult

PALETTE = ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#e69f00", "#56b4e9", "#000000", "#999933"]
DASHES = ["-", "--", "-.", ":"]
MOST_IN_A_PANEL, LEAST_IN_A_PANEL = 6, 2  # variants; the least is on average
OTHERS = "others"
ENDING = re.compile(r"_[-+.\de]*\d$")  # `_20` of `frozen_20`


def share_axes(grid: NDArray[np.object_]) -> None:
    """What `sharex` and `sharey` of `subplots` do, after the curves were drawn.

    Panels that share their axes from the start are scaled anew with each thing that is drawn, all of them.
    """
    for place in grid[1:]:
        place.sharex(grid[0])
        place.sharey(grid[0])
    for place in grid:
        place.label_outer()
    grid[0].autoscale(None)  # limits of all of them, as soon as the scale is known


def hide_unused(grid: NDArray[np.object_], used: int, columns: int) -> None:
    """Show the first `used` panels alone, and the numbers along the axis under the last one of each column."""
    for place in grid[used:]:
        place.set_visible(False)
    for place in grid[max(0, used - columns) : used]:
        place.tick_params(labelbottom=True)


def panels_of(result: StudyResult, drawn: set[str]) -> dict[str, list[str]]:
    """Panel title -> those of its variants that are `drawn`: by what differs, by their names, or by their order.

    A panel holds at most six variants; up to six variants have one panel, without a title.
    """
    shown = [name for name in result.variants if name in drawn]
    if len(result.variants) <= MOST_IN_A_PANEL:
        return {"": shown}
    groups = _group_by_difference(result)
    groups = groups or _families(result.variants)
    if not groups:
        parts = np.array_split(np.arange(len(shown)), math.ceil(len(shown) / MOST_IN_A_PANEL))
        return {f"{part[0] + 1} to {part[-1] + 1} of {len(shown)}": [shown[i] for i in part] for part in parts}
    panels: dict[str, list[str]] = {}
    for variant in shown:
        panels.setdefault(groups[variant], []).append(variant)
    return panels


def _group_by_difference(result: StudyResult) -> dict[str, str]:
    """variant -> its value of the key that makes the fewest panels of two to six; {} where none does."""
    words = {variant: difference_words(result.differences.get(variant, {})) for variant in result.variants}
    best: dict[str, str] = {}
    for key in dict.fromkeys(key for found in words.values() for key in found):
        label = key.rpartition(".")[2].replace("_", " ")
        groups = {name: f"{label} {found[key].partition(' (')[0]}" for name, found in words.items() if key in found}
        rest = [name for name in result.variants if name not in groups]
        groups |= dict.fromkeys(rest, _title_of_rest(result, key, label, rest, groups))
        sizes = Counter(groups.values())
        few = len(sizes) <= len(words) / LEAST_IN_A_PANEL and len(sizes) < len(set(best.values()) or words)
        if len(sizes) > 1 and few and max(sizes.values()) <= MOST_IN_A_PANEL:
            best = groups
    return best


def _families(variants: list[str]) -> dict[str, str]:
    """variant -> its name without the number at its end, where that makes panels of two to six; else {}."""
    families = {name: ENDING.sub("", name).replace("_", " ") for name in variants}
    sizes = set(Counter(families.values()).values())
    return families if sizes <= set(range(LEAST_IN_A_PANEL, MOST_IN_A_PANEL + 1)) else {}


def _title_of_rest(result: StudyResult, key: str, label: str, rest: list[str], groups: dict[str, str]) -> str:
    """The title of the variants that leave `key` as the base has it: its value, where a record tells."""
    value: Any = next((run["spec"] for variant, _, run in result.runs() if variant in rest), {})
    for part in key.split("."):
        value = value.get(part, {}) if isinstance(value, Mapping) else {}
    title = f"{label} {component_words(value).partition(' (')[0]}"
    return OTHERS if value == {} else f"{title}, {OTHERS}" if title in groups.values() else title


def line_styles(result: StudyResult, panels: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
    """variant -> (colour, dashes): variants that differ from their panel in the same way look the same."""
    styles: dict[tuple[str, ...], tuple[str, str]] = {}
    found = {}
    for names in panels.values():
        words = {name: set(difference_words(result.differences.get(name, {})).items()) for name in names}
        common = set.intersection(*words.values()) if len(names) > 1 else set()
        for name in names:
            key = tuple(sorted(f"{setting} {value}" for setting, value in words[name] - common))
            number = len(styles)
            dashes = DASHES[number % 2 + 2 * (number // len(PALETTE) % 2)]
            styles.setdefault(key, (PALETTE[number % len(PALETTE)], dashes))
            found[name] = styles[key]
    return found
