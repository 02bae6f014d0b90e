"""The order of the package's modules: what workflow/scripts/layers.py finds, and that the package keeps it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def layers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("layers", ROOT / "workflow/scripts/layers.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_package_keeps_its_order(layers: ModuleType) -> None:
    assert layers.problems(ROOT / "src/replab") == []


def test_every_exception_is_needed(layers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    exceptions = dict(layers.EXCEPTIONS)
    monkeypatch.setattr(layers, "EXCEPTIONS", {})
    found = layers.problems(ROOT / "src/replab")
    assert all(any(module.split(".")[-1] in line for line in found) for module, _ in exceptions)


UPWARDS = {
    "from a module": "from replab.report.tables import number\n",
    "from a package": "from replab.report import tables\n",
    "as a module": "import replab.report.tables\n",
    "late": "def late():\n    from replab.report import tables\n",
}


@pytest.mark.parametrize("how", UPWARDS)
def test_an_import_upwards_is_found(how: str, layers: ModuleType, tmp_path: Path) -> None:
    files = {"nn/losses.py": UPWARDS[how], "report/tables.py": "number = 1\n"}
    [line] = layers.problems(package(tmp_path, files))
    assert "losses.py: imports report.tables, which stands above it" in line


def test_an_import_downwards_or_for_types_is_not(layers: ModuleType, tmp_path: Path) -> None:
    for_types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from replab.report import tables\n"
    files = {"nn/losses.py": for_types, "report/tables.py": "from replab.nn import losses\nimport numpy\n"}
    assert layers.problems(package(tmp_path, files)) == []


def test_a_circle_within_a_layer_is_found(layers: ModuleType, tmp_path: Path) -> None:
    files = {"nn/one.py": "from replab.nn.two import x\n", "nn/two.py": "from replab.nn import one\n"}
    [line] = layers.problems(package(tmp_path, files))
    assert "circle" in line and "nn.one" in line and "nn.two" in line


def test_a_module_without_a_layer_is_found(layers: ModuleType, tmp_path: Path) -> None:
    [line] = layers.problems(package(tmp_path, {"elsewhere.py": ""}))
    assert "elsewhere.py: no layer" in line
