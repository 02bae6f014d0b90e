"""Fixtures that several test files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from replab import data

# The files that take longest: they begin, so that no process is left with a long one at the end.
LONG = ["test_workflow.py", "test_dvc.py", "test_commands.py", "test_cluster_generic.py", "test_remotes.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of prepared data: the digits that come with a package."""
    root = tmp_path_factory.mktemp("data")
    data.prepare("mnist_sample", root)
    return root


@pytest.fixture
def folder(tmp_path: Path, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the current one, with the sample data and a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPLAB_DATA", str(sample_data))
    monkeypatch.delenv("REPLAB_STORE", raising=False)
    monkeypatch.delenv("REPLAB_MIRROR", raising=False)
    return tmp_path
