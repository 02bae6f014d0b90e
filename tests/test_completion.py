"""Completion, asked for as a shell asks: the line in variables, the words of the answer in a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from replab.commands import completion
from replab.commands.completion import completed
from replab.params import studies_of
from replab.params_loading import load_params
from tiny import params, write_params

ROOT = Path(__file__).parents[1]
# Fails where a completion imports what takes seconds.
WATCHED = (
    "import os, runpy, sys; leave = os._exit\n"
    "def watched(status): leave(9 if sys.modules.keys() & {'torch', 'pandas', 'scipy'} else status)\n"
    "os._exit = watched\n"
    "runpy.run_module('replab', run_name='__main__')"
)


@pytest.fixture
def project(folder: Path) -> Path:
    write_params(folder / "params.yaml", params())
    return folder


def words_at(line: str, folder: Path) -> tuple[int, set[str]]:
    """The exit status, and what can stand at the end of a line."""
    out = folder / "words"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(out), "_ARGCOMPLETE_IFS": "\n"}
    asked |= {"COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9", "_ARGCOMPLETE_SHELL": "bash"}
    done = subprocess.run([sys.executable, "-c", WATCHED], cwd=folder, env=os.environ | asked, capture_output=True)
    assert not done.stdout and not done.stderr
    return done.returncode, {word.strip() for word in out.read_text().splitlines()} if out.exists() else set()


LINES = {
    "replab pl": {"plan"},
    "replab train ": {"tiny"},
    "replab train tiny ": {"plain", "fast"},
    "replab train tiny plain ": {"fast"},
    "replab why tiny f": {"fast"},
    "replab generate tiny ": {"plain", "fast"},
    "replab status t": {"tiny"},
    "replab --profile ": {"sample"},
    "replab data prepare mnist_sample_64_lite0_": {"mnist_sample_64_lite0_trunk"},
    "replab judge runs.csv --format li": {"lightning"},
    "replab train --acc": {"--accelerator"},
    "replab train tiny --accelerator c": {"cpu", "cuda"},
}


@pytest.mark.parametrize("line", LINES)
def test_a_shell_is_told_what_can_stand_there(line: str, project: Path) -> None:
    assert words_at(line, project) == (0, LINES[line])


def test_a_command_that_serves_jobs_is_not_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLAB_FORK_SERVER", str(project / "nobody"))
    assert words_at("replab train ", project) == (0, {"tiny"})


@pytest.mark.parametrize("content", ["", "profile: [", "studies: {a: 1}", "profile: none\nprofiles: {}\nstudies: {}"])
def test_a_broken_project_completes_nothing_and_says_nothing(content: str, folder: Path) -> None:
    (folder / "params.yaml").write_text(content)
    for line in ("replab train ", "replab why tiny ", "replab --profile no"):
        assert words_at(line, folder) == (0, set())


def test_what_is_offered_is_what_each_profile_runs() -> None:
    path = ROOT / "params.yaml"
    loaded = load_params(path)
    for profile in loaded.profiles:
        said = Namespace(params=path, profile=profile)
        assert list(completion.studies(said)) == studies_of(loaded, profile)
    for study, block in loaded.studies.items():
        said = Namespace(params=path, profile=None, study=study)
        assert completion.variants(said) == list(block.overrides() or {"base": {}})


def test_a_completer_that_fails_completes_nothing() -> None:
    action = Namespace()
    completed(action, lambda **_: 1 / 0)  # type: ignore[arg-type, return-value]
    assert action.completer() == []


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_after_the_line_of_the_documentation(project: Path) -> None:
    program = project / "bin" / "replab"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m replab "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(register-python-argcomplete replab)"\n'
        "COMP_WORDS=(replab why tiny f) COMP_CWORD=3 COMP_LINE='replab why tiny f' COMP_POINT=17 COMP_TYPE=9\n"
        '_python_argcomplete replab; echo "${COMPREPLY[@]}"'
    )
    path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(["bash", "-c", script], cwd=project, env=os.environ | {"PATH": path}, capture_output=True)
    assert done.stdout.split() == [b"fast"] and not done.stderr
