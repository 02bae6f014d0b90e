"""Autocast to bf16 on an accelerator, with the types that the CPU has. No run's identity depends on this file.

torch's autocast has other lists for a GPU than for a CPU. On a GPU a softmax of bf16 numbers is float32, on a CPU bf16.
What keeps it for its own backward pass (`replab.nn.nats`) then multiplies float32 by bf16 on a GPU, and stops with
"expected mat1 and mat2 to have the same dtype". Recurrent layers have a rule for each kind of kernel. Here all that
they get is cast by hand, so that no rule matters.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from replab.training.devices import without_cudnn

RECURRENT = {torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu}  # torch.nn's layers call these
AS_THEY_COME = {torch.softmax, Tensor.softmax, torch.nn.functional.softmax}
CHANGED = RECURRENT | AS_THEY_COME


class LikeTheCPU(TorchFunctionMode):
    """Where autocast is on for an accelerator: recurrent layers in its type, and a softmax in the type that it gets.

    A CPU is left as it is.
    """

    spared = "cpu"

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """torch calls it in the place of each of its functions."""
        settings = kwargs or {}
        kind = args[0].device.type if func in CHANGED and args else self.spared
        if kind == self.spared or not torch.is_autocast_enabled(kind):
            return func(*args, **settings)
        return without_autocast(func, kind, args, settings)


def without_autocast(func: Callable[..., Any], kind: str, args: Any, settings: dict[str, Any]) -> Any:
    """What a function gives without autocast; a recurrent layer gets all its numbers in autocast's type.

    Gradients go back through the casts: those of float32 weights are float32.
    """
    dtype = torch.get_autocast_dtype(kind)
    with torch.autocast(kind, enabled=False):
        if func in RECURRENT:
            args, settings = cast((args, settings), dtype)
        return func(*args, **settings)


def cast(tree: Any, dtype: torch.dtype) -> Any:
    """The same lists of arguments with the tensors of numbers in one type; counts and masks stay as they are."""
    return tree_map_only(Tensor, lambda each: each.to(dtype) if each.is_floating_point() else each, tree)


@contextmanager
def like_the_cpu() -> Iterator[None]:
    """Train networks on sequences with the CPU's types, wherever they are trained, and without cuDNN."""
    mode = LikeTheCPU() if torch.accelerator.is_available() else contextlib.nullcontext()
    with without_cudnn(), mode:
        yield
