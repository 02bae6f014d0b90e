"""What is kept of a training as it goes: the rows that it logs, and a checkpoint after every epoch."""

from __future__ import annotations

import math
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.loggers import Logger

from replab.readers.runs import metric_name

OWN = "replab"


class Table:
    """Step -> name -> value, as logged; `closed` when the training is over and the test logs."""

    def __init__(self) -> None:
        self.by_step: dict[int, dict[str, float]] = {}
        self.closed = False

    def add(self, step: int, values: dict[str, Any]) -> None:
        """Values of a step (from 1 on) beside those that it has."""
        if not self.closed:
            self.by_step.setdefault(step, {}).update({name: float(value) for name, value in values.items()})

    def curves(self) -> dict[str, list[Any]]:
        """`step`, `epoch` (from 1 on), and each name; null where it was not logged or is not finite."""
        steps = sorted(self.by_step)
        names = dict.fromkeys(name for step in steps for name in self.by_step[step])
        if set(names) <= {"epoch"}:
            return {}
        found: dict[str, list[Any]] = {"step": steps}
        for name in names:
            values = [self.by_step[step].get(name) for step in steps]
            found[metric_name(name)] = [v if v is not None and math.isfinite(v) else None for v in values]
        epochs = [self.by_step[step].get("epoch") for step in steps]
        found.pop("epoch", None)
        return found | ({} if None in epochs else {"epoch": [int(epoch or 0) + 1 for epoch in epochs]})


class Rows(Logger):
    """A logger of Lightning's that fills a table."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    @property
    def name(self) -> str:
        """Its name."""
        return OWN

    @property
    def version(self) -> str:
        """It has no versions."""
        return ""

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Lightning counts steps from 0 on; the table from 1."""
        self.table.add((step or 0) + 1, metrics)

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """They are in params.yaml."""


class Kept(Checkpoint):
    """Saves a checkpoint at each epoch's end, with the rows, the metrics and the states of the random generators.

    Lightning does not keep the generators: without them a resumed run would shuffle otherwise than a whole one.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, Table()
        self.callback_metrics: dict[str, Any] = {}
        self._generators: dict[str, Any] | None = None

    def usable(self) -> str | None:
        """The checkpoint's path; None where there is none that can be read without running its code."""
        try:
            torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except Exception:  # torn, or with objects that are no plain data: the run is redone whole
            self.path.unlink()
            return None
        return str(self.path)

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Lightning calls it after all other callbacks and the module."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        trainer.save_checkpoint(part)
        os.replace(part, self.path)

    def on_save_checkpoint(self, trainer: lightning.Trainer, module: Any, checkpoint: dict[str, Any]) -> None:
        """The epoch's own means reach the logger only after this: they are taken here."""
        self.rows.add(trainer.global_step, trainer.logged_metrics | {"epoch": trainer.current_epoch})
        self.callback_metrics |= {name: float(value) for name, value in trainer.callback_metrics.items()}
        kind, keys, position, *gauss = np.random.get_state()
        checkpoint[OWN] = {
            "rows": self.rows.by_step,
            "metrics": self.callback_metrics,
            "torch": torch.get_rng_state(),
            "device": torch.cuda.get_rng_state(module.device) if module.device.type == "cuda" else None,
            "numpy": [kind, [int(key) for key in keys], int(position), int(gauss[0]), float(gauss[1])],
            "python": random.getstate(),
        }

    def on_load_checkpoint(self, trainer: lightning.Trainer, module: Any, checkpoint: dict[str, Any]) -> None:
        """Go on with the rows; the generators are set when the training starts."""
        self._generators = checkpoint[OWN]
        self.rows.by_step, self.callback_metrics = self._generators["rows"], self._generators["metrics"]

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Nothing random happens between this and the first batch."""
        if self._generators is None:
            return
        torch.set_rng_state(self._generators["torch"])
        if self._generators.get("device") is not None and module.device.type == "cuda":  # dropout draws there
            torch.cuda.set_rng_state(self._generators["device"], module.device)
        kind, keys, *rest = self._generators["numpy"]
        np.random.set_state((kind, np.array(keys, np.uint32), *rest))
        random.setstate(self._generators["python"])
        fetcher = getattr(trainer.fit_loop, "_data_fetcher", None)
        if fetcher is not None:  # Lightning has begun to read before this, with other generators: it begins again
            iter(fetcher)
        self._generators = None
