"""What a fake tensor cannot say, answered: a fake has a shape, a type and a device, but no values.

A number that is read off a tensor is 1, a truth value true, and a list has zeros; a mask lets everything pass, and no
entry is other than zero. Products of two types raise, as they do on a device: a fake would let them be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily
from torch.nn.utils.rnn import PackedSequence
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
PRODUCTS = {aten.mm: (0, 1), aten.bmm: (0, 1), aten.mv: (0, 1), aten.dot: (0, 1)}
PRODUCTS |= {aten.addmm: (0, 1, 2), aten.baddbmm: (0, 1, 2), aten.addmv: (0, 1, 2)}
PRODUCTS |= {aten._thnn_fused_lstm_cell: (0, 1, 2, 3, 4), aten._thnn_fused_gru_cell: (0, 1, 2, 3, 4)}
CLASSES = 10  # of the made-up predictions that are counted
READ = {aten.select.int, aten._local_scalar_dense.default}  # of the true lengths of sentences
Types = tuple[str, tuple[torch.dtype, ...]]


class Answers(TorchDispatchMode):
    """Answers for fakes; `products` are the operators that multiplied matrices, each with its operands' types."""

    def __init__(self) -> None:
        super().__init__()
        self.products: set[Types] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        """Every operator comes by here, those of the backward pass too."""
        if func.overloadpacket in PRODUCTS:
            self.check(func.overloadpacket, args)
        if func in READ and not isinstance(args[0], FakeTensor):
            with unset_fake_temporarily():
                return func(*args, **(kwargs or {}))
        if func is aten._local_scalar_dense.default:
            return _one(args[0].dtype)
        if func is aten.nonzero.default:  # of what is not finite: nothing
            return args[0].new_zeros(0, args[0].dim(), dtype=torch.long)
        if func is aten.bincount.default:  # of predicted classes
            return args[0].new_zeros(CLASSES)
        if func is aten.index.Tensor:
            args = (args[0], [part for index in args[1] for part in _places(index)])
        return func(*args, **(kwargs or {}))

    def check(self, packet: Any, args: tuple[Any, ...]) -> None:
        """Raise where the operands of a product have several types."""
        operands = [args[place] for place in PRODUCTS[packet] if place < len(args)]
        found = tuple(each.dtype for each in operands if isinstance(each, Tensor))
        self.products.add((packet.__name__, found))
        if len(set(found)) > 1:
            raise RuntimeError(f"{packet.__name__} of {', '.join(map(str, found))}")


def _one(dtype: torch.dtype) -> float:
    return True if dtype == torch.bool else 1.0 if dtype.is_floating_point else 1


def _places(index: Tensor | None) -> list[Tensor | None]:
    """The places that a mask lets pass: as many as it has entries."""
    if index is None or index.dtype != torch.bool:
        return [index]
    return [index.new_zeros(index.numel(), dtype=torch.long) for _ in range(index.dim())]


def zeros(tensor: Tensor) -> Any:
    """What Tensor.tolist gives."""
    return np.zeros(tuple(tensor.shape), int).tolist()


def packed(x: Tensor, lengths: Tensor, **_: Any) -> PackedSequence:
    """What pack_padded_sequence gives where all sentences are as long as the column; torch's reads lengths."""
    with unset_fake_temporarily():
        sizes = torch.full((len(x),), x.shape[1])
    return PackedSequence(x.flatten(0, 1), sizes)


def unpacked(sequence: PackedSequence, total_length: int) -> tuple[Tensor, Tensor]:
    """The way back."""
    columns = sequence.data.unflatten(0, (total_length, -1))
    return columns, torch.full((columns.shape[1],), total_length)


def sentences(text: Tensor, length: int = 5) -> list[Tensor]:
    """A text cut into sentences, each as long: where they end, a fake cannot say."""
    return list(text.split(length))
