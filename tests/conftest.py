"""Fixtures that several test files share."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from replab import data

# Some machines tell Python to keep no compiled modules: each process that a test starts would compile torch anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Whole checkouts, clusters, remotes, kills, the made-up device: `make test-slow`. The longest begin, so that none is
# left at the end.
SLOW = [
    "test_workflow.py",
    "test_dvc.py",
    "test_dvc_queue.py",
    "test_fake_device.py",
    "test_cluster_generic.py",
    "test_chaos.py",
    "test_remotes.py",
    "test_killed_engines.py",
    "test_slurm.py",
]
# Of the others, those of which one test takes long. Then come the files with the most tests.
LONG = [
    "test_commands.py",
    "test_device_benchmark.py",
    "test_generate.py",
    "test_command.py",
    "test_user_components.py",
    "test_deciding.py",
    "test_devices.py",
    "test_browser.py",
    "test_probes_on_data.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Counter(item.path.name for item in items)
    first = SLOW + LONG
    place = {name: first.index(name) if name in first else len(first) for name in tests}
    items.sort(key=lambda item: (place[item.path.name], -tests[item.path.name], item.path.name))
    for item in items:
        if item.path.name in SLOW:
            item.add_marker(pytest.mark.slow)


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
