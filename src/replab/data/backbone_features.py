"""What a backbone makes of images, computed once and kept as prepared data, and the images at the size that it sees.

The network's source and its weights' checksum are part of the recipe: another network gives another data set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from replab.data import flower_photos, hymenoptera, mnist_sample
from replab.data.dataset import Arrays, Images, Source
from replab.data.derived import Derived, derived, opened
from replab.data.images import scaled

if TYPE_CHECKING:
    from replab.nn.backbones.backbone import Backbone

BATCH = 32
MOMENTUM = 0.99  # of running averages, which nothing moves here
SHORT = {"efficientnet_lite0": "lite0", "inception_v3": "inception_v3"}


def decode_scaled(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """The first of the parent's images, as many as `source` has, scaled; see `images.scaled`."""
    assert isinstance(source, Derived)
    given, size = opened(paths), source.parameters["size"]
    return _first(given, source) | {
        f"{part}_x": scaled(_images(given, part, source), size) for part in ("train", "test")
    }


def decode_efficientnet_lite0(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """What EfficientNet-lite0 with ImageNet's weights makes of the parent's images."""
    from replab.nn.backbones.efficientnet_lite import efficientnet_lite0

    return _computed(source, paths, efficientnet_lite0)


def decode_inception_v3(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """What Inception-v3 with ImageNet's weights makes of the parent's images."""
    from replab.nn.backbones.inception import inception_v3

    return _computed(source, paths, inception_v3)


def _computed(source: Source, paths: Mapping[str, Path], make: Callable[..., Backbone]) -> Arrays:
    import torch

    assert isinstance(source, Derived)
    given = opened(paths)
    backbone = make(channels=3, generator=torch.Generator(), weights="imagenet", batch_norm_momentum=MOMENTUM)
    return _first(given, source) | {
        f"{part}_x": features_of(_images(given, part, source), backbone, source.parameters)
        for part in ("train", "test")
    }


def features_of(images: Images, backbone: Backbone, parameters: Mapping[str, Any]) -> NDArray[np.float32]:
    """The output of the backbone, or of its trunk, in evaluation mode, for each of the images [N, ...].

    `parameters`: `size` that the images are scaled to, `shift` and `scale` of their bytes, `part` of the network.
    """
    import torch

    network = (backbone.trunk if parameters["part"] == "trunk" else backbone).eval()
    rows = []
    with torch.no_grad():
        for first in range(0, len(images), BATCH):
            pictures = torch.from_numpy(scaled(images[first : first + BATCH], parameters["size"])).float()
            inputs = (pictures - parameters["shift"]) / parameters["scale"]
            rows.append(network(inputs.contiguous(memory_format=torch.channels_last)).contiguous().numpy())
    return np.concatenate(rows)


def _first(given: Arrays, source: Source) -> Arrays:
    sizes = {"train": source.train_size, "test": source.test_size}
    return {f"{part}_y": np.array(given[f"{part}_y"][:size]) for part, size in sizes.items()}


def _images(given: Arrays, part: str, source: Source) -> Images:
    return np.array(given[f"{part}_x"][: source.train_size if part == "train" else source.test_size])


def at_size(parent: Source, size: int, train: int | None = None, test: int | None = None) -> Derived:
    """The images of a data set in colour, `size` x `size`; the first `train` and `test`, or all."""
    sizes = {"train_size": train or parent.train_size, "test_size": test or parent.test_size}
    made: dict[str, Any] = {"decode": decode_scaled, "parameters": {"size": size} | sizes}
    made |= {"image_shape": (3, size, size)} | sizes
    title = f"in colour, 3 x {size} x {size}"
    return derived(parent, str(size), title, "Scaled by pillow.", packages=("pillow",), **made)


def with_features(parent: Source, backbone: str, size: int, part: str = "features", **more: Any) -> Derived:
    """What a backbone, or its trunk, makes of a data set's images, scaled to `size` where they have another."""
    lite = backbone == "efficientnet_lite0"
    shapes = {"features": (1280,), "trunk": (192, size // 32, size // 32)} if lite else {"features": (2048,)}
    bytes_to: dict[str, Any] = {"shift": 127.0, "scale": 128.0} if lite else {"shift": 127.5, "scale": 127.5}
    suffix = SHORT[backbone] + ("_trunk" if part == "trunk" else "")
    return derived(
        parent,
        suffix if parent.image_shape[-1] == size else f"{size}_{suffix}",
        f"{'input of the last block' if part == 'trunk' else 'features'} of {backbone}",
        f"By {backbone} with ImageNet's weights, of images of {size} x {size}.",
        decode=decode_efficientnet_lite0 if lite else decode_inception_v3,
        parameters={"size": size, "part": part, **bytes_to},
        image_shape=shapes[part],
        dtype="float32",
        packages=("pillow",),
        **more,
    )


LITE0 = "efficientnet_lite0"
HYMENOPTERA_128 = at_size(hymenoptera.SOURCE, 128)
HYMENOPTERA_128_LITE0 = with_features(HYMENOPTERA_128, LITE0, 128)
HYMENOPTERA_128_LITE0_TRUNK = with_features(HYMENOPTERA_128, LITE0, 128, "trunk")
HYMENOPTERA_LITE0 = with_features(hymenoptera.SOURCE, LITE0, 224)
HYMENOPTERA_299_INCEPTION_V3 = with_features(hymenoptera.SOURCE, "inception_v3", 299)
PUBLISHED_128 = at_size(hymenoptera.PUBLISHED, 128)
PUBLISHED_128_LITE0 = with_features(PUBLISHED_128, LITE0, 128)
PUBLISHED_128_LITE0_TRUNK = with_features(PUBLISHED_128, LITE0, 128, "trunk")
PUBLISHED_LITE0 = with_features(hymenoptera.PUBLISHED, LITE0, 224)
FLOWER_PHOTOS_LITE0 = with_features(flower_photos.SOURCE, LITE0, 224)
FLOWER_PHOTOS_299_INCEPTION_V3 = with_features(flower_photos.SOURCE, "inception_v3", 299)
DIGITS = at_size(mnist_sample.SOURCE, 64, train=1_000, test=100)
DIGITS_LITE0 = with_features(DIGITS, LITE0, 64)
DIGITS_LITE0_TRUNK = with_features(DIGITS, LITE0, 64, "trunk")
