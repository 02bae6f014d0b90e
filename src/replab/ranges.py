"""The ranges that a component's parameters may have, checked when params.yaml is read (without torch).

A component's keyword-only argument is a parameter when its annotation is one of these names; see `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real as Number
from typing import Any

Positive = float
NonNegative = float
Fraction = float
Real = float
NonZero = float
Count = int
NonNegativeCount = int
Flag = bool
Counts = list[int]
Positives = list[float]
NonNegatives = list[float]
Word = str
Component = Callable[..., Any]


def _number(value: object) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool) and value == value


def _integer(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _counts(value: object) -> bool:
    return isinstance(value, list) and all(_integer(item, 1) for item in value)


def _positives(value: Any) -> bool:
    return isinstance(value, list) and all(_number(item) and item > 0 for item in value)


def _non_negatives(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_number(item) and item >= 0 for item in value)


CHECKS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "Positive": ("a number above 0", lambda v: _number(v) and v > 0),
    "NonNegative": ("a number of at least 0", lambda v: _number(v) and v >= 0),
    "Fraction": ("a number in (0, 1]", lambda v: _number(v) and 0 < v <= 1),
    "Real": ("a number", _number),
    "NonZero": ("a number other than 0", lambda v: _number(v) and v != 0),
    "Count": ("a whole number of at least 1", lambda v: _integer(v, 1)),
    "NonNegativeCount": ("a whole number of at least 0", lambda v: _integer(v, 0)),
    "Flag": ("true or false", lambda v: isinstance(v, bool)),
    "Counts": ("a list of whole numbers of at least 1", _counts),
    "Positives": ("a list of numbers above 0", _positives),
    "NonNegatives": ("a list of one or more numbers of at least 0", _non_negatives),
    "Word": ("a word", lambda v: isinstance(v, str)),
    "Component": (
        "a component's name, or a block with a name",
        lambda v: isinstance(v, dict) and "name" in v,
    ),
}


def kind_of(parameter: str) -> str:
    """The kind of a nested component is the last word of its parameter's name: `weights_initializer`."""
    return parameter.rsplit("_", 1)[-1]
