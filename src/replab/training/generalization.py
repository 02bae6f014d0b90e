"""Measures of a split beside training examples: a callback, so that a run without them does not depend on it."""

from __future__ import annotations

from dataclasses import replace

import pytorch_lightning as lightning
import torch

from replab.training.measuring import Measures, _scores
from replab.training.module import ReplicatesModule


class Gaps(Measures):
    """Appends measures that see training examples, too, to the curves of the replicates that live.

    The training examples are the first ones, as many as the split has, or all where there are fewer. They pass through
    the network as the split's do: without dropout, and by the averaged parameters where these are what is evaluated.
    """

    @torch.no_grad()
    def on_validation_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """The module has appended its own point by now."""
        assert isinstance(module, ReplicatesModule)
        for split, examples in module.evaluated.items():
            train, count = module.train_examples, len(examples)
            seen = replace(train, inputs=train.inputs[:count], targets=train.targets[:count])
            scores = zip(_scores(module, seen), _scores(module, examples), strict=True)
            contexts = [
                {"seen_scores": first, "seen_targets": seen.targets, "scores": own, "targets": examples.targets}
                for first, own in scores
            ]
            for block in self.of_scores:
                self._append(module, f"{split}_{block['name']}", block, contexts)
