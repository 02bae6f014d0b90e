"""A study whose variants are a LightningModule of the user's: what runs, what counts, what is refused, what goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from replab.__main__ import main
from replab.errors import ReplabError
from replab.params_loading import check_params
from replab.project import Project
from replab.store import Store
from tiny import write_params

MODULE = """\
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

from parts import scale


class Points(pl.LightningDataModule):
    def __init__(self, batch: int = 8):
        super().__init__()
        x = scale(torch.randn(32, 4))
        self.set, self.batch = TensorDataset(x, x.sum(1, keepdim=True)), batch

    def train_dataloader(self):
        return DataLoader(self.set, self.batch, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.set, self.batch)

    def test_dataloader(self):
        return DataLoader(self.set, self.batch)


class Line(pl.LightningModule):
    def __init__(self, lr: float, hidden: int = 3):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(4, hidden), torch.nn.Dropout(0.5), torch.nn.Linear(hidden, 1))
        self.lr = lr

    def training_step(self, batch, _):
        loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
        self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        self.log("val/loss", torch.nn.functional.mse_loss(self.net(batch[0]), batch[1]))

    def test_step(self, batch, _):
        self.log("test_loss", torch.nn.functional.mse_loss(self.net(batch[0]), batch[1]))

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), self.lr, momentum=0.9)
        return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)]
"""
STOP = """
    def {hook}(self):
        import os
        if {when} and not os.path.exists("go"):
            raise OSError("power")
"""
RUN: dict[str, Any] = {
    "lightning": {"class_path": "mine.Line", "init_args": {"lr": 0.01}},
    "data": "mine.Points",
    "trainer": {"max_epochs": 3, "accelerator": "cpu"},
}


def study(**run: Any) -> dict[str, Any]:
    block = {
        "report": "r", "title": "t", "question": "q", "metrics": ["test_loss"], "base": {"run": RUN | run},
        "variants": {"slow": {}, "wide": {"run": {"lightning": {"init_args": {"hidden": 9}}}}},
    }  # fmt: skip
    profile = {"sample": False, "seeds": [0, 1], "variants_per_job": 2}
    return {"profile": "full", "profiles": {"full": profile}, "studies": {"mine": block}}


@pytest.fixture
def place(folder: Path) -> Path:
    (folder / "mine.py").write_text(MODULE)
    (folder / "parts.py").write_text("def scale(x):\n    return 2 * x\n")
    write_params(folder / "params.yaml", study())
    return folder


def train(*more: str) -> int:
    return main(["train", "mine", *more, "--quiet"])


def records() -> list[dict[str, Any]]:
    return sorted(Store().records(), key=lambda record: (str(record["spec"]), record["seed"]))


def test_a_module_goes_from_params_to_a_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train() == 0
    assert len(records()) == 4 and len({record["metrics"]["test_loss"]["value"] for record in records()}) == 4
    for record in records():
        assert set(record["metrics"]) == {"train_loss", "val_loss", "test_loss"}
        curves = record["curves"]
        assert curves["step"] == [4, 8, 12] and curves["epoch"] == [1, 2, 3]
        assert curves["val_loss"][-1] == record["metrics"]["val_loss"]["value"] and None not in curves["train_loss"]
        assert set(record["code"]) == {"file mine.py", "file parts.py"}
        assert record["cost"]["device"] == "cpu" and record["cost"]["parameters"] in {19, 55}
    assert not list(place.glob(".replab/outputs/*")) and not list(place.glob(".replab/checkpoints/*"))
    assert main(["report"]) == 0 and main(["plan"]) == 0 and main(["why", "mine", "slow"]) == 0
    assert "would not run" in capsys.readouterr().out
    report = (place / "results/full/mine/report.md").read_text()
    assert "The data that the classes read" in report and "versions of the installed packages" in report


def test_a_fraction_is_recorded_in_percent(place: Path) -> None:
    module = MODULE.replace('self.log("test_loss", ', 'self.log("test/share", 0.25 + 0 * ')
    (place / "mine.py").write_text(module.replace('self.log("val/loss", ', 'self.log("val/share", 0.5 + 0 * '))
    write_params(place / "params.yaml", study(units={"test_share": "fraction", "val_share": "fraction"}))
    assert train("slow") == 0
    for record in records():
        assert record["metrics"]["test_share"] == {"value": 25.0, "unit": "%"}
        assert record["curves"]["val_share"] == [50.0] * 3


def test_a_resumed_run_is_the_run_that_was_not_interrupted(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert train("slow") == 0
    whole = records()
    monkeypatch.setenv("REPLAB_STORE", str(place / "other"))
    stop = STOP.format(hook="on_train_epoch_start", when="self.current_epoch == 2")
    (place / "mine.py").write_text(MODULE + stop)
    assert train("slow") == 2 and not list(Store().records())
    assert len(list(place.glob("other/checkpoints/*.pt"))) == 2
    (place / "go").write_text("")
    assert train("slow") == 0
    for first, second in zip(whole, records(), strict=True):
        assert (first["metrics"], first["curves"]) == (second["metrics"], second["curves"])


def test_a_run_killed_after_its_last_epoch_keeps_its_numbers(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert train("slow") == 0
    whole = records()
    monkeypatch.setenv("REPLAB_STORE", str(place / "other"))
    stop = STOP.format(hook="on_test_start", when="True")
    (place / "mine.py").write_text(MODULE + stop)
    assert train("slow") == 2
    (place / "go").write_text("")
    assert train("slow") == 0
    assert [(r["metrics"], r["curves"]) for r in records()] == [(r["metrics"], r["curves"]) for r in whole]


def states(place: Path) -> set[str]:
    return {one.state for one in Project(place / "params.yaml", None).runs(["mine"])}


def test_what_can_move_a_number_makes_new_runs_and_nothing_else(place: Path) -> None:
    assert train() == 0
    write_params(place / "params.yaml", study(trainer={"max_epochs": 3, "accelerator": "auto"}))
    assert states(place) == {"done"}
    write_params(place / "params.yaml", study(trainer={"max_epochs": 4}))
    assert states(place) == {"missing"}
    write_params(place / "params.yaml", study())
    (place / "parts.py").write_text("def scale(x):\n    return 3 * x\n")
    assert states(place) == {"missing"}


class Clock:
    """Read in place of the real one by what limits the time, replab's and Lightning's."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


SECOND = "        __import__('pytorch_lightning').callbacks.timer.time.sleep(1)\n"
STEPS = {name: f"    def {name}_step(self, batch, _):\n" for name in ("training", "validation", "test")}
TIMED_OUT = "the training was stopped after its timeout of {} s"


def slow(place: Path, monkeypatch: pytest.MonkeyPatch, *steps: str) -> None:
    """Each batch of these steps takes a second. An epoch has four batches of the training."""
    clock = Clock()
    for module in ("pytorch_lightning.callbacks.timer", "replab.runners.lightning_limit"):
        monkeypatch.setattr(f"{module}.time", clock)
    text = MODULE
    for name in steps:
        text = text.replace(STEPS[name], STEPS[name] + SECOND)
    (place / "mine.py").write_text(text)


def test_a_training_stopped_after_its_timeout_goes_on_with_a_larger_one(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow(place, monkeypatch, "training")
    assert train("slow") == 0
    whole = records()
    monkeypatch.setenv("REPLAB_STORE", str(place / "other"))
    for seconds in (9.5, 11):  # the first two epochs take 8 s; all three take 12 s, and these 8 s count
        write_params(place / "params.yaml", study(timeout=seconds))
        assert train("slow") == 2 and not list(Store().records())
        assert TIMED_OUT.format(seconds) in (said := capsys.readouterr().err) and len(said.splitlines()) == 1
        failed = [one for one in Project(place / "params.yaml", None).runs(["mine"]) if one.state == "failed"]
        assert {Store().failure(one.identity) for one in failed} == {TIMED_OUT.format(seconds)} and len(failed) == 2
        assert len(list(place.glob("other/checkpoints/*.pt"))) == 2
    write_params(place / "params.yaml", study(timeout=12.5))
    assert train("slow") == 0
    assert [(r["metrics"], r["curves"]) for r in records()] == [(r["metrics"], r["curves"]) for r in whole]


@pytest.mark.parametrize("step", ["validation", "test"])
def test_the_time_of_a_validation_and_of_the_test_counts(
    step: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow(place, monkeypatch, step)
    write_params(place / "params.yaml", study(timeout=2.5))
    assert train("slow") == 2 and not records()
    assert TIMED_OUT.format(2.5) in capsys.readouterr().err


def test_a_timeout_makes_no_new_runs(place: Path) -> None:
    assert train() == 0
    write_params(place / "params.yaml", study(timeout=3600))
    assert states(place) == {"done"}


def test_the_trainers_own_max_time_is_part_of_what_is_trained(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(place, monkeypatch, "training")
    assert train("slow") == 0
    ended = study(trainer=RUN["trainer"] | {"max_time": {"seconds": 6}}, timeout=100)
    write_params(place / "params.yaml", ended)
    assert train("slow") == 0
    assert {tuple(record["curves"]["step"]) for record in records()} == {(4, 8, 12), (4, 6)}


def test_classes_that_arguments_name_are_followed(place: Path) -> None:
    (place / "watch.py").write_text("import pytorch_lightning as pl\n\n\nclass Watch(pl.Callback):\n    pass\n")
    callbacks = [{"class_path": "watch.Watch"}, {"class_path": "pytorch_lightning.callbacks.Timer"}]
    write_params(place / "params.yaml", study(trainer={"max_epochs": 1, "precision": 64, "callbacks": callbacks}))
    assert train("slow") == 0
    assert {name for record in records() for name in record["code"]} == {
        "file mine.py",
        "file parts.py",
        "file watch.py",
    }


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown module": ({"lightning": {"class_path": "mien.Line"}}, "'mien' unknown; did you mean 'mine'?"),
    "an unknown class": ({"lightning": {"class_path": "mine.Lne"}},
                         "mine.py: class 'Lne' unknown; did you mean 'Line'?"),
    "an argument": ({"lightning": {"class_path": "mine.Line", "init_args": {"lr": 1, "hiden": 3}}},
                    "init_args: argument 'hiden' unknown; did you mean 'hidden'?"),
    "an argument of the data": ({"data": {"class_path": "mine.Points", "init_args": {"bacth": 3}}},
                                "did you mean 'batch'?"),
    "an argument of the Trainer": ({"trainer": {"max_epochs": 1, "precison": 16}}, "did you mean 'precision'?"),
    "a missing argument": ({"lightning": {"class_path": "mine.Line"}}, "lr"),
    "a wrong type": ({"lightning": {"class_path": "mine.Line", "init_args": {"lr": "steep"}}},
                     "init_args.lr: Expected a float"),
    "a wrong type for the Trainer": ({"trainer": {"max_epochs": "many"}}, "run.trainer.max_epochs"),
    "data as a module": ({"lightning": {"class_path": "mine.Points"}},
                         "mine.Points is no pytorch_lightning.LightningModule"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_does_not_hold_is_refused(case: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, message = REFUSED[case]
    write_params(place / "params.yaml", study(**run))
    assert train("slow") == 2
    said = capsys.readouterr().err
    assert message in said and len(said.splitlines()) == 1 and not records()


BLOCKS: dict[str, tuple[dict[str, Any], str]] = {
    "no length": ({"trainer": {}}, "give max_epochs or max_steps"),
    "a logger": ({"trainer": {"max_epochs": 1, "logger": True}}, "logger is replab's own"),
    "two devices": ({"trainer": {"max_epochs": 1, "devices": 2}}, "a run has one device"),
    "an unknown key": ({"trainr": {}}, "key 'trainr' unknown; did you mean 'trainer'?"),
    "arguments without a class": ({"lightning": {"init_args": {}}}, "class_path missing"),
    "no time": ({"timeout": 0}, "run.timeout"),
    "no class": ({"lightning": "Line"}, "class_path"),
}


@pytest.mark.parametrize("case", BLOCKS, ids=str)
def test_a_block_that_does_not_hold_is_refused(case: str, place: Path) -> None:
    run, message = BLOCKS[case]
    with pytest.raises(ReplabError) as caught:
        check_params(study(**run), place / "params.yaml")
    assert message in str(caught.value) and "\n" not in str(caught.value)


FAILING = {
    "an error": ("loss = torch.nn.functional.mse_loss(self", "loss = self.nothing(self", "mine.py:31: AttributeError"),
    "NaN": ('self.log("test_loss", torch', 'self.log("test_loss", float("nan") * torch', "test_loss is nan"),
    "no metric": ("self.log(", "(lambda *a, **k: None)(", "mine.Line logged no metric"),
    "a syntax error": ("def test_step", "def test step", "mine.py:38"),
    "an import": ("import torch\n", "import torch\nimport torhc\n", "mine.Line cannot be imported: No module named"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILING, ids=str)
def test_a_training_that_fails_says_why(case: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, message = FAILING[case]
    (place / "mine.py").write_text(MODULE.replace(old, new))
    assert train("slow") == 2
    said = capsys.readouterr().err
    assert message in said and len(said.splitlines()) <= 2 and not records()


def test_imports_that_cannot_be_followed_are_said(place: Path) -> None:
    (place / "parts.py").write_text("import importlib\n\nscale = importlib.import_module('math').sin\n")
    [variant, _] = Project(place / "params.yaml", None).variants("mine")
    assert "`parts.py:3` calls `import_module`: what it loads cannot be followed." in variant.runner.unseen(
        variant.spec
    )
