"""Features of images, computed once and kept as prepared data: binarized images, HOG and principal components.

Report 002 states no parameter of its preprocessing; `THRESHOLD`, `HOG` and `COMPONENTS` are our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replab.data import cifar10, rendered_digits
from replab.data.dataset import Arrays, Images, Source
from replab.data.derived import CIFAR10_BATCHES_1_2, SAMPLE_BATCHES_1_2, Derived, derived, opened, two_batches
from replab.data.parallel import in_blocks
from replab.errors import ReplabError

THRESHOLD = 127
HOG: dict[str, Any] = {
    "orientations": 9,
    "pixels_per_cell": [8, 8],
    "cells_per_block": [2, 2],
    "block_norm": "L2-Hys",
    "transform_sqrt": False,
}
COMPONENTS = 128
BLOCK = 1_000


def decode_binarized(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """1 where a pixel of a channel is above the threshold, else 0; the labels as they are."""
    assert isinstance(source, Derived)
    threshold = source.parameters["threshold"]
    return {
        name: (array > threshold).astype(np.uint8) if name.endswith("_x") else np.array(array)
        for name, array in opened(paths).items()
    }


def hog_of(images: Images, parameters: Mapping[str, Any]) -> NDArray[np.float32]:
    """Histograms of oriented gradients, [N, D], of images [N, C, H, W]; at each pixel the channel that changes most.

    With the parameters `HOG`, 3 x 3 blocks of 2 x 2 cells of 9 bins: D = 324 of 32 x 32 pixels.
    Source: Dalal & Triggs 2005, "Histograms of oriented gradients for human detection", by scikit-image.
    """
    from skimage.feature import hog

    rows = [hog(image, channel_axis=0, feature_vector=True, **parameters) for image in images]
    return np.stack(rows).astype(np.float32)


def decode_hog(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """HOG of each of the parent's images, in parallel."""
    assert isinstance(source, Derived)
    given = opened(paths)
    arrays: Arrays = {name: np.array(given[name]) for name in ("train_y", "test_y")}
    for name in ("train_x", "test_x"):
        images = given[name]
        starts = range(0, len(images), BLOCK)
        arrays[name] = in_blocks(hog_of, ((np.array(images[i : i + BLOCK]), source.parameters) for i in starts))
    return arrays


def decode_pca(source: Source, paths: Mapping[str, Path]) -> Arrays:
    """The parent's images on the principal components of its training images alone."""
    assert isinstance(source, Derived)
    given = opened(paths)
    arrays: Arrays = {name: np.array(given[name]) for name in ("train_y", "test_y")}
    arrays["train_x"], arrays["test_x"] = pca_of(given["train_x"], given["test_x"], source.parameters["components"])
    return arrays


def pca_of(train: Images, test: Images, components: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scores (x/255 - m) V of both, [N, components]: m the mean, V the leading axes of the training images.

    Not whitened. The scores on the training images have mean 0, and their standard deviations are the roots of
    the explained variances: the input `standardize` whitens them.
    Source: report 002; scikit-learn's PCA, exact, in float64.
    Raises ReplabError where there are more components than training images, or than pixels.
    """
    from sklearn.decomposition import PCA

    fitted, tested = (images.reshape(len(images), -1) / 255 for images in (train, test))
    most = min(fitted.shape)
    if not 1 <= components <= most:
        size = f"{len(fitted)} training images of {fitted.shape[1]} pixels"
        raise ReplabError(f"PCA with {components} components is impossible on {size}: 1 to {most}")
    pca = PCA(components, svd_solver="covariance_eigh").fit(fitted)
    scores, others = (pca.transform(images).astype(np.float32) for images in (fitted, tested))
    return scores, others


def binarized(parent: Source) -> Derived:
    """The images of a data set as 0 and 1."""
    title, note, parameters = f"1 above {THRESHOLD}, else 0", "Channel by channel.", {"threshold": THRESHOLD}
    return derived(parent, "binarized", title, note, decode=decode_binarized, parameters=parameters)


def with_hog(parent: Source) -> Derived:
    """The HOG features of a data set of 32 x 32 images."""
    note = f"By scikit-image: {', '.join(f'{key} {value}' for key, value in HOG.items())}."
    made: dict[str, Any] = {"decode": decode_hog, "parameters": HOG, "packages": ("scikit-image",)}
    return derived(parent, "hog", "HOG features", note, image_shape=(324,), dtype="float32", **made)


def with_pca(parent: Source) -> Derived:
    """The principal components of a data set, fitted on its training images."""
    title, parameters = f"{COMPONENTS} principal components", {"components": COMPONENTS}
    note = "By scikit-learn, of x/255, fitted on the training images."
    made: dict[str, Any] = {"decode": decode_pca, "parameters": parameters, "packages": ("scikit-learn",)}
    return derived(parent, "pca", title, note, image_shape=(COMPONENTS,), dtype="float32", **made)


CIFAR10_BINARIZED = binarized(cifar10.SOURCE)
CIFAR10_BINARIZED_BATCHES_1_2 = two_batches(CIFAR10_BINARIZED, 10_000)
CIFAR10_HOG = with_hog(cifar10.SOURCE)
CIFAR10_HOG_BATCHES_1_2 = two_batches(CIFAR10_HOG, 10_000)  # an image's HOG does not depend on other images
CIFAR10_PCA = with_pca(cifar10.SOURCE)
CIFAR10_BATCHES_1_2_PCA = with_pca(CIFAR10_BATCHES_1_2)
SAMPLE_BINARIZED = binarized(rendered_digits.SAMPLE)
SAMPLE_BINARIZED_BATCHES_1_2 = two_batches(SAMPLE_BINARIZED, 1_000)
SAMPLE_HOG = with_hog(rendered_digits.SAMPLE)
SAMPLE_HOG_BATCHES_1_2 = two_batches(SAMPLE_HOG, 1_000)
SAMPLE_PCA = with_pca(rendered_digits.SAMPLE)
SAMPLE_BATCHES_1_2_PCA = with_pca(SAMPLE_BATCHES_1_2)
