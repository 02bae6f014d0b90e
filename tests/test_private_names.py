"""Names of other packages that are not public, and that a new version may drop: what would break without each.

Those of Python's own library are left out: they come with the Python that `requires-python` names.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [path for folder in ("src", "workflow", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
QUIET = "accelerator='cpu', logger=False, enable_checkpointing=False, enable_progress_bar=False"
FAKES = "no test can show that the engines move every tensor to a device (tests/fake_device.py)"
CASTS = "no test can show that the engines cast as CUDA does (tests/made_up_autocast.py)"
COUNTS = "no test can show what torch reads out of CUDA_VISIBLE_DEVICES (tests/test_devices.py)"
ONEDNN = "the affine layer is computed by torch's own product: slower, with other last digits (src/replab/nn/linear.py)"

# (module, what is asked of it) -> what breaks without it.
BREAKS = {
    ("torch", "nn.Conv2d(1, 1, 1)._conv_forward"): (
        "EfficientNet-Lite computes nothing (src/replab/nn/backbones/efficientnet_lite.py)"
    ),
    ("torch", "_foreach_lerp_"): "no variant with averaged parameters trains (src/replab/nn/averagings.py)",
    ("torch._C", "_functorch.peek_interpreter_stack"): ONEDNN,
    ("torch", "ops.mkldnn._linear_pointwise"): ONEDNN,
    ("torch.utils._pytree", "tree_map_only"): "no study on sequences trains (src/replab/training/like_the_cpu.py)",
    ("pytorch_lightning", f"Trainer({QUIET}).fit_loop._data_fetcher"): (
        "a LightningModule that goes on from a checkpoint draws other batches (src/replab/runners/lightning_kept.py)"
    ),
    ("jsonargparse", "ArgumentParser()._actions"): (
        "an unknown argument of a LightningModule gets no suggestion (src/replab/runners/lightning_parser.py)"
    ),
    ("torch", "_fused_sgd_"): FAKES,
    ("torch._subclasses.fake_tensor", "FakeTensor"): FAKES,
    ("torch._subclasses.fake_tensor", "FakeTensorMode"): FAKES,
    ("torch._subclasses.fake_tensor", "unset_fake_temporarily"): FAKES,
    ("torch.utils._python_dispatch", "TorchDispatchMode"): FAKES,
    ("torch.utils.backend_registration", "_DummyBackendModule"): FAKES,
    ("torch.utils.backend_registration", "_setup_privateuseone_for_python_backend"): FAKES,
    ("torch", "nn.Module()._parameters"): FAKES,
    ("torch", "nn.Module()._buffers"): FAKES,
    ("torch", "nn.LSTM(1, 1)._init_flat_weights"): FAKES,
    ("torch", "ops.aten._thnn_fused_lstm_cell"): FAKES,
    ("torch", "ops.aten._thnn_fused_gru_cell"): FAKES,
    ("torch", "ops.aten._local_scalar_dense"): FAKES,
    ("pytorch_lightning", "LightningModule()._device"): FAKES,
    ("pytorch_lightning", "LightningModule()._trainer"): FAKES,
    ("torch", "cuda._is_compiled()"): COUNTS,
    ("torch", "cuda._raw_device_count_nvml"): COUNTS,
    ("torch", "cuda._raw_device_uuid_nvml"): COUNTS,
    ("torch._C", "_dispatch_has_kernel"): CASTS,
    ("torch._C", "_ExcludeDispatchKeyGuard"): CASTS,
    ("torch._C", "DispatchKeySet"): CASTS,
    ("torch._C", "DispatchKey"): CASTS,
    ("torch._C", "_get_mkldnn_enabled"): "tests/test_like_the_cpu.py cannot switch oneDNN off",
    ("torch._C", "_set_mkldnn_enabled"): "tests/test_like_the_cpu.py cannot switch oneDNN off",
    ("torch.overrides", "_get_current_function_mode_stack"): "tests/test_like_the_cpu.py cannot see which modes hold",
}


@pytest.mark.parametrize(("module", "asked"), BREAKS)
def test_the_private_names_are_there(module: str, asked: str) -> None:
    package = module.partition(".")[0]
    if "mkldnn._" in asked and not import_module("torch").backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN, and the layer does without it")
    try:
        scope: dict[str, Any] = vars(import_module(module))
        eval(asked, dict(scope))
    except (ImportError, NameError, AttributeError) as error:
        pytest.fail(
            f"{package} {version(package)} has no {module}.{asked} ({error}): {BREAKS[module, asked]}", pytrace=False
        )


def test_a_name_that_is_gone_is_said_with_what_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BREAKS, ("jsonargparse", "_gone"), "nothing is parsed")
    said = r"^jsonargparse \d[\d.]+ has no jsonargparse\._gone .*: nothing is parsed$"
    with pytest.raises(pytest.fail.Exception, match=said):
        test_the_private_names_are_there("jsonargparse", "_gone")


def test_no_other_private_name_is_used() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES if path != Path(__file__)}
    own = set(chain.from_iterable(map(_defined, trees.values())))
    listed = set(re.findall(r"\b_\w+", " ".join(f"{module} {asked}" for module, asked in BREAKS)))
    used = {name: path for path, tree in trees.items() for name in _foreign(tree, own) if name not in listed}
    assert used == {}, "say in BREAKS what breaks without them"


def _defined(tree: ast.AST) -> Iterator[str]:
    """The names that a file of the project defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr if ast.unparse(node.value) in ("self", "cls") else ""


def _foreign(tree: ast.AST, own: set[str]) -> Iterator[str]:
    """The private names of other packages that a file uses: imported, as an attribute, or as a text that names one."""
    imported = [name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    modules = {(name.asname or name.name).partition(".")[0] for name in imported} - {"replab"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not (node.module or "replab").startswith("replab"):
            yield from filter(_is_private, [*str(node.module).split("."), *(name.name for name in node.names)])
        elif isinstance(node, ast.Attribute) and _is_private(node.attr):
            whose = ast.unparse(node).partition(".")[0]
            if whose not in sys.stdlib_module_names and (node.attr not in own or whose in modules):
                yield node.attr
        elif isinstance(node, ast.Call) and re.search(r"(get|has|set)attr$|patch", ast.unparse(node.func)):
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            names = {name for text in texts if not text.startswith("replab") for name in text.split(".")}
            yield from (name for name in names if _is_private(name) and name not in own)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
