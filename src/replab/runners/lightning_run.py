"""One training of a LightningModule of the user's: seeds, Trainer, checkpoint, and the numbers that it logs."""

from __future__ import annotations

import contextlib
import logging
import math
import shutil
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytorch_lightning as lightning
import torch
from pytorch_lightning.utilities.model_helpers import is_overridden

from replab.errors import ReplabError
from replab.readers.runs import metric_name
from replab.runners.lightning_kept import Kept, Rows
from replab.runners.lightning_limit import Limit
from replab.runners.lightning_parser import Parsed
from replab.runners.lightning_spec import Lightning
from replab.runners.results import Curves, with_units
from replab.runners.runner import Place
from replab.training.outcomes import Metrics, Outcome, peak_memory_bytes


class Training:
    """A variant's classes, imported and checked once. Raises ReplabError for what does not hold."""

    def __init__(self, spec: Lightning, files: dict[str, Path], place: Place) -> None:
        self.spec, self.place = spec, place
        self.shown = {str(path.resolve()): name for name, path in files.items()}
        for name in ("pytorch_lightning", "lightning_fabric"):
            logging.getLogger(name).setLevel(logging.ERROR)
        with self._errors_said():
            self.parsed = Parsed(spec, files)

    def run(self, seed: int) -> Outcome:
        """Train a seed from its beginning or its checkpoint, and test it where its class has a test."""
        identity, root = self.place.identities[seed], self.place.store.root.absolute()
        out, log, started = root / "outputs" / identity, root / "logs" / f"{identity}.log", time.perf_counter()
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as file, _captured(file), self._errors_said(file):
            lightning.seed_everything(seed, workers=True)
            made = self.parsed.instantiate()
            kept = Kept(self.place.checkpoint(seed))
            trainer = self._trainer(made.trainer, kept, out)
            self._fit(trainer, made.module, made.data, kept)
            metrics, curves = self._results(kept)
        if not self.place.keep_weights:
            shutil.rmtree(out, ignore_errors=True)
        else:
            trainer.save_checkpoint(out / "last.ckpt", weights_only=True)
        return Outcome(seed, metrics, curves, None, _cost(trainer, made.module, time.perf_counter() - started))

    def _trainer(self, asked: dict[str, Any], kept: Kept, out: Path) -> lightning.Trainer:
        """The Trainer of the block, with replab's log and checkpoint; --accelerator goes before the block's."""
        if self.place.accelerator != "auto":
            asked = asked | {"accelerator": self.place.accelerator}
        callbacks = asked.pop("callbacks", None) or []
        given = [*callbacks] if isinstance(callbacks, list) else [callbacks]
        fixed: dict[str, Any] = {"devices": 1, "num_nodes": 1, "default_root_dir": out, "logger": Rows(kept.rows)}
        quiet: dict[str, Any] = {"enable_progress_bar": False, "enable_model_summary": False}
        return lightning.Trainer(**asked | fixed | quiet | {"callbacks": [*given, Limit(self.spec.timeout), kept]})

    def _fit(self, trainer: lightning.Trainer, module: Any, data: Any, kept: Kept) -> None:
        trainer.fit(module, datamodule=data, ckpt_path=kept.usable())
        kept.callback_metrics |= trainer.callback_metrics
        tested = is_overridden("test_dataloader", data) if data is not None else False
        if is_overridden("test_step", module) and (tested or is_overridden("test_dataloader", module)):
            kept.rows.closed = True
            trainer.test(module, datamodule=data, verbose=False)
            kept.callback_metrics |= trainer.callback_metrics

    def _results(self, kept: Kept) -> tuple[Metrics, Curves]:
        """What was logged, the last value of each. Raises ReplabError for none, and for one that is not finite."""
        found = kept.callback_metrics
        if not found:
            path = self.spec.lightning.class_path
            raise ReplabError(f"{path} logged no metric: call self.log('val_accuracy', ...) in it")
        values = {metric_name(name): float(value) for name, value in found.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise ReplabError(f"{name} is {value} at the end of the training")
        return with_units(values, kept.rows.curves(), self.spec.units)

    @contextmanager
    def _errors_said(self, log: TextIO | None = None) -> Iterator[None]:
        """Errors of the user's code as one line with its file and line; the whole of it goes to the log."""
        try:
            yield
        except ReplabError:
            raise
        except Exception as error:
            if log:
                traceback.print_exc(file=log)
            frames = traceback.extract_tb(error.__traceback__)
            lines = [
                f"{self.shown[frame.filename]}:{frame.lineno}: " for frame in frames if frame.filename in self.shown
            ]
            text = " ".join(str(error).split())[:400]
            where = f" (log: {log.name})" if log else ""
            raise ReplabError(f"{lines[-1] if lines else ''}{type(error).__name__}: {text}{where}") from error


@contextmanager
def _captured(log: TextIO) -> Iterator[None]:
    """What is printed and warned of goes to the log."""
    with contextlib.redirect_stdout(log), warnings.catch_warnings():
        warnings.simplefilter("default")

        def show(message: Any, category: Any, filename: str, lineno: int, *_: Any, **__: Any) -> None:
            log.write(warnings.formatwarning(message, category, filename, lineno))

        warnings.showwarning = show  # type: ignore[assignment]
        yield


def _cost(trainer: lightning.Trainer, module: torch.nn.Module, seconds: float) -> dict[str, Any]:
    return {
        "train_seconds": round(seconds, 3),
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "peak_memory_bytes": peak_memory_bytes(),
        "replicates": 1,
        "strategy": "lightning",
        "device": trainer.strategy.root_device.type,
    }
