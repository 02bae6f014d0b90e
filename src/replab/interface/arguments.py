"""Messages name the options of the command: here they become the arguments of the function, for users of Python.

`say --seed-from COLUMN` becomes `say seed_from=COLUMN`, `--pick last` `pick="last"`, and `--unseeded` `unseeded=True`.
What only the command has (`--means`) keeps its name.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import ParamSpec

from replab.errors import ReplabError
from replab.interface.judged import JudgedResults

Given = ParamSpec("Given")

# 'text', NAME or METRIC=UNIT as they are; acc=fraction, last, and the metric at the end of a line between quotes
AS_IT_IS = r"'[^'\n]*'|[A-Z]{2,}(?:=[A-Z]+)?\b"
QUOTED = r"[\w/.@-]+=\w+|(?:last|best|fraction|percent)\b|(?<=--units-agree )\w+$"
OPTION = re.compile(rf"(?<![\w-])--([a-z]+(?:-[a-z]+)*)(?: (?:({AS_IT_IS})|({QUOTED})))?", re.MULTILINE)


def in_python(text: str, parameters: Mapping[str, inspect.Parameter]) -> str:
    """The message with arguments in the place of options; `parameters` are those of the function."""

    def argument(match: re.Match[str]) -> str:
        name, value = match[1].replace("-", "_"), match[2] or (f'"{match[3]}"' if match[3] else "")
        if name not in parameters:
            return match[0]
        if parameters[name].default is False:
            return f"{name}=True"
        return f"{name}={value}" if value else name

    return OPTION.sub(argument, text)


def speaking_python(function: Callable[Given, JudgedResults]) -> Callable[Given, JudgedResults]:
    """The function, whose errors and notes name its arguments; `inspect.unwrap` gives the one that names options."""
    parameters = inspect.signature(function).parameters

    @wraps(function)
    def judge(*args: Given.args, **kwargs: Given.kwargs) -> JudgedResults:
        try:
            found = function(*args, **kwargs)
        except ReplabError as error:
            raise ReplabError(in_python(str(error), parameters)) from error
        return replace(found, _words=lambda text: in_python(text, parameters))

    return judge
