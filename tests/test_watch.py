"""What a user sees while Snakemake works: a line a study, from lines as Snakemake writes them."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from replab.errors import ReplabError

ROOT = Path(__file__).parents[1]
LINES = [
    "Job 3: fetch sine",
    "Reason: Missing output files: work/data/sine.downloaded",
    "Job 4: train tiny, job 1: progress in work/sample/tiny/job_1.log",
    "Finished jobid: 3 (Rule: download_data)",
    "Job 5: train tiny, job 2: progress in work/sample/tiny/job_2.log",
    "Finished jobid: 4 (Rule: train_job)",
    "Finished jobid: 5 (Rule: train_job)",
    "Job 6: report on tiny",
    "Finished jobid: 6 (Rule: report_study)",
    "Finished jobid: 0 (Rule: all)",
]


@pytest.fixture(scope="module")
def watch() -> ModuleType:
    spec = importlib.util.spec_from_file_location("watch", ROOT / "workflow/scripts/watch.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["watch"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_jobs_are_counted_by_study(watch: ModuleType) -> None:
    progress = watch.Progress()
    said = [progress.read(line) for line in LINES[:6]]
    assert said == [""] * 6
    assert progress.subjects["tiny"].words == "1 of 2 jobs done so far" and list(progress.subjects) == ["data", "tiny"]
    assert [progress.read(line) for line in LINES[6:]] == ["", "", "tiny", ""]
    assert progress.subjects["tiny"].words == "reported"


def test_without_a_terminal_a_reported_study_is_a_line_and_nothing_else(watch: ModuleType) -> None:
    out = io.StringIO()
    assert list(watch.watched(LINES, Console(file=out))) == LINES
    assert out.getvalue().split("\n") == ["tiny: reported", ""]


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ("train xor_bits, job 1: progress in x.log", "xor_bits"),
        ("report on all studies", "all studies"),
        ("prepare mnist", "data"),
        ("reports: results/sample/README.md", "reports"),
    ],
)
def test_a_message_has_a_subject(watch: ModuleType, message: str, subject: str) -> None:
    assert watch.subject_of(message) == subject


def test_of_a_failure_the_first_error_is_shown_and_not_what_other_jobs_did_later(watch: ModuleType) -> None:
    error = ["Error in rule train_job:\n", "    message: train tiny, job 1\n", "replab: no space is left\n"]
    later = [f"Finished jobid: {number}\n" for number in range(100)]
    shown = watch.what_failed(["Job 4: train tiny\n", *error, *later])
    assert shown[: len(error)] == error and len(shown) == watch.TOLD
    assert watch.what_failed(later) == later[-watch.TOLD :]


def test_where_snakemake_fails_the_end_of_its_log_is_shown(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text("rule all:\n    output: 'x'\n    shell: 'echo unlucky; exit 3'\n")
    command = [sys.executable, str(ROOT / "workflow/scripts/watch.py"), "--cores", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Error in rule all" in done.stderr and "work/snakemake.log" in done.stderr
    assert "Error in rule all" in (tmp_path / "work/snakemake.log").read_text()


def test_an_interruption_is_said_in_a_line(
    watch: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    assert watch.run(["--version"], interrupted) == 2
    assert capsys.readouterr().err == "replab: interrupted; the same command goes on from the last finished epoch\n"


def test_a_lock_that_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "workflow/scripts"))
    monkeypatch.chdir(tmp_path)
    import preflight

    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.input.lock").touch()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1))
    with pytest.raises(ReplabError, match="Snakemake cannot remove its lock"):
        preflight.unlock()
