"""What the columns of a wide table are besides its metrics: those that name a run, and those that go with its steps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from replab.errors import ReplabError, shortened
from replab.metric_words import MEASURED, words_of
from replab.readers.asked import Asked
from replab.readers.runs import SEEDS, VARIANTS, Run, first_of, is_number, metric_name
from replab.readers.tables import Table

PERCENT_SIGN = re.compile(r"\s*%\s*$")
INDEX = re.compile(r"(?:Unnamed: \d+)?")
"""What pandas calls the column of an index without a name: in a file, and when it has read that file."""
BEGINS_WITH_A_NUMBER = re.compile(r"\s*[\[(]?[-+]?\.?\d")
MEANS, SPREADS = {"mean", "avg", "average"}, {"std", "sd", "stddev", "stderr", "sem"}


def naming(header: list[str], asked: Asked) -> set[str]:
    """The columns that say which variant and which seed a row is of."""
    said = {name.strip() for text in (asked.variant_from, asked.seed_from) for name in text.split(",")}
    guessed = [] if asked.variant_from else [first_of(header, VARIANTS)]
    guessed += [] if asked.seed_from else [first_of(header, SEEDS)]
    return (said & set(header)) | set(filter(None, guessed))


def settings_of(header: list[str], taken: Collection[str]) -> list[str]:
    """The columns that say something of a run: all but those `taken` and an index without a name."""
    return [name for name in header if name not in taken and not INDEX.fullmatch(name)]


def by_step(header: list[str], rows: list[list[str]], step: str, metrics: Collection[str], asked: Asked) -> list[str]:
    """The other columns that vary from step to step of one run, and so are no settings of it.

    Where a step is there twice, a column may tell two runs apart: then none is.
    """
    names = naming(header, asked)
    groups: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for cells in rows:
        row = dict(zip(header, cells, strict=True))
        groups[tuple(row[name] for name in sorted(names))].append(row)
    if any(len({row[step] for row in own}) < len(own) for own in groups.values()):
        return []
    others = [name for name in header if name and name not in {*metrics, *names, step}]
    return [name for name in others if any(len({row[name] for row in own}) > 1 for own in groups.values())]


def unread(header: list[str], rows: list[list[str]]) -> dict[str, str]:
    """The columns that a word of metrics names and that hold numbers, but not in every cell: {column: such a cell}."""
    found = {}
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        others = [cell.strip() for cell in cells if cell.strip() and not is_number(cell)]
        if others and words_of(metric_name(name)) & MEASURED and any(map(BEGINS_WITH_A_NUMBER.match, cells)):
            found[name] = others[0]
    return found


def without_percent_signs(table: Table, asked: Asked) -> tuple[Table, list[str]]:
    """The table with 95.3 for `95.3%`, and the columns of metrics that have the sign in every cell that is filled."""
    signed = []
    for name, cells in zip(table.header, zip(*table.rows, strict=True), strict=True):
        filled = [cell for cell in cells if cell.strip()]
        wanted = metric_name(name) in asked.names if asked.names else words_of(metric_name(name)) & MEASURED
        if wanted and filled and all(PERCENT_SIGN.search(cell) and is_number(_unsigned(cell)) for cell in filled):
            signed.append(name)
    places = {table.header.index(name) for name in signed}
    rows = [[_unsigned(cell) if place in places else cell for place, cell in enumerate(row)] for row in table.rows]
    return (replace(table, rows=rows) if signed else table), signed


def _unsigned(cell: str) -> str:
    return PERCENT_SIGN.sub("", cell)


def check_once(table: Table, runs: Iterable[Run], asked: Asked) -> None:
    """Raises ReplabError where a run has two values of a metric at one step: which one counts is never guessed."""
    for run in runs if not asked.resumed else ():
        known: dict[tuple[str, float | None], float] = {}
        for point in run.points:
            place = point.metric, point.step
            if place in known:
                at = "" if point.step is None else f" at step {point.step:g}"
                settings = ", ".join(f"{name} {text}" for name, text in list(run.settings.items())[:4] if name and text)
                raise ReplabError(
                    f"{table.source}: {settings or 'a run'}: {point.metric} has two values{at}: {known[place]:g} and "
                    f"{point.value:g}\nRemove one, or add a column that tells the runs apart; "
                    "--resumed takes the later one"
                )
            known[place] = point.value


def check_shape(path: object, header: list[str], numeric: list[str], asked: Asked) -> None:
    """Raises ReplabError for a table with variants as columns, or with means in the place of runs."""
    seed, variant = (first_of(header, names) for names in (SEEDS, VARIANTS))
    values = [name for name in numeric if name != seed]
    if (seed or asked.unseeded) and not variant and not asked.variant_from and len(values) > 1:
        each, kept = ("variant and seed", f"'{seed}', ") if seed else ("run", "")
        raise ReplabError(
            f"{path}: the columns {shortened(values, 4)} look like variants. "
            f"Write a row for each {each}, in pandas:\n"
            f"  frame.melt({kept}var_name='variant', value_name='METRIC').to_csv('rows.csv', index=False)"
        )
    if not seed:
        check_runs(path, header, asked)


def check_runs(path: object, header: list[str], asked: Asked) -> None:
    """Raises ReplabError for a table of means and standard deviations."""
    means, spreads = (list(_with(words, header)) for words in (MEANS, SPREADS))
    if means and spreads and not asked.unseeded and not asked.seed_from:
        raise ReplabError(
            f"{path}: the columns {means[0]} and {spreads[0]} look like means and standard deviations of runs\n"
            "replab needs a row for each run, with its seed; or write each as 97.8 ± 0.2, and say --means sd"
        )


def _with(words: set[str], header: list[str]) -> Iterator[str]:
    return (name for name in header if words & set(name.lower().replace("/", "_").replace(" ", "_").split("_")))
