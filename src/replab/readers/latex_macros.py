"""Macros that a LaTeX file defines: `92.1\\std{0.3}` is a mean where it has `\\newcommand{\\std}[1]{$\\pm$#1}`."""

from __future__ import annotations

import re

DEFINED = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*(?:\[(\d)\])?\s*(?=\{)"
    r"|\\def\s*\\([A-Za-z]+)\s*((?:#\d)*)\s*(?=\{)"
)
USED = re.compile(r"\\([A-Za-z]+)")
DEEPEST = 8  # macros within macros
LONGEST = 2**18  # characters: a file whose macros make more of it is taken as it is

Macros = dict[str, tuple[int, str]]


def macros_of(text: str) -> Macros:
    """name -> (number of arguments, body) of each macro in the text that has no optional argument."""
    found: Macros = {}
    for match in DEFINED.finditer(text):
        body = text[match.end() + 1 : closing(text, match.end())]
        found[match[1] or match[3]] = (int(match[2] or 0) if match[1] else match[4].count("#"), body)
    return found


def expanded(text: str, macros: Macros) -> str:
    """The text with each use of a macro replaced by its body."""
    for _ in range(DEEPEST if macros else 0):
        longer = _expanded_once(text, macros)
        if longer == text or len(longer) > LONGEST:
            break
        text = longer
    return text


def _expanded_once(text: str, macros: Macros) -> str:
    parts, place, length = [], 0, 0
    for match in USED.finditer(text):
        if match.start() < place or match[1] not in macros or length > LONGEST:
            continue
        count, body = macros[match[1]]
        arguments, end = _arguments(text, match.end(), count)
        for number, argument in enumerate(arguments, 1):
            body = body.replace(f"#{number}", argument)
        parts += [text[place : match.start()], body]
        length += len(body)
        place = end
    return "".join([*parts, text[place:]])


def _arguments(text: str, place: int, count: int) -> tuple[list[str], int]:
    """`count` arguments from a place on, and where they end: groups in braces, or single signs."""
    found = []
    for _ in range(count):
        while text[place : place + 1].isspace():
            place += 1
        end = closing(text, place) if text[place : place + 1] == "{" else place
        found.append(text[place + 1 : end] if end > place else text[place : place + 1])
        place = end + 1
    return found, place


def closing(text: str, start: int = 0) -> int:
    """Where the group that begins at `start` ends."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return len(text)
