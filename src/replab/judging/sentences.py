"""Claims and what was seen of them as plain English sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from replab.judging.claim_kinds import AnyClaim, Bound, Delta, Diverges, Equal, Level, Ordering
from replab.judging.evidence import Part
from replab.judging.pairing import Seen

SPELLED = {"bleu": "BLEU", "chrf": "chrF"}


def number(value: float, unit: str) -> str:
    """Four significant digits, with the unit."""
    return f"{value:.4g} {unit}".rstrip()


def gap(value: float, unit: str) -> str:
    """A difference of two numbers; that of percentages is in points."""
    return number(value, "points" if unit == "%" else unit)


def count(n: int, noun: str) -> str:
    """1 run, 2 runs."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def spelled(metric: str) -> str:
    """A metric as a sentence has it: `test accuracy`, `test BLEU`."""
    return " ".join(SPELLED.get(word, word) for word in metric.split("_"))


def listed(names: Iterable[str]) -> str:
    """a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def statement(claim: AnyClaim, parts: list[Part], unit: str) -> str:
    """What is claimed of `parts` (all of a claim's, or a single one), as a sentence."""
    metric = spelled(claim.metric)
    match claim:
        case Level():
            value = f"{number(claim.value, unit)}, give or take {claim.tolerance:g}"
            return f"{claim.variant} has a {metric} of {value}."
        case Bound():
            names, bound = listed(part.variants[0] for part in parts), number(parts[0].reference, unit)
            verb = "each have" if len(parts) > 1 else "has"
            return f"{names} {verb} a {metric} of at {'least' if parts[0].direction > 0 else 'most'} {bound}."
        case Ordering():
            worse: dict[str, list[str]] = {}
            for part in parts:
                worse.setdefault(part.variants[0], []).append(part.variants[1])
            text = "; ".join(f"{better} than {listed(others)}" for better, others in worse.items())
            return f"Better in {metric} ({'higher' if claim.higher_is_better else 'lower'}): {text}."
        case Delta():
            size = f"{gap(abs(claim.value), unit)}, give or take {claim.tolerance:g}"
            side = "above" if claim.value > 0 else "below"
            return f"The {metric} of {claim.variant} lies {side} that of {claim.baseline} by {size}."
        case Equal():
            text = "; ".join(listed(part.variants) for part in parts)
            return f"The same {metric}, to within {gap(claim.margin, unit)}: {text}."
        case Diverges():
            names = listed(part.variants[0] for part in parts)
            return f"{names} {'diverge' if len(parts) > 1 else 'diverges'}."


def part_text(part: Part) -> str:
    """The name of one part of a compound claim, such as "selu_hinge > tanh_hinge"."""
    relation = {1: ">", -1: "<", 0: "="}[part.direction]
    if len(part.variants) == 1:
        return f"{part.variants[0]} {relation} {part.reference:g}"
    return f"{part.variants[0]} {relation} {part.variants[1]}"


def measured(part: Part, row: dict[str, Any]) -> str:
    """The estimate and its interval, as the beginning of a sentence."""
    interval = f"{confidence_text(row['confidence'])} % interval {row['ci_low']:.4g} to {row['ci_high']:.4g}"
    if len(part.variants) == 1:
        return f"The mean of {count(row['n'], 'run')} is {number(row['estimate'], row['unit'])} ({interval})"
    estimate = gap(row["estimate"], row["unit"])
    return f"The mean difference over {count(row['n'], 'seed')} is {estimate} ({interval})"


def confidence_text(confidence: float) -> str:
    """In per cent, to three digits, or to as many as tell it from 100: 95, 99.9, 99.97."""
    texts = (f"{100 * confidence:.{digits}g}" for digits in range(3, 16))
    return next((text for text in texts if text != "100"), "100")


def diverged_words(found: Seen) -> str:
    """How many of the runs diverged, as a sentence."""
    diverged, runs = len(found.diverged), found.ended
    share = {0: "None", runs: "All"}.get(diverged, f"{diverged:,}")
    return f"{share} of {count(runs, 'run')} diverged." if runs else "No run has ended."


def luck(claim: AnyClaim, row: dict[str, Any]) -> str:
    """Whether a single run could show the claimed level."""
    if not isinstance(claim, Level):
        return ""
    low, high = row["single_run_low"], row["single_run_high"]
    chance = "may well" if low <= claim.value <= high else "would hardly"
    return f" One run alone {chance} show the claimed number (95 % of runs: {low:.4g} to {high:.4g})."


def over_looks(found: Seen) -> str:
    """What p is corrected for besides Holm's family."""
    return f" over {count(len(found.look.sizes), 'look')}" if found.look.sizes else ""


def at_look(found: Seen) -> str:
    """Which of the declared looks this is."""
    look = found.look
    return f" This is look {look.number} of {len(look.sizes)}, at {look.size} seeds." if look.sizes else ""


def too_few(part: Part, found: Seen) -> str:
    """Why there is nothing to judge."""
    if found.look.sizes and found.waiting:
        return f"{count(found.waiting, 'seed')} so far, and the first look is at {found.look.sizes[0]}"
    unit = "finished run" if len(part.variants) == 1 else "pair of finished runs with the same seed"
    text = found.missing or f"{len(found.values) or 'no'} {unit}, and at least 2 are needed"
    return text[0].upper() + text[1:]


def left_out(found: Seen) -> str:
    """The runs that the numbers do not contain."""
    text = ""
    if found.diverged:
        text += f" {count(len(found.diverged), 'run')} diverged, without a value to count."
    if found.unpaired and not found.missing:
        text += f" {count(found.unpaired, 'run')} without a partner of the same seed left out."
    if found.waiting and found.look.number:
        text += f" {count(found.waiting, 'seed')} more must wait for the next look."
    if found.unfinished:
        text += f" {count(found.unfinished, 'run')} failed or not finished."
    return text


def corrected(p_holm: float, family: int, noun: str) -> str:
    """A p after Holm's correction over so many claims or parts."""
    return f"{p_holm:.2g} after Holm's correction for {count(family, noun)}"
