"""How the report says things: numbers, what differs in a variant, text safe in markdown, tables."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from replab.judging.words import difference_unit, spelled

MOST_DECIMALS = 6  # of a number beside its interval; one that needs more is written with four digits
# What means something to markdown inside a line; an underscore inside a word does not.
SPECIAL = re.compile(r"[\\`*\[\]|~$]|&(?=[#\w])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
BULLET = re.compile(r"^(\d{0,9})([-+#.)])(?=\s)")  # what begins an item of a list, or a heading


def component_words(block: Any) -> str:
    """A component's block or a plain setting in words: `focal (gamma 2, alpha 0.1)`, `0.001`, `256, 128`."""
    if isinstance(block, Mapping):
        inner = ", ".join(f"{key} {component_words(value)}" for key, value in block.items() if key != "name")
        return f"{block['name']} ({inner})" if inner and "name" in block else inner or str(block.get("name", ""))
    if isinstance(block, list | tuple):
        return ", ".join(component_words(item) for item in block) or "none"
    if isinstance(block, bool) or block is None:
        return {True: "yes", False: "no", None: "none"}[block]
    return f"{block:g}" if isinstance(block, float) else str(block)


def difference_words(differences: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Dotted key -> value in words, down to the components: {"model.activation": "tanh", "loss": "hinge"}."""
    found: dict[str, str] = {}
    for key, value in differences.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, Mapping) and "name" not in value:
            found |= difference_words(value, here)
        else:
            found[here] = component_words(value)
    return found


def shown(value: Any, unit: str, *, signed: bool = False) -> str:
    """A number as tables and pictures show it: two decimals for percentages, four digits for the rest."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    sign = "+" if signed else ""
    if unit == "%":  # through the four decimals of the CSV, so that a number is rounded alike everywhere
        return f"{round(round(value, 4) + 0.0, 2) + 0.0:{sign}.2f}"
    return f"{value:{sign}.4g}"


def shown_interval(low: float, high: float, unit: str) -> str:
    """`[96.30, 96.52]`, or nothing where the interval is undefined."""
    return f"[{shown(low, unit)}, {shown(high, unit)}]" if shown(low, unit) and shown(high, unit) else ""


def with_units(text: str) -> str:
    """The text with a space that breaks no line before each %."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def shown_span(least: float, greatest: float, unit: str) -> str:
    """`0.1320 to 0.1427`, where both are of one size with as many decimals; one number where both are shown alike."""
    ends = [shown(least, unit), shown(greatest, unit)]
    if 0 < least <= greatest < 10 * least and not any("e" in end for end in ends):
        decimals = max(len(end.partition(".")[2]) for end in ends)
        ends = [f"{float(end):.{decimals}f}" for end in ends]
    return " to ".join(dict.fromkeys(ends))


def shown_with_interval(middle: float, low: float, high: float, unit: str, *, signed: bool = False) -> str:
    """`+0.0034 [-0.0003, 0.0075]`: no digit beyond the second of the interval's half width, beside `shown`."""
    half = (high - low) / 2
    decimals = 1 - math.floor(math.log10(half)) if math.isfinite(half) and half > 0 else None

    def rounded(value: float, signed: bool = False) -> str:
        if unit == "%" or decimals is None or not 0 <= decimals <= MOST_DECIMALS or not math.isfinite(value):
            return shown(value, unit, signed=signed)
        return f"{round(value, decimals) + 0.0:{'+' if signed else ''}.{decimals}f}"

    interval = f"[{rounded(low)}, {rounded(high)}]" if not (math.isnan(low) or math.isnan(high)) else ""
    return f"{rounded(middle, signed)} {interval}".strip()


def metric_words(metric: str, unit: str = "") -> str:
    """`test accuracy (%)`; `bias (nats)` for bias_nats in nats."""
    return spelled(metric.removesuffix(f"_{unit}")) + (f" ({unit})" if unit else "")


def points_words(unit: str) -> str:
    """The unit of a difference, in brackets: those of percentages are points."""
    return f" ({difference_unit(unit)})" if unit else ""


def escaped(content: object) -> str:
    """Any text as one line of markdown that shows just that text, in a table or a list too; no tag in it stays one."""
    text = SPECIAL.sub(r"\\\g<0>", " ".join(str(content).split())).replace("<", "&lt;").replace(">", "&gt;")
    return BULLET.sub(r"\1\\\2", text)


def code(content: object) -> str:
    """A name in code type, in one line: an empty line would end the code. With a backtick or a pipe, as plain text."""
    text = " ".join(str(content).split())
    return escaped(text) if {"`", "|"} & set(text) else f"`{text}`"


def p_text(p: float) -> str:
    """Two significant digits, or nothing where nothing was tested."""
    return "" if math.isnan(p) else f"{p:.2g}"


def table(header: list[str], rows: list[list[str]], *, right: str = "") -> str:
    """A markdown table of cells that are markdown already; an `r` in `right` aligns that column right."""
    rules = ["--:" if side == "r" else "---" for side in right.ljust(len(header))[: len(header)]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, rules, *rows])
