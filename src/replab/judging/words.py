"""Numbers, units and names as sentences have them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from replab.judging.scales import scale_of

Row = Mapping[Any, Any]  # of a table of parts or statements

SPELLED = {"bleu": "BLEU", "chrf": "chrF", "f1": "F1", "auc": "AUC", "auroc": "AUROC", "w2": "W2"}
METRICS = {
    "nonconvex_fraction": "share of points where it is not convex",
    "nonfinite_fraction": "share of rows that are not finite",
    "relative_error_max": "largest relative error",
    "relative_error_median": "median relative error",
    "relative_error_w1": "relative error of W1",
    "relative_error_w2": "relative error of W2",
    "relative_error_w3": "relative error of W3",
    "small_weights_share": "share of weights near 0",
    "speedup_median": "median speed-up",
    "test_generalization_gap": "training accuracy minus test accuracy",
    "test_positive_cross_entropy": "test cross entropy of the points whose answer is 1",
}
EPOCHS = {"_best_epoch": " at the best epoch", "_best_validation_epoch": " at the epoch that is best on validation"}
MOST_DECIMALS = 15
MOST_SHOWN = 7


def number(value: float, unit: str) -> str:
    """Four significant digits, with the unit."""
    return f"{value:.4g} {unit}".rstrip()


def stated(value: float, unit: str) -> str:
    """A bound as it was written, with the unit: 10,000 is no 1e+04, and 1 nat has no plural."""
    return f"{value:,.10g} {'nat' if unit == 'nats' and value == 1 else unit}".rstrip()


def gap(value: float, unit: str) -> str:
    """A difference of two numbers, with three significant digits; that of percentages is in points: 1 point."""
    text = f"{value:.3g} {difference_unit(unit)}".rstrip()
    return "1 point" if text == "1 points" else text


def difference_unit(unit: str) -> str:
    """The unit of a difference."""
    return "points" if unit == "%" else unit


def possible(low: float, high: float, metric: str, *, difference: bool) -> tuple[float, float]:
    """The ends of an interval, as sentences have them: within the scale of a share (an accuracy, a BLEU), and of a
    difference of two within its width.

    The interval of few skewed runs may reach beyond. What lies there no value can be, so its level stays.
    """
    scale = scale_of(metric)
    if scale.name != "logit":
        return low, high
    least = scale.low - scale.high if difference else scale.low
    return max(low, least), min(high, scale.high)


def like(value: float, text: str, unit: str = "") -> str:
    """The value with as many decimals as a printed number has; more where that would leave nothing of it."""
    exponent = Decimal(text).as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    plain = "e" not in text.lower() and 0 <= decimals <= MOST_DECIMALS
    shown = f"{value:.{decimals}f}" if plain else f"{value:.3g}"
    if (value != 0 and float(shown) == 0) or abs(value) >= 1e6:
        shown = f"{value:.2g}"
    return f"{shown} {unit}".rstrip()


def short(text: str, digits: int) -> str:
    """A printed number without the digits of a double that nobody reads: `digits` where it has more than 7."""
    return f"{float(text):.{digits}g}" if len(Decimal(text).as_tuple().digits) > MOST_SHOWN else text


def span(low: float, high: float, text: str, unit: str) -> str:
    """`96.21 to 96.52 %`, or one number where both are shown alike."""
    first, last = like(low, text), like(high, text)
    return f"{last} {unit}".rstrip() if first == last else f"{first} to {last} {unit}".rstrip()


def is_number(value: Any) -> bool:
    """Whether there is one: None, NaN and <NA> are none."""
    return value is not None and value == value and str(value) != "<NA>"


def count(n: int, noun: str) -> str:
    """1 run, 2 runs."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def spelled(metric: str) -> str:
    """A metric as a sentence has it: `test accuracy`, `test BLEU`, `train loss at step 500`; without its unit."""
    base, _, step = metric.partition("@")
    ending = next((ending for ending in EPOCHS if base.removesuffix(ending) not in ("", base)), "")
    words = base.removesuffix(ending).removesuffix("_nats").split("_")
    text = METRICS.get(base) or " ".join(SPELLED.get(word, word) for word in words) + EPOCHS.get(ending, "")
    return f"{text} at step {int(step):,}" if step.isdigit() else text


def names_text(names: Iterable[str]) -> str:
    """Names of variants as a column holds them: `a, b`; between quotes where one has a comma or begins with a quote."""
    names = list(names)
    if any("," in name or name.startswith('"') for name in names):
        return ", ".join(json.dumps(name, ensure_ascii=False) for name in names)
    return ", ".join(names)


def names_of(text: str) -> list[str]:
    """The names that `names_text` wrote."""
    return [str(name) for name in json.loads(f"[{text}]")] if text.startswith('"') else text.split(", ")


def plain(variant: str) -> str:
    """A variant's name without underscores."""
    return variant.replace("_", " ")


def listed(names: Iterable[str]) -> str:
    """a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def p_text(p: float) -> str:
    """`p = 0.031`, `p below 0.0001`."""
    return "p below 0.0001" if p < 1e-4 else f"p = {p:.2g}"


def percent(fraction: float) -> str:
    """`43 %`; one decimal near the ends, where verdicts are made: 4.5 % and 99.6 %."""
    value = 100 * fraction
    return f"{value:.1f} %" if 0 < value < 10 or 90 < value < 100 else f"{value:.0f} %"


def confidence_text(confidence: float) -> str:
    """In per cent, to three digits, or to as many as tell it from 100: 95, 99.9, 99.97."""
    if math.isnan(confidence):
        return ""
    texts = (f"{100 * confidence:.{digits}g}" for digits in range(3, 16))
    return next((text for text in texts if text != "100"), "100")


def capital(text: str) -> str:
    """With a capital first letter; its other capitals stay."""
    return text[:1].upper() + text[1:]
