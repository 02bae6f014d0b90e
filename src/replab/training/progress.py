"""What a person sees of long work: a live line a variant in a terminal, a line an epoch in a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    import pytorch_lightning as lightning

    from replab.params import Variant


class Display:
    """Shows progress on standard error; quiet says nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=8),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=self.console,
            disable=quiet or not sys.stderr.isatty(),
        )

    def log(self, text: str) -> None:
        """One message, kept above the live lines."""
        self.console.print(text.rstrip(), markup=False)

    def callback(self, variant: Variant) -> lightning.Callback:
        """The callback that reports a variant's epochs."""
        from replab.training.epoch_lines import EpochLines

        return EpochLines(self, variant)
