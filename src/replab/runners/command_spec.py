"""What params.yaml says of a command: its words, with placeholders, and what it depends on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from replab.errors import unknown
from replab.spec import Strict

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")
GIVEN = ("seed", "out", "settings")


class Resume(Strict):
    """How the command goes on: where the file `when` is there, the words `add` are put behind it."""

    when: str
    add: str


class Command(Strict):
    """`command` and `metrics` have placeholders: settings, {seed}, {out} (an empty folder), {settings} (a JSON file).

    `files` and `data` are patterns of what it reads; `environment` is a lock file; `timeout` is in seconds. `units` has
    the unit of a metric; `fraction` turns it into percent. With `shell`, the command is a line for /bin/sh; without, it
    is split into words once, before anything is put in.
    """

    command: str
    metrics: str
    files: list[str] = Field(default=[])
    data: list[str] = Field(default=[])
    environment: str | None = None
    timeout: float | None = Field(default=None, gt=0)
    shell: bool = False
    resume: Resume | None = None
    units: dict[str, str] = Field(default={})


class CommandSpec(Strict):
    """A command, and the settings that are put into it."""

    run: Command
    settings: dict[str, Any] = Field(default={})

    @model_validator(mode="after")
    def _placeholders(self) -> CommandSpec:
        taken = sorted(self.settings.keys() & set(GIVEN))
        if taken:
            raise ValueError(f"settings: the name '{taken[0]}' is replab's own")
        try:
            shlex.split(self.run.command)
        except ValueError as error:
            raise ValueError(f"run.command cannot be split into words: {error}") from error
        resume = self.run.resume
        used = fields_of(self.run.command) | (fields_of(resume.add) | fields_of(resume.when) if resume else set())
        for name in sorted(used | fields_of(self.run.metrics)):
            if name not in GIVEN and name not in self.settings:
                raise unknown("placeholder", name, [*GIVEN, *self.settings])
        self._check_used(fields_of(self.run.command))
        return self

    def _check_used(self, used: set[str]) -> None:
        if "seed" not in used and "settings" not in used:
            raise ValueError("run.command has no {seed}: every seed would do the same")
        if "out" not in used or not self.run.metrics.startswith("{out}/"):
            raise ValueError("run.command must get {out}, and run.metrics be a file in it, such as {out}/metrics.json")
        for name, value in self.settings.items() if "settings" not in used else ():
            if name not in used:
                raise ValueError(
                    f"settings.{name} would change nothing: run.command has neither {{{name}}} nor {{settings}}"
                )
            if not isinstance(value, str | int | float):
                raise ValueError(f"settings.{name} must be a text, a number, true or false (else use {{settings}})")


def fields_of(template: str) -> set[str]:
    """The names of the placeholders in a template."""
    return {found[1] for found in PLACEHOLDER.finditer(template) if found[1]}


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its placeholders filled; {{ and }} are braces."""
    return PLACEHOLDER.sub(lambda found: _word(values[found[1]]) if found[1] else found[0][0], template)


def words_of(spec: CommandSpec, values: Mapping[str, Any], more: str = "") -> list[str]:
    """The argument list of a run; `more` is a template behind the command.

    A value is never split or read by a shell: with `shell` each is quoted.
    """
    template = f"{spec.run.command} {more}".strip()
    if spec.run.shell:
        return ["/bin/sh", "-c", filled(template, {name: shlex.quote(_word(value)) for name, value in values.items()})]
    return [filled(word, values) for word in shlex.split(template)]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
