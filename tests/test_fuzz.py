"""Damaged inputs end well, or in one or two clear lines; `python tests/fuzzing.py 2000` tries more."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzing import KINDS, tried


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_inputs_are_refused_in_a_line_or_accepted(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLAB_STORE", "REPLAB_DATA"):
        monkeypatch.setenv(name, "")
    assert [text for seed in range(40) if (text := tried(kind, seed))] == []


def test_a_traceback_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path, _: object) -> list[str]:
        return [str(folder)]

    monkeypatch.setenv("REPLAB_STORE", "")
    monkeypatch.setenv("REPLAB_DATA", "")
    monkeypatch.setitem(KINDS, "broken", broken)
    monkeypatch.setattr("fuzzing.replab", lambda arguments: {}[arguments[0]])
    assert "KeyError" in tried("broken", 0)
