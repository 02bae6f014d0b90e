"""Completion in a shell, by argcomplete: what can stand at the cursor.

A shell asks at each press of the key. So the files are read as plain YAML, and nothing is checked: this takes a tenth
of a second, where a whole project takes one. A project with a mistake in it completes what can be read, or nothing.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

VARIABLE = "_ARGCOMPLETE"  # the shell sets it when it asks
Completer = Callable[..., Iterable[str]]
Parser = Callable[[list[str]], argparse.ArgumentParser]


def answer(make_parser: Parser) -> int:
    """Tell the shell what can stand at the cursor; `make_parser` gets the words of the line. The exit status."""
    try:
        import argcomplete

        parser = make_parser(os.environ.get("COMP_LINE", "").split())
        argcomplete.autocomplete(parser, always_complete_options=False)
    except Exception:  # a shell shows nothing of it, and its user is in the middle of a line
        return 1
    return 0


def completed(action: argparse.Action, completer: Completer) -> None:
    """Have the values of an argument completed. What the completer raises is no completion."""

    def careful(**said: Any) -> list[str]:
        try:
            return list(completer(**said))
        except Exception:
            return []

    action.completer = careful  # type: ignore[attr-defined]


def profiles(parsed_args: argparse.Namespace, **_: Any) -> Iterable[str]:
    """The profiles of params.yaml."""
    names: Iterable[str] = _content(parsed_args.params)["profiles"]
    return names


def studies(parsed_args: argparse.Namespace, **_: Any) -> Iterable[str]:
    """The studies that the profile runs."""
    content = _content(parsed_args.params)
    name = parsed_args.profile or content["profile"]
    profile = content["profiles"][name]
    for study, block in content["studies"].items():
        skipped = block.get("profiles", {}).get(name, {}).get("skip")
        of_report = block["report"] in (profile.get("reports") or [block["report"]])
        if not skipped and of_report and study in (profile.get("studies") or [study]):
            yield study


def variants(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """The variants of the study on the line, but for those that stand there already."""
    study = _content(parsed_args.params)["studies"][parsed_args.study]
    axes = study.get("vary", [])
    names = ["_".join(labels) for labels in itertools.product(*axes)] if axes else []
    names += study.get("variants", {})
    given = getattr(parsed_args, "variants", None) or []
    return [name for name in names or ["base"] if name not in given]


def readers(**_: Any) -> Iterable[str]:
    """The formats that `replab judge` reads."""
    from replab.readers import READERS

    return READERS


def _content(path: Path) -> Any:
    from replab.params_files import read_params

    return read_params(path).content
