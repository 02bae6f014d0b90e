"""Identity and store: what makes two runs the same, and what is refused as stale."""

from __future__ import annotations

import ast
import errno
import itertools
import subprocess
import sys
from inspect import getfile
from pathlib import Path
from typing import Any

import pytest

from replab import catalogue, codebase, data
from replab.data.derived import Derived
from replab.errors import ReplabError
from replab.identity import code_parts, code_sha256, run_identity
from replab.params import Variant, resolve
from replab.params_loading import check_params
from replab.parsing import PACKAGE, _statements
from replab.runners import fit, probe, sequences, training
from replab.store import Store
from tiny import params

FOCAL = {"loss": {"name": "focal", "gamma": 2, "alpha": 1}}


def test_the_statements_of_a_file_are_those_that_a_walk_finds() -> None:
    kinds = (ast.mod, ast.stmt, ast.excepthandler, ast.match_case)
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        assert list(_statements(tree)) == [node for node in ast.walk(tree) if isinstance(node, kinds)], file


def variants() -> dict[str, Variant]:
    tree = params(variants={"plain": {}, "again": {}, "focal": FOCAL})
    return {variant.name: variant for variant in resolve(check_params(tree), "tiny", "sample")}


def record(seed: int = 0, **changes: Any) -> dict[str, Any]:
    variant = variants()["plain"]
    content: dict[str, Any] = {
        "spec": variant.spec,
        "seed": seed,
        "status": "done",
        "code_sha256": code_sha256(variant),
        "data": {"name": "mnist_sample", "sha256": "d" * 64},
    }
    content["identity"] = run_identity(content["spec"], seed, content["code_sha256"], "d" * 64)
    return content | changes


def test_an_identity_needs_no_torch() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests'); import test_identity as t; "
        "print(t.code_sha256(t.variants()['plain'])); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parent.parent, timeout=60)


def test_names_do_not_count_and_everything_else_does() -> None:
    table = variants()
    assert table["plain"].spec == table["again"].spec
    code = code_sha256(table["plain"])
    base = run_identity(table["plain"].spec, 0, code, "d")
    others = [
        run_identity(table["plain"].spec, 1, code, "d"),
        run_identity(table["plain"].spec, 0, "other code", "d"),
        run_identity(table["plain"].spec, 0, code, "other data"),
        run_identity(table["focal"].spec, 0, code, "d"),
    ]
    assert len({base, *others}) == 5


def test_the_source_of_a_component_counts_for_who_uses_it_alone() -> None:
    plain, focal = (code_parts(variants()[name]) for name in ("plain", "focal"))
    assert "src/replab/nn/losses.py:focal" in focal and "src/replab/nn/losses.py:focal" not in plain
    assert plain["src/replab/nn/activations.py:tanh"] == focal["src/replab/nn/activations.py:tanh"]
    assert "src/replab/training/loop.py:LoopReplicates" in plain


def closure_of(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "module.py"
    file.write_text(text, encoding="utf-8")
    return codebase.closure([(file, "f")])


CODE = '''
LIMIT = 3
OTHER = 4

def helper(x):
    """What it does."""
    return min(x, LIMIT)  # the limit

def f(x):
    """A formula.

    More of it.
    """
    # why
    return helper(x) + 1

def unused(x):
    return OTHER
'''


def test_a_docstring_or_a_comment_changes_nothing(tmp_path: Path) -> None:
    before = closure_of(tmp_path, CODE)
    after = closure_of(
        tmp_path, CODE.replace("A formula.", "The formula.").replace("# why", "# because").replace("  # the limit", "")
    )
    assert before == after


@pytest.mark.parametrize("change", [("+ 1", "+ 2"), ("min(", "max("), ("LIMIT = 3", "LIMIT = 2")], ids=str)
def test_a_change_of_the_function_or_of_what_it_uses_counts(change: tuple[str, str], tmp_path: Path) -> None:
    assert closure_of(tmp_path, CODE) != closure_of(tmp_path, CODE.replace(*change))


def test_a_change_of_what_is_not_used_does_not_count(tmp_path: Path) -> None:
    assert closure_of(tmp_path, CODE) == closure_of(tmp_path, CODE.replace("OTHER = 4", "OTHER = 5"))


def test_a_link_to_the_package_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(PACKAGE)
    own, linked = ([(folder / "nn/losses.py", "focal")] for folder in (PACKAGE, tmp_path / "link"))
    assert codebase.closure(own) == codebase.closure(linked)


TOGETHER = "A, B = 1, 2\n\ndef f(x):\n    return x + A\n"


def test_constants_that_are_assigned_together_count_where_they_are_asked_for(tmp_path: Path) -> None:
    plain = closure_of(tmp_path, TOGETHER)
    assert plain.keys() == {f"{tmp_path / 'module.py'}:f"}
    assert codebase.closure([(tmp_path / "module.py", "f")], tuples=True).keys() == plain.keys() | {
        f"{tmp_path / 'module.py'}:A/B"
    }


def all_roots() -> list[tuple[Path, str]]:
    """What the source of any run or of derived data begins with: the engines, every component, every computation."""
    engines = [
        *(*fit.ROOTS, *probe.ROOTS, *probe.ON_DATA, *sequences.ROOTS, *training.ROOTS),
        *(*training.OF_MEASURES.values(), *itertools.chain(*training.BROUGHT_ALONG.values())),
    ]
    names = ((kind, name) for kind in catalogue.CATALOGUE_FILES for name in catalogue.names(kind))
    components = [catalogue.component(*name) for name in names]
    decoders = [source.decode for source in data.DATASETS.values() if isinstance(source, Derived)]
    return [
        *((PACKAGE / file, name) for file, name in engines),
        *((found.file, found.function) for found in components),
        *((Path(getfile(decode)), decode.__name__) for decode in decoders),
    ]


def test_no_more_constants_are_assigned_together_where_identities_would_not_see_them() -> None:
    """Write `WINDOW = 3` and `STRIDE = 2` in two lines. The two that are known wait until their runs train anew."""
    unseen = codebase.closure(all_roots(), tuples=True).keys() - codebase.closure(all_roots()).keys()
    assert unseen == {
        "src/replab/nn/pooling.py:WINDOW/STRIDE",
        "src/replab/nn/backbones/efficientnet_lite.py:STEM/HEAD",
    }


@pytest.mark.parametrize("mark", ["\f", "\u2028", "\x85", "\x0b"], ids=repr)
def test_a_mark_that_ends_no_line_of_python_moves_no_line(mark: str, tmp_path: Path) -> None:
    text = f"LIMIT = '{mark}'\n\ndef f(x):\n    y = x + 1\n    return y\n"
    assert closure_of(tmp_path, text)[f"{tmp_path / 'module.py'}:f"] == "def f(x):\n    y = x + 1\n    return y"


def test_a_syntax_error_in_a_component_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match=r"module\.py:2: "):
        closure_of(tmp_path, "\ndef f(x:\n")


def test_the_store_gives_back_what_it_was_given(tmp_path: Path) -> None:
    store, content = Store(tmp_path), record()
    assert store.get(content["identity"]) is None and store.state(content["identity"]) == "missing"
    store.put(content)
    assert store.get(content["identity"]) == content
    assert store.state(content["identity"]) == "done"


@pytest.mark.parametrize("change", [{"seed": 1}, {"code_sha256": "0" * 64}, {"data": {"sha256": "e" * 64}}], ids=str)
def test_a_record_under_a_wrong_identity_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    store, content = Store(tmp_path), record()
    with pytest.raises(ReplabError):
        store.put(content | change)
    store.put(content)
    [path] = tmp_path.glob("runs/*/*.json")
    from replab.files import write_json

    write_json(path, content | change)
    with pytest.raises(ReplabError, match="does not hold the run that its name says"):
        store.get(content["identity"])


def test_a_failure_is_remembered_until_the_run_is_done(tmp_path: Path) -> None:
    store, content = Store(tmp_path), record()
    store.fail(content["identity"], "out of memory")
    assert store.state(content["identity"]) == "failed"
    assert store.failure(content["identity"]) == "out of memory"
    store.put(content)
    assert store.failure(content["identity"]) is None


def test_what_a_process_left_that_was_killed_after_its_record_is_removed(tmp_path: Path) -> None:
    store, content = Store(tmp_path), record()
    store.put(content)
    store.fail(content["identity"], "killed before this was removed")
    for identity in (content["identity"], "of a run that goes on"):
        store.checkpoint(identity).parent.mkdir(exist_ok=True)
        store.checkpoint(identity).touch()
    store.tidy()
    assert store.failure(content["identity"]) is None and store.get(content["identity"]) == content
    assert [path.stem for path in tmp_path.glob("checkpoints/*")] == ["of a run that goes on"]


def test_in_a_store_that_may_only_be_read_a_run_is_not_seen_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with Store(tmp_path).claim("abc"):
        pass
    (tmp_path / "locks/abc.lock").touch()
    monkeypatch.setattr("replab.store.FileLock", refused)
    assert Store(tmp_path).state("abc") == "missing"


def test_a_failure_that_goes_while_it_is_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: True)
    assert Store(tmp_path).failure("abc") is None


def test_a_store_that_cannot_be_locked_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "locks").touch()
    with pytest.raises(ReplabError, match=r"cannot lock .*abc\.lock: "), Store(tmp_path).claim("abc"):
        pass


def test_a_run_that_is_held_is_running(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.claim("abc"):
        program = "import pathlib, sys, replab.store as s; print(s.Store(pathlib.Path(sys.argv[1])).state('abc'))"
        command = [sys.executable, "-c", program, str(tmp_path)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert shown.stdout.strip() == "running"
    assert store.state("abc") == "missing"
