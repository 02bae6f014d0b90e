"""Components of the user's own, in a file outside of the package: used, identified, and refused with file and line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from replab import catalogue, component_files
from replab.__main__ import main
from replab.building import build
from replab.errors import ReplabError
from replab.identity import code_parts
from replab.params import Variant, resolve
from replab.params_loading import load_params
from replab.store import Store
from tiny import BASE, params, write_params

ROOT = Path(__file__).parents[1]
MINE = """\
import torch.nn.functional as F

from replab.nn.losses import cross_entropy
from replab.ranges import Fraction

BASE = 1.0


def helper(nats):
    return BASE * nats


def mixed(scores, targets, *, share: Fraction):
    # a mixture
    even = -F.log_softmax(scores, 1).mean(1)
    return (1 - share) * helper(cross_entropy(scores, targets)) + share * even


def cubic(x):
    return x**3


LOSSES = {"mixed": mixed}
ACTIVATIONS = {"cubic": cubic}
"""
MIXED = {"loss": {"name": "mixed", "share": 0.25}}


@pytest.fixture(autouse=True)
def no_files() -> Iterator[None]:
    yield
    component_files.FILES.clear()


@pytest.fixture
def project(folder: Path) -> Path:
    write(folder, MINE)
    return folder


def write(folder: Path, text: str, **study: Any) -> None:
    (folder / "mine.py").write_text(text, encoding="utf-8")
    variants = {"plain": {}, "mixed": MIXED}
    write_params(folder / "params.yaml", {"components": ["mine.py"]} | params(**{"variants": variants} | study))


def variants(folder: Path) -> dict[str, Variant]:
    return {v.name: v for v in resolve(load_params(folder / "params.yaml"), "tiny", "sample")}


def test_a_users_loss_is_built_like_any_other(project: Path) -> None:
    load_params(project / "params.yaml")
    scores, targets = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 1, 0])
    ours = build("loss", MIXED["loss"])(scores, targets)
    smoothed = torch.nn.functional.cross_entropy(scores, targets, reduction="none", label_smoothing=0.25)
    torch.testing.assert_close(ours, smoothed)
    assert build("activation", {"name": "cubic"})(torch.tensor(2.0)) == 8


@pytest.mark.parametrize("share", [0, 1.5, "half"])
def test_its_range_is_checked(share: Any, project: Path) -> None:
    write(project, MINE, variants={"mixed": {"loss": {"name": "mixed", "share": share}}})
    with pytest.raises(ReplabError, match=r"loss 'mixed': share must be a number in \(0, 1\]"):
        load_params(project / "params.yaml")


def test_its_source_is_part_of_the_identity_of_who_uses_it(project: Path) -> None:
    table = variants(project)
    mixed, plain = code_parts(table["mixed"]), code_parts(table["plain"])
    assert {key for key in mixed if key.startswith("mine.py")} == {
        "mine.py:mixed", "mine.py:helper", "mine.py:BASE", "mine.py:(top level)",
    }  # fmt: skip
    assert "src/replab/nn/losses.py:cross_entropy" in mixed and not any(key.startswith("mine.py") for key in plain)
    assert table["mixed"].runner.places(table["mixed"].spec)["loss mixed"] == "mine.py:13"


@pytest.mark.parametrize(
    "edit",
    [
        ("1 - share", "2 - share"),
        ("return BASE * nats", "return BASE + nats"),
        ("BASE = 1.0", "BASE = 2.0"),
        ("BASE = 1.0", "BASE = 1.0\nBASE += 1"),
        ("import torch.nn.functional as F", "import torch.nn.functional as F\nimport torch\ntorch.manual_seed(3)"),
        ("import torch.nn.functional as F", "import torch.nn.functional as F\nfor F in [F]:\n    pass"),
    ],
    ids=str,
)
def test_an_edit_that_could_move_a_number_makes_new_runs(edit: tuple[str, str], project: Path) -> None:
    before = code_parts(variants(project)["mixed"])
    assert edit[0] in MINE
    write(project, MINE.replace(*edit))
    assert code_parts(variants(project)["mixed"]) != before


@pytest.mark.parametrize(
    "edit", [("# a mixture", "# of two"), ("return x**3", "return x**5"), ("\n\n\n", "\n\n")], ids=str
)
def test_a_comment_or_what_is_not_used_makes_none(edit: tuple[str, str], project: Path) -> None:
    before = code_parts(variants(project)["mixed"])
    write(project, MINE.replace(*edit))
    assert code_parts(variants(project)["mixed"]) == before


def test_an_identity_does_not_depend_on_the_folder(project: Path) -> None:
    before = code_parts(variants(project)["mixed"])
    (project / "elsewhere").mkdir()
    write(project / "elsewhere", MINE)
    assert code_parts(variants(project / "elsewhere")["mixed"]) == before


REFUSED = {
    "a syntax error": ("share: Fraction):", "share: Fraction:", r"mine\.py:13: "),
    "no dict": ("LOSSES = {", "LOSES = {", "loss 'mixed' unknown"),
    "no range": ("share: Fraction", "share", r"mine\.py:13: loss 'mixed': parameter share has no range; .* Positive"),
    "another annotation": (
        "share: Fraction",
        "share: float",
        r"mine\.py:13: loss 'mixed': parameter share has no range",
    ),
    "a default": ("share: Fraction", "share: Fraction = 0.5", r"mine\.py:13: .* share has a default"),
    "a positional parameter": ("*, share", "share", r"mine\.py:13: .* share belongs behind a \*"),
    "a name of replab's": ('{"mixed": mixed}', '{"mixed": mixed, "focal": mixed}', "there is a loss 'focal' already"),
    "no literal dict": ('{"mixed": mixed}', "dict(mixed=mixed)", r"mine\.py:23: LOSSES must be a dict written out"),
    "a function from elsewhere": ('{"mixed": mixed}', '{"mixed": F.relu}', r"mine\.py:23: .* a function of this file"),
    "a name that is no text": ('{"mixed": mixed}', "{mixed: mixed}", r"mine\.py:23: .* name must be a text"),
    "a neighbour": ("BASE = 1.0", "import neighbour", r"mine\.py:6: cannot import neighbour from "),
    "a relative import": ("BASE = 1.0", "from . import neighbour", r"mine\.py:6: .* cannot import its neighbours"),
    "a module of replab's": (
        "BASE = 1.0",
        "from replab.nn import losses",
        r"mine\.py:6: import from replab at the top",
    ),
    "replab as a whole": ("BASE = 1.0", "import replab.nn.losses", r"mine\.py:6: import from replab by name"),
    "a hidden import": (
        "    # a mixture",
        "    from replab.nn.losses import focal",
        r"mine\.py:14: import from replab at",
    ),
    "what is not there": (
        "import cross_entropy",
        "import crossentropy",
        r"mine\.py:3: replab.nn.losses defines no crosse",
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_does_not_hold_is_refused_with_its_line(case: str, project: Path) -> None:
    old, new, message = REFUSED[case]
    assert old in MINE
    (project / "neighbour.py").touch()
    write(project, MINE.replace(old, new))
    with pytest.raises(ReplabError, match=message) as caught:
        load_params(project / "params.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("files", [["gone.py"], ["params.yaml"], ["mine.py", "mine.py"], ["."]], ids=str)
def test_a_component_file_that_is_none_is_refused(files: list[str], project: Path) -> None:
    write_params(project / "params.yaml", {"components": files} | params())
    with pytest.raises(ReplabError, match="components: "):
        load_params(project / "params.yaml")


def test_a_file_without_any_component_is_refused(project: Path) -> None:
    write(project, "x = 1\n", variants={"plain": {}})
    with pytest.raises(ReplabError, match=r"mine\.py has no dict of components: .*LOSSES"):
        load_params(project / "params.yaml")


FAILING = {
    "a function that raises": (
        "    # a mixture",
        "    raise KeyError('boom')",
        r"mine\.py:14: loss 'mixed': KeyError: 'boom'",
    ),
    "a helper that raises": ("return BASE * nats", "return BASE / 0", r"mine\.py:10: loss 'mixed': ZeroDivisionError"),
    "a loss that is reduced": (
        "helper(cross_entropy(scores, targets)) + share * even",
        "helper(cross_entropy(scores, targets)).sum()",
        r"mine\.py:13: .* one loss a sample, of shape \[20\], not \[\]",
    ),
    "a file that cannot be loaded": ("BASE = 1.0", "BASE = 1 / 0", r"mine\.py:6: the file cannot be loaded: ZeroDiv"),
}


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_an_error_while_training_names_the_line(case: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, message = FAILING[case]
    assert old in MINE
    write(project, MINE.replace(old, new))
    assert main(["train", "tiny", "mixed", "--quiet"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.search(message, last), last
    [failure] = {Store().failure(i.stem) for i in project.glob(".replab/failures/*.json")}
    assert failure and re.search(message, failure)


MODEL = """\
from torch import nn


class Broken(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.layer = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.layer(x)[:, :, 0]


def broken(*, shape, classes, generator):
    return Broken(shape[0] * shape[1], classes)


MODELS = {"broken": broken}
"""


def test_an_error_in_a_models_forward_names_the_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, MODEL, base=BASE | {"model": {"name": "broken"}}, variants={"plain": {}})
    assert main(["train", "tiny", "--quiet"]) == 2
    assert re.search(r"mine\.py:10: class Broken: \w+Error: ", capsys.readouterr().err.splitlines()[-1])


def test_a_study_with_a_users_loss_goes_all_the_way(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tiny", "--quiet"]) == 0 and main(["report"]) == 0
    report = (project / "results/sample/tiny/report.md").read_text()
    assert "`mine.py:13`" in report
    capsys.readouterr()
    write(project, MINE.replace("1 - share", "2 - share"))
    assert main(["why", "tiny", "mixed"]) == 0
    assert "the source changed in mine.py:mixed." in capsys.readouterr().out
    assert main(["why", "tiny", "plain"]) == 0
    assert "would not run" in capsys.readouterr().out


def documented_files() -> dict[str, str]:
    text = (ROOT / "docs/your-own-study.md").read_text(encoding="utf-8")
    return dict(re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", text, flags=re.DOTALL))


def test_the_documented_study_does_what_its_page_says(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = documented_files()
    assert set(files) == {"my_losses.py", "params.yaml", "claims/smoothing.yaml"}
    lines = sum(len(text.splitlines()) for text in files.values())
    page = (ROOT / "docs/your-own-study.md").read_text(encoding="utf-8")
    assert lines < 45 and f"Three small files, {lines} lines" in page
    for name, text in files.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    commands = re.findall(r"^replab (\w+)(.*?)(?:#.*)?$", page, flags=re.MULTILINE)
    assert [command for command, _ in commands] == ["plan", "data", "train", "report"]
    for command, rest in commands:
        quiet = ["--quiet"] if command == "train" else []
        assert main([command, *rest.split(), *quiet]) == 0
    report = (project / "results/full/smoothing/report.md").read_text()
    assert "`my_losses.py:6`" in report and "REPLICATED" in report and "SUPPORTED" in report
    assert "21 " in capsys.readouterr().out


def test_a_new_study_runs_as_it_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "params.yaml").unlink()
    assert main(["new", "mine"]) == 0 and main(["plan"]) == 0
    row = capsys.readouterr().out.splitlines()[-2].split()
    assert row[:5] == ["mine", "2", "7", "14", "14"]
    write_params(project / "claims/other.yaml", {})
    before = {path: path.read_bytes() for path in project.rglob("*.yaml")}
    for arguments, message in (
        (["new", "mine"], "mine.yaml exists already: nothing is written"),
        (["new", "other"], "other.yaml exists already: nothing is written"),
        (["new", "My Study"], "'My Study' is not a valid name"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err
    (project / "claims/mine.yaml").unlink()
    assert main(["new", "mine"]) == 2
    assert "has a study 'mine' already" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in project.rglob("*.yaml")} | {
        project / "claims/mine.yaml": before[project / "claims/mine.yaml"]
    }


def test_a_new_study_says_commands_that_run_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A profile that names its studies does not run a new one: `replab plan mine` ended in an error."""
    tree = params()
    real = {"sample": False, "seeds": [0], "variants_per_job": 1}
    tree["profiles"] |= {"first": real | {"studies": ["tiny"]}, "full": real}
    text = yaml.safe_dump(tree | {"profile": "first"}, sort_keys=False)
    (project / "params.yaml").write_text(text, encoding="utf-8")
    assert main(["new", "mine"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "  replab --profile full plan mine"
    assert main(said[1].split()[1:]) == 0


def test_a_new_study_is_added_to_those_that_are_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "params.yaml"
    path.write_text(yaml.safe_dump(params(), sort_keys=False), encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    assert main(["new", "mine"]) == 0
    assert path.read_text(encoding="utf-8").startswith(text.rstrip()) and "mine" in load_params(path).studies
    write_params(path, {"studies": params()["studies"]} | params())
    assert main(["new", "second"]) == 2
    assert "does not end with its studies" in capsys.readouterr().err
    write_params(path, params())
    assert main(["new", "third"]) == 2
    assert not (project / "claims/third.yaml").exists() and not (project / "claims/second.yaml").exists()


def test_a_new_study_gets_its_own_file_in_this_repository(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "params.yaml"
    path.write_bytes((ROOT / "params.yaml").read_bytes())
    shutil.copytree(ROOT / "studies", project / "studies")
    before = {file: file.read_bytes() for file in project.rglob("*.yaml")}
    assert main(["new", "mine"]) == 0
    assert "studies/mine.yaml and claims/mine.yaml" in capsys.readouterr().out.replace(f"{project}/", "")
    assert before == {file: file.read_bytes() for file in before}
    assert list(load_params(path).studies) == [*load_params(ROOT / "params.yaml").studies, "mine"]
    path.write_text(path.read_text().replace("studies/*.yaml", "studies/mine.yaml"))
    assert main(["new", "other"]) == 2
    assert not (project / "studies/other.yaml").exists() and not (project / "claims/other.yaml").exists()


def test_a_catalogue_has_only_what_the_package_and_the_files_define(project: Path) -> None:
    before = set(catalogue.names("loss"))
    load_params(project / "params.yaml")
    assert set(catalogue.names("loss")) == before | {"mixed"}
