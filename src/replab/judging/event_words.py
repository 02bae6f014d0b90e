"""What happens in k of n runs, in two sentences."""

from __future__ import annotations

from replab.judging.part_kinds import Bound, Event, Reaches
from replab.judging.planning import MOST_SEEDS
from replab.judging.verdict_names import CONTRADICTED, DEPENDS_ON_SEED, REPLICATED
from replab.judging.words import Row, capital, count, is_number, percent, spelled, stated


def words(row: Row) -> tuple[str, str]:
    """How many runs do it, and what follows."""
    k, n, asked = row["k"], row["n"], row["asked"]
    runs = {0: f"none of {n:,} runs", n: f"all {n:,} runs"}.get(k, f"{k:,} of {n:,} runs") if n > 1 else "the only run"
    found = f"{capital(_seen(asked, row, runs))}."
    low, high = percent(row["share_low"]), percent(row["share_high"])
    if row["criterion"] == DEPENDS_ON_SEED:
        return found, f"It depends on the seed: {_further(asked, f'{low} to {high}')}."
    if row["criterion"] == REPLICATED:
        return found, _bounded(asked, low, high, k > 0)
    if row["criterion"] == CONTRADICTED:
        return found, _bounded(asked, low, high, _never(asked))
    return found, f"{capital(_further(asked, f'{low} to {high}'))}; {_seeds(row)}."


def claim(event: Event, unit: str) -> str:
    """What is claimed of every run, or of none."""
    which = {"never": "no run", "often": "more than half of the runs", "happens": "every run"}[event.claimed]
    if event.event == "diverges":
        return f"{which} {'diverge' if event.claimed == 'often' else 'diverges'}"
    return f"in {which} the {_reached(event.event, unit)}"


def _never(asked: Event | Bound) -> bool:
    return isinstance(asked, Event) and asked.claimed == "never"


def _seen(asked: Event | Bound, row: Row, runs: str) -> str:
    event = asked.event if isinstance(asked, Event) else asked
    if event == "diverges":
        return f"{runs} {'diverged' if row['n'] > 1 or row['k'] else 'did not diverge'}"
    said = f"the {_reached(event, row['unit'])}"
    if row["k"]:
        return f"in {runs} {said}"
    return f"{said} in {runs}" if row["n"] > 1 else f"it is not so in {runs} that {said}"


def _reached(event: Reaches | Bound, unit: str) -> str:
    metric = spelled(event.metric)
    if event.at_least is not None:
        return f"{metric} is at least {stated(event.at_least, unit)}"
    if event.at_most is not None:
        return f"{metric} is {f'at most {stated(event.at_most, unit)}' if event.at_most else '0'}"
    value = getattr(event, "equals", "")
    return f"{metric} is {value if isinstance(value, str) else f'exactly {value:g}'} {unit}".rstrip()


def _bounded(asked: Event | Bound, low: str, high: str, often: bool) -> str:
    """The end of the exact interval that the verdict rests on."""
    return f"So {_further(asked, f'at least {low}' if often else f'at most {high}')}."


def _further(asked: Event | Bound, share: str) -> str:
    """`22 % to 37 % of further runs would diverge`; of anything else, that it would be so there."""
    if isinstance(asked, Event) and asked.event == "diverges":
        return f"{share} of further runs would diverge"
    return f"in {share} of further runs it would be so"


def _seeds(row: Row) -> str:
    needed = row["seeds_needed"]
    if not is_number(needed):
        return f"even {MOST_SEEDS:,} would hardly decide"
    return f"about {count(int(needed), 'run')} would decide"
