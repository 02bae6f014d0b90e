"""The docs: the site builds without a warning and without a network; commands and cited numbers are the real ones."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import numpy as np
import pytest
from packaging.specifiers import SpecifierSet

from replab import __version__
from replab.command_line import make_parser

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def commands() -> list[str]:
    """The lines of shell blocks that call `replab`."""
    blocks = [
        block for page in PAGES for block in re.findall(r"```(?:sh|bash)\n(.*?)```", page.read_text("utf-8"), re.S)
    ]
    return [line for block in blocks for line in block.splitlines() if line.startswith("replab ")]


def test_the_site_builds_without_warnings_and_asks_no_network(tmp_path: Path) -> None:
    pytest.importorskip("material")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    alone = os.environ | dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.html")}
    assert {"tutorial.html", "verdicts.html", "reference.html", "benchmarks/error_rates.html"} < set(pages)
    loaded = [
        found for text in pages.values() for found in re.findall(r'(?:src|<link[^>]* href)="(https?:[^"]*)"', text)
    ]
    assert loaded == []
    assert "replab.judging.numbers" in pages["reference.html"] and "Hahn" in pages["reference.html"]


def test_the_commands_of_the_pages_exist() -> None:
    assert len(commands()) > 5
    for line in commands():
        words = shlex.split(line, comments=True)[1:]
        make_parser(words).parse_args(words)


def test_the_error_rates_of_the_page_on_verdicts_are_the_simulated_ones() -> None:
    rows = [
        line for line in (ROOT / "docs/verdicts.md").read_text("utf-8").splitlines() if re.search(r"\| \d+ \|", line)
    ]
    simulated = (ROOT / "benchmarks/error_rates.md").read_text("utf-8").splitlines()
    assert len(rows) == 5 and set(rows) <= set(simulated)


def test_the_rates_of_wide_intervals_are_the_simulated_ones() -> None:
    path = ROOT / "benchmarks/wide_intervals.py"
    spec = importlib.util.spec_from_file_location("wide_intervals", path)
    assert spec and spec.loader
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    rows = re.findall(r"^\| \d\.\d\d \|.*$", (ROOT / "docs/verdicts.md").read_text("utf-8"), re.M)
    simulated = re.findall(r"^\| (\d\.\d\d) \| ([\d.]+) \|.*$", path.with_suffix(".md").read_text("utf-8"), re.M)
    assert len(rows) == 4 and set(rows) <= set(path.with_suffix(".md").read_text("utf-8").splitlines())
    random = np.random.default_rng(2)
    values, printed = random.standard_normal((5_000, 10)), random.standard_normal(5_000)
    for ratio, share in simulated:
        found = program.replicated(values, printed, (10,), program.TRUE_HALF_WIDTH / float(ratio))
        assert 100 * found == pytest.approx(float(share), abs=3)


def test_the_versions_agree() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.search(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", changes, re.M)
    cited = (ROOT / "CITATION.cff").read_text("utf-8")
    assert released and released[1] == __version__
    assert f"\nversion: {released[1]}\n" in cited and f"\ndate-released: {released[2]}\n" in cited


def test_each_locked_package_can_be_installed_with_the_oldest_python() -> None:
    """`make` with Python 3.11.2, which Debian 12 has, failed over a package that asks for 3.11.5."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    names = [line.partition("==")[0] for line in lines if "==" in line and not line.startswith("#")]
    asked = {name: metadata(name)["Requires-Python"] or "" for name in names}
    assert [name for name, python in asked.items() if "3.11.0" not in SpecifierSet(python)] == []
