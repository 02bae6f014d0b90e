"""What autocast does on CUDA, for a device that is made up: the same operators, by torch's own lists.

The lists stand in a header that torch installs (`ATen/autocast_mode.h`). They are another than the CPU's: on CUDA a
softmax of bf16 gives float32, on a CPU bf16. One kernel in Python for each operator; see `register`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

HEADER = Path(torch.__file__).parent / "include/ATen/autocast_mode.h"
KEY = "AutocastPrivateUse1"
PRODUCTS, FLOAT32, FLOAT32_BY_DEFAULT = "LOWER_PRECISION_FP", "FP32", "FP32_SET_OPT_DTYPE"
Kernel = Callable[..., Any]


def operators(name: str) -> list[str]:
    """The operators of a list, such as `softmax.int`, without those that this torch does not have."""
    body = re.findall(rf"#define AT_FORALL_{name}\(_\)(.*?[^\\])\n", HEADER.read_text(), flags=re.DOTALL)[0]
    found = [".".join(part.strip() for part in item.split(",")) for item in re.findall(r"_\(([^)]*)\)", body)]
    return [each for each in found if torch._C._dispatch_has_kernel(f"aten::{each}")]


def operator(name: str) -> Any:
    """torch's operator of that name."""
    packet, _, overload = name.partition(".")
    return getattr(getattr(torch.ops.aten, packet), overload or "default")


def cast(arguments: Any, dtype: torch.dtype) -> Any:
    """The same arguments with the tensors of floating point in one type; float64 stays as it is."""
    narrow = lambda tensor: tensor.is_floating_point() and tensor.dtype != torch.float64  # noqa: E731
    return tree_map_only(Tensor, lambda tensor: tensor.to(dtype) if narrow(tensor) else tensor, arguments)


def kernel(name: str, dtype: torch.dtype, by_default: bool) -> Kernel:
    """Cast, and compute without autocast. An operator that takes a `dtype` and is given one is left alone."""
    own = operator(name)

    def run(*arguments: Any, **settings: Any) -> Any:
        with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(getattr(torch._C.DispatchKey, KEY))):
            given = by_default and (settings.get("dtype") or any(isinstance(one, torch.dtype) for one in arguments))
            if given:
                return own(*arguments, **settings)
            return own(*cast(arguments, dtype), **cast(settings, dtype))

    return run


def register() -> list[torch.library.Library]:
    """Teach the made-up device CUDA's autocast to bf16, for as long as the libraries are kept."""
    rest, library = torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")
    rest.fallback(torch.library.fallthrough_kernel, KEY)
    for name, dtype in ((PRODUCTS, torch.bfloat16), (FLOAT32, torch.float32), (FLOAT32_BY_DEFAULT, torch.float32)):
        for each in operators(name):
            library.impl(each, kernel(each, dtype, name == FLOAT32_BY_DEFAULT), KEY)
    return [rest, library]
