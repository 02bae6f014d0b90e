"""Damaged inputs, made from sound ones by a seed: settings, claims, records, data files and files of components.

`python tests/fuzzing.py 2000` tries that many, and prints those that end neither well nor in one or two clear lines.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import random
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from replab.__main__ import main as replab
from tiny import params, write_params

NASTY: list[Any] = [
    *(
        None,
        True,
        -1,
        0,
        10**30,
        1.5,
        float("nan"),
        float("inf"),
        -float("inf"),
        "",
        " ",
        "\x00",
        "é" * 300,
        "1e5",
        "~",
        "{{x}}",
    ),
    *(
        [],
        [1],
        [[]],
        [None, "a"],
        {},
        {"name": None},
        {"name": [1]},
        {"name": "mlp"},
        {1: 2},
        {"": {}},
        {"a": {"b": [{}]}},
    ),
]
CLAIMS: dict[str, Any] = {
    "report": "999",
    "statements": [
        {
            "id": "999.plain.test_accuracy",
            "rows": [],
            "sentence": "The plain network reaches 50.5 % on the test images.",
            "quote": "50.5 %",
            "place": "Table 1",
            "readings": [
                {
                    "name": "last",
                    "primary": True,
                    "mark": "R",
                    "setting": "As printed.",
                    "study": "tiny",
                    "parts": [{"kind": "number", "variant": "plain", "metric": "test_accuracy", "value": "50.5"}],
                }
            ],
        }
    ],
    "resolutions": {"test_accuracy": {"value": 1, "reason": "half of the gap"}},
    "names": {"tiny": {"plain": "the plain network"}},
}
COMPONENTS = """\
from replab.ranges import Positive

def double(x, *, by: Positive):
    return by * x

ACTIVATIONS = {"double": double}
"""
RECORD = {"schema": 1, "identity": "0" * 64, "seed": 0, "spec": {}, "metrics": {}, "curves": {}, "status": "done"}


def damaged(tree: Any, random_: random.Random) -> Any:
    """The tree with one to three places replaced, removed, doubled or renamed."""
    tree = copy.deepcopy(tree)
    for _ in range(random_.randint(1, 3)):
        places = list(_places(tree))
        holder, key = random_.choice(places)
        action = random_.randrange(4)
        if action == 0:
            holder[key] = copy.deepcopy(random_.choice(NASTY))
        elif action == 1:
            del holder[key]
        elif isinstance(holder, dict):
            holder[f"{key}{'x' if action == 2 else ''}"] = copy.deepcopy(random_.choice(NASTY))
        else:
            holder.append(copy.deepcopy(holder[key]))
        if not list(_places(tree)):
            break
    return tree


def _places(tree: Any) -> Any:
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield tree, key
        yield from _places(value)


def scrambled(text: bytes, random_: random.Random) -> bytes:
    """The bytes with a piece cut, doubled, or made random."""
    first, second = sorted(random_.randrange(len(text) + 1) for _ in range(2))
    piece = random_.choice(
        [b"", text[first:second] * 2, random_.randbytes(min(second - first, 40)), b"\xef\xbb\xbf\x00"]
    )
    return text[:first] + piece + text[second:]


def settings(folder: Path, random_: random.Random) -> list[str]:
    write_params(folder / "params.yaml", damaged(params(), random_))
    return ["status"]


def settings_text(folder: Path, random_: random.Random) -> list[str]:
    (folder / "params.yaml").write_bytes(scrambled(json.dumps(params(), indent=1).encode(), random_))
    return ["status"]


def claims(folder: Path, random_: random.Random) -> list[str]:
    write_params(folder / "claims" / "999.yaml", damaged(CLAIMS, random_))
    return ["seeds"]


def records(folder: Path, random_: random.Random) -> list[str]:
    line = json.dumps(random_.choice([damaged(RECORD, random_), random_.choice(NASTY[3:])])).encode()
    (folder / "records.jsonl").write_bytes(random_.choice([line, scrambled(line, random_)]))
    return ["load", "records.jsonl"]


def components(folder: Path, random_: random.Random) -> list[str]:
    write_params(folder / "params.yaml", params() | {"components": ["mine.py"]})
    (folder / "mine.py").write_bytes(scrambled(COMPONENTS.encode(), random_))
    return ["status"]


def results(folder: Path, random_: random.Random) -> list[str]:
    table = "variant,seed,accuracy\n" + "".join(f"{v},{s},{50 + s}\n" for v in ("a", "b") for s in range(4))
    (folder / "results.csv").write_bytes(scrambled(table.encode(), random_))
    return ["judge", "results.csv", "--baseline", "a", "--output", "out"]


KINDS: dict[str, Callable[[Path, random.Random], list[str]]] = {
    kind.__name__: kind for kind in (settings, settings_text, claims, records, components, results)
}


def tried(kind: str, seed: int) -> str:
    """What is wrong with the answer to one damaged input, or nothing."""
    random_ = random.Random(f"{kind} {seed}")
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        os.environ.update(REPLAB_STORE=f"{name}/store", REPLAB_DATA=f"{name}/data")
        folder = Path(name)
        (folder / "claims").mkdir()
        write_params(folder / "params.yaml", params())
        arguments = KINDS[kind](folder, random_)
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                status = replab(arguments)
        except SystemExit as error:
            status = int(error.code or 0)
        except Exception:  # a traceback is what is looked for
            return f"{kind} {seed}: {traceback.format_exc(limit=-3)}"
    lines = said.getvalue().strip().splitlines()
    return (
        ""
        if status in {0, 2} and len(lines) <= 3
        else f"{kind} {seed}: status {status}, {len(lines)} lines: {lines[:2]}"
    )


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    wrong = [text for number in range(count) if (text := tried(list(KINDS)[number % len(KINDS)], number))]
    print(*wrong, f"{len(wrong)} of {count} damaged inputs were answered badly", sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
