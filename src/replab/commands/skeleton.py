"""What `replab new` writes: a study that runs as it is, and the claims file that goes with it."""

from __future__ import annotations

from pathlib import Path, PurePath
from textwrap import indent

from replab.errors import ReplabError
from replab.files import parse_yaml, read_yaml, write_text
from replab.judging.loading import load_claims
from replab.params_loading import check_params, load_params
from replab.params_models import WORDS

PARAMS = """\
profile: full
profiles:
  full: {sample: false, seeds: [0, 1, 2, 3, 4, 5, 6], variants_per_job: 10}
studies:
"""

STUDY = """\
{name}:
  report: {name}
  title: What is compared
  question: What should the numbers answer?
  metrics: [test_accuracy]
  base:
    data: {{name: mnist_sample, validation: 0}}
    input: {{name: shift_scale, shift: 128, scale: 255}}
    model: {{name: mlp, hidden: [32], activation: tanh, weights_initializer: {{name: normal, std: 0.1}},
            biases_initializer: zeros}}
    loss: cross_entropy
    optimizer: {{name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 0}}
    schedule: constant
    gradient: mean
    batches: {{name: shuffled, size: 50}}
    budget: {{epochs: 5}}
    precision: float32
    strategy: auto
  variants:
    plain: {{}}
    slow: {{optimizer: {{lr: 0.001}}}}
"""

CLAIMS = """\
report: {name}
title: What is compared
source: Where these claims are from
resolutions:
  test_accuracy: {{value: 1, reason: half of the gap that the claims speak of}}
statements:
  - id: {name}.level
    rows: []
    sentence: The plain network reaches 92 % on the test images.
    quote: "92 %"
    place: where it is said
    readings:
      - {{name: as_said, mark: I, setting: The settings of params.yaml., study: {name},
         parts: [{{kind: number, variant: plain, metric: test_accuracy, value: "92"}}]}}
hypotheses:
  - id: {name}.faster_is_better
    sentence: The larger learning rate gives the better network.
    reason: Five epochs are few for the smaller one.
    study: {name}
    parts: [{{kind: ranking, pairs: [[plain, slow]], metric: test_accuracy, higher_is_better: true}}]
"""


def write_skeleton(name: str, params_path: Path) -> list[Path]:
    """Write claims/NAME.yaml, and the study NAME; the files that were written are returned.

    The study gets a file of its own where `include` in params.yaml has a pattern for it, such as studies/*.yaml. Else
    it is added at the end of params.yaml, which is made where there is none. Raises ReplabError where there is such a
    study or file already, and where there is no place for the study; nothing is written then.
    """
    if not WORDS.fullmatch(name):
        raise ReplabError(f"'{name}' is not a valid name: use lower-case letters, digits, '_', '.', '-'")
    claims_path = params_path.parent / "claims" / f"{name}.yaml"
    _refuse_existing(claims_path)
    path, text = _with_study(name, params_path)
    write_text(path, text)
    write_text(claims_path, CLAIMS.format(name=name))
    load_claims(claims_path)
    return [path, claims_path]


def _with_study(name: str, path: Path) -> tuple[Path, str]:
    """The file that gets the study, and its text with the study in it."""
    study = STUDY.format(name=name)
    if not path.exists():
        return path, PARAMS + indent(study, "  ")
    params = load_params(path)
    if name in params.studies:
        raise ReplabError(f"{path} has a study '{name}' already: nothing is written")
    if not params.include:
        return path, _added(study, path)
    own = _own_file(name, path, params.include)
    _refuse_existing(own)
    return own, study


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise ReplabError(f"{path} exists already: nothing is written")


def _own_file(name: str, path: Path, patterns: list[str]) -> Path:
    """The file of a new study that a pattern of `include` matches."""
    for pattern in map(PurePath, patterns):
        file = pattern.with_name(f"{name}.yaml")
        if file.match(pattern.as_posix()):
            return path.parent / file
    raise ReplabError(f"{path}: include has no pattern for the file of a new study, such as studies/*.yaml: add one")


def _added(study: str, path: Path) -> str:
    """The text of a params file with the study at its end."""
    if list(read_yaml(path))[-1] != "studies":
        raise ReplabError(f"{path} does not end with its studies: move them to its end, and call again")
    text = path.read_text(encoding="utf-8").rstrip() + "\n\n" + indent(study, "  ")
    try:
        check_params(parse_yaml(text, path), path)
    except ReplabError as error:
        raise ReplabError(f"a study cannot be added at the end of {path} (are its studies indented by two?)") from error
    return text
