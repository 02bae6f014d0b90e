"""What replab says when its input is wrong: one or two lines, exit status 2, nothing half-written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

MOST_LISTED = 12  # names, where none is near to the one that was given


class ReplabError(ValueError):
    """A mistake in what the user gave. The command line prints its message and exits with status 2."""


def unknown(kind: str, name: object, known: Iterable[str]) -> ReplabError:
    """The error for a name that nobody defined: "loss 'focl' unknown; did you mean 'focal'?"."""
    names = sorted(known)
    listed = and_more(named(names), MOST_LISTED)
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {listed or 'none'}"
    return ReplabError(f"{kind} {_quoted(name)} unknown; {hint}")


def shortened(names: Sequence[str], most: int) -> str:
    """`a, b, ...`: the first `most` names."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def and_more(names: Sequence[str], most: int) -> str:
    """`a, b and 3 more`: the first `most` names, and how many others there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def named(names: Iterable[str]) -> list[str]:
    """The names, those with a comma between quotes."""
    return [f"'{name}'" if "," in name else name for name in names]


def _quoted(name: object) -> str:
    """The name between quotes, in one line."""
    return f"'{name}'" if str(name).isprintable() else repr(name)
