"""What differs in each variant of a table, in as few words as tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from replab.report.markdown_text import difference_words
from replab.report.study import StudyResult

SAVED = 3  # settings: from so many on that a variant shares with one above it, that one is named in their place


def variant_differences(result: StudyResult, variants: Iterable[str]) -> dict[str, str]:
    """variant -> what differs from the study's base, such as `activation tanh; loss hinge (margin 5)`.

    One that has all of what differs in a variant above it says so, where that is shorter: `as frozen_1; per_class 5`.
    """
    whole: dict[str, dict[str, str]] = {}
    found = {}
    for variant in variants:
        words = difference_words(result.differences.get(variant, {}))
        changes = {other: _changes(words, its) for other, its in whole.items() if its.keys() <= words.keys()}
        nearest = min(changes, key=lambda other: len(changes[other]), default="")
        if nearest and len(words) - len(changes[nearest]) >= SAVED:
            found[variant] = "; ".join([f"as {nearest}", *_said(changes[nearest])])
        else:
            whole[variant] = words
            found[variant] = "; ".join(_said(words)) or "the base"
    return found


def _changes(own: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in own.items() if other.get(key) != value}


def _said(words: Mapping[str, str]) -> list[str]:
    return [f"{key.rpartition('.')[2]} {value}" for key, value in words.items()]
