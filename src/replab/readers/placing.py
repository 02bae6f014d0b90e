"""Which variant and which seed a run is: by a column or setting, by a regular expression on its name, or by a guess.

A guess is said in a note; what can be meant in two ways is refused with the option that decides it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from replab.errors import ReplabError, unknown
from replab.readers.asked import Asked
from replab.readers.runs import FOLDS, SEEDS, VARIANTS, Run, first_of

SEEDS_IN_NAMES = [
    re.compile(rf"(?:^|[^A-Za-z]){word}[_=-]?(\d+)(?=[^0-9]|$)", re.IGNORECASE) for word in ("seed", "rs", "s")
]  # the s of `deit_s16/seed0` is no seed
SEED_IN_CELL = re.compile(r"(?:(?:seed|rs|s)[ _=-]?)?(\d+)(\.0+)?", re.IGNORECASE)
FOLDS_DEPEND = (
    "'{}' as the seed: the folds of one cross-validation share most of their training data. They are not independent. "
    "So p is too small, and the intervals are too narrow."
)
Place = tuple[str, int]


def placed(runs: list[Run], asked: Asked, notes: list[str]) -> list[tuple[Place, Run]]:
    """Each run with its variant and seed."""
    seed_of = _seed_finder(runs, asked, notes)
    variant_of = _variant_finder(runs, asked, notes)
    return [((variant_of(run), seed_of(run) if seed_of else place), run) for place, run in enumerate(runs)]


def _seed_finder(runs: list[Run], asked: Asked, notes: list[str]) -> Callable[[Run], int] | None:
    if asked.unseeded:
        notes.append(
            "The runs have no seeds, and none is paired (--unseeded): comparisons are Welch's t tests of two samples."
        )
        return None
    key = asked.seed_from or first_of(_shared(runs), SEEDS)
    if key:
        if not asked.seed_from:
            notes.append(f"The seed is taken from '{key}'. That is a guess; --seed-from names another.")
        if key.lower() in FOLDS:
            notes.append(FOLDS_DEPEND.format(key))
        text_of = _text_finder(runs, key, "--seed-from")
        return lambda run: _whole(text_of(run), run)
    if all(_in_name(run) for run in runs):
        notes.append(
            "The seed is the number after 'seed' in the runs' names. That is a guess; --seed-from names another."
        )
        return lambda run: int(_in_name(run)[1])  # type: ignore[index]
    _refuse_gaps(runs, SEEDS, "--seed-from")
    there = ", ".join(_shared(runs)) or f"only names, such as '{runs[0].name}'"
    raise ReplabError(
        f"{runs[0].source}: no seed found. There are: {there}\n"
        "Say --seed-from COLUMN or 'REGEX(...)' of the names, or --unseeded if the runs have no seeds"
    )


def _whole(text: str, run: Run) -> int:
    match = SEED_IN_CELL.fullmatch(text.strip())
    if not match:
        raise ReplabError(f"{run.source}: the seed '{text}' is no whole number")
    return int(match[1])


def _variant_finder(runs: list[Run], asked: Asked, notes: list[str]) -> Callable[[Run], str]:
    key = asked.variant_from or first_of(_shared(runs), VARIANTS)
    if key:
        if not asked.variant_from:
            notes.append(f"The variant is taken from '{key}'. That is a guess; --variant-from names another.")
        return _text_finder(runs, key, "--variant-from")
    if all(_in_name(run) for run in runs):
        notes.append("The variant is the rest of a run's name. That is a guess; --variant-from names another.")
        return _rest
    _refuse_gaps(runs, VARIANTS, "--variant-from")
    there = ", ".join(_shared(runs)) or f"only names, such as '{runs[0].name}'"
    raise ReplabError(
        f"{runs[0].source}: no variant found. There are: {there}\n"
        "Say --variant-from COLUMN (or several: a,b), or 'REGEX(...)' of the names"
    )


def _refuse_gaps(runs: list[Run], names: Iterable[str], option: str) -> None:
    """Raises ReplabError where only some runs have the setting."""
    key = first_of({name for run in runs for name, text in run.settings.items() if text.strip()}, names)
    without = [run.name for run in runs if not run.settings.get(key, "").strip()]
    if key:
        raise ReplabError(
            f"{runs[0].source}: {len(without)} of {len(runs)} runs have no '{key}', such as {without[0]}\n"
            f"Write it, leave these runs out, or say {option}"
        )


def _in_name(run: Run) -> re.Match[str] | None:
    """The seed in a run's name, by the clearest word that is there."""
    return next((match for pattern in SEEDS_IN_NAMES if (match := pattern.search(run.name))), None)


def _rest(run: Run) -> str:
    """The run's name without its seed and without a logger's version folder."""
    match = _in_name(run)
    name = run.name if not match else match.re.sub("", run.name)
    rest = re.sub(r"(^|/)version_\d+(?=/|$)", "", name)
    return rest.strip("/_-. ") or "all"


def _text_finder(runs: list[Run], key: str, option: str) -> Callable[[Run], str]:
    """How to find a text in a run: settings joined by commas, or a regular expression on the name."""
    if "(" in key:
        try:
            pattern = re.compile(key)
        except re.error as error:
            raise ReplabError(f"{option} '{key}' is no regular expression: {error}") from error
        if pattern.groups != 1:
            raise ReplabError(f"{option} '{key}' has {pattern.groups} groups, and needs one: (...)")
        return lambda run: _matched(pattern, run, option)
    names = [name.strip() for name in key.split(",")]
    known = {name for run in runs for name in run.settings}
    for name in names:
        if name not in known:
            raise unknown(f"{option}: column or setting", name, known)
    return lambda run: ", ".join(_setting(run, name, option) for name in names)


def _setting(run: Run, name: str, option: str) -> str:
    text = run.settings.get(name, "").strip()
    if not text:
        raise ReplabError(f"{run.source}: {run.name}: it has no '{name}', which {option} needs")
    return text


def _matched(pattern: re.Pattern[str], run: Run, option: str) -> str:
    match = pattern.search(run.name)
    if not match or match[1] is None:
        raise ReplabError(f"{run.source}: {option} '{pattern.pattern}' does not match the name '{run.name}'")
    return match[1]


def _shared(runs: list[Run]) -> list[str]:
    """The settings that every run has, in the order of the first."""
    return [name for name in runs[0].settings if all(run.settings.get(name, "").strip() for run in runs)]
