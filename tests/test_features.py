"""Data sets that are computed from others: each feature against a slow computation, and what identifies them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from replab import data
from replab.building import build
from replab.commands import data as commands
from replab.data import derived, features, parallel, prepared
from replab.data.dataset import Arrays, Source
from replab.data.derived import Derived
from replab.errors import ReplabError
from replab.spec import TrainingSpec
from replab.training.engine import train
from tiny import BASE

TRAIN, TEST = 40, 12


def decode(source: Source, raw: Any) -> Arrays:
    random = np.random.default_rng(int(source.note or 0))
    arrays: Arrays = {}
    for part, size in (("train", TRAIN), ("test", TEST)):
        arrays[f"{part}_x"] = random.integers(0, 256, (size, *source.image_shape), np.uint8)
        arrays[f"{part}_y"] = random.integers(0, 10, size, np.int64)
    return arrays


def images(seed: int = 0, shape: tuple[int, ...] = (3, 32, 32)) -> Source:
    """A data set of random pictures; another seed, other pictures under the same name."""
    fixed: dict[str, Any] = {"licence": "", "citation": "", "classes": tuple("0123456789"), "decode": decode}
    sizes: dict[str, Any] = {"train_size": TRAIN, "test_size": TEST, "image_shape": shape}
    return Source(name="pictures", title="Pictures", origin="made here", note=str(seed or ""), **fixed, **sizes)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "cores", lambda: 1)


def slow_hog(image: np.ndarray) -> np.ndarray:
    """Dalal and Triggs by loops: no interpolation between bins or cells, 9 bins over 180 degrees, L2-Hys."""
    _, height, width = image.shape
    cells = np.zeros((height // 8, width // 8, 9))
    for row, column in np.ndindex(height, width):
        steps = []
        for channel in image.astype(float):
            down = channel[row + 1, column] - channel[row - 1, column] if 0 < row < height - 1 else 0.0
            right = channel[row, column + 1] - channel[row, column - 1] if 0 < column < width - 1 else 0.0
            steps.append((np.hypot(down, right), np.degrees(np.arctan2(down, right)) % 180))
        size, angle = max(steps, key=lambda step: step[0])
        cells[row // 8, column // 8, int(angle // 20) % 9] += size / 64
    blocks = []
    for row, column in np.ndindex(cells.shape[0] - 1, cells.shape[1] - 1):
        block = cells[row : row + 2, column : column + 2].ravel()
        clipped = np.minimum(block / np.sqrt((block**2).sum() + 1e-10), 0.2)
        blocks.append(clipped / np.sqrt((clipped**2).sum() + 1e-10))
    return np.concatenate(blocks)


def test_hog_is_what_loops_over_pixels_give() -> None:
    pictures = decode(images(), {})["train_x"][:3]
    found = features.hog_of(pictures, features.HOG)
    assert found.shape == (3, 324) and found.dtype == np.float32
    np.testing.assert_allclose(found, [slow_hog(picture) for picture in pictures], atol=1e-5)


def test_pca_is_the_svd_of_the_centred_training_images() -> None:
    given = decode(images(shape=(3, 4, 4)), {})
    train, test = features.pca_of(given["train_x"], given["test_x"], 5)
    flat = given["train_x"].reshape(TRAIN, -1) / 255
    centred = flat - flat.mean(0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(train), np.abs(centred @ axes[:5].T), atol=1e-6)
    others = (given["test_x"].reshape(TEST, -1) / 255 - flat.mean(0)) @ axes[:5].T
    signs = np.sign((centred @ axes[:5].T)[0]) * np.sign(train[0])
    np.testing.assert_allclose(test, others * signs, atol=1e-6)
    np.testing.assert_allclose(train.var(0), values[:5] ** 2 / TRAIN, rtol=1e-5)


def test_pca_learns_nothing_from_the_test_images() -> None:
    given = decode(images(shape=(3, 4, 4)), {})
    first, _ = features.pca_of(given["train_x"], given["test_x"], 5)
    again, _ = features.pca_of(given["train_x"], 255 - given["test_x"], 5)
    assert np.array_equal(first, again)


@pytest.mark.parametrize(("shape", "components"), [((3, 32, 32), TRAIN + 1), ((3, 2, 2), 13), ((3, 2, 2), 0)])
def test_more_components_than_images_or_pixels_are_refused(shape: tuple[int, ...], components: int) -> None:
    given = decode(images(shape=shape), {})
    with pytest.raises(ReplabError, match=f"PCA with {components} components is impossible on 40 training images"):
        features.pca_of(given["train_x"], given["test_x"], components)


def test_standardized_principal_components_are_whitened_ones() -> None:
    """But for the divisor of the variance: N here, N - 1 in scikit-learn."""
    given = decode(images(shape=(3, 4, 4)), {})
    train, test = features.pca_of(given["train_x"], given["test_x"], 5)
    whitened = build("input", {"name": "standardize"}, fitted_on=torch.from_numpy(train))(torch.from_numpy(test))
    flat = [given[name].reshape(len(given[name]), -1) / 255 for name in ("train_x", "test_x")]
    expected = PCA(5, whiten=True, svd_solver="full").fit(flat[0]).transform(flat[1])
    np.testing.assert_allclose(whitened, expected * np.sqrt(TRAIN / (TRAIN - 1)), atol=1e-4)


def test_standardizing_is_that_of_scikit_learn_constant_pixels_included() -> None:
    train, test = (torch.randint(0, 256, (n, 7), dtype=torch.uint8) for n in (30, 9))
    train[:, 3] = 77
    found = build("input", {"name": "standardize"}, fitted_on=train)(test)
    expected = StandardScaler().fit(train.double().numpy()).transform(test.double().numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_each_training_set_has_its_own_mean_image() -> None:
    zeros, nines = torch.zeros(4, 2, dtype=torch.uint8), torch.full((4, 2), 9, dtype=torch.uint8)
    for inputs, mean in ((zeros, 0), (nines, 9), (zeros, 0)):
        assert build("input", {"name": "mean_image"}, fitted_on=inputs)(nines).unique().tolist() == [9 - mean]


def test_binarized_images_are_above_the_threshold_or_not(tmp_path: Path) -> None:
    parent = images()
    prepared.prepare(source := features.binarized(parent), tmp_path)
    loaded, given = prepared.load(source, tmp_path), prepared.load(parent, tmp_path)
    assert loaded.train_x.dtype == np.uint8 and loaded.test_y.tolist() == given.test_y.tolist()
    for found, pixel in zip(loaded.test_x.ravel().tolist(), given.test_x.ravel().tolist(), strict=True):
        assert found == (1 if pixel >= 128 else 0)


def test_batches_1_and_2_are_the_first_training_examples_and_the_next(tmp_path: Path) -> None:
    parent = images()
    for before in (parent, features.with_hog(parent)):
        prepared.prepare(source := derived.two_batches(before, 15), tmp_path)
        loaded, given = prepared.load(source, tmp_path), prepared.load(before, tmp_path)
        for axis in "xy":
            expected = getattr(given, f"train_{axis}")
            assert np.array_equal(getattr(loaded, f"train_{axis}"), expected[:15])
            assert np.array_equal(getattr(loaded, f"test_{axis}"), expected[15:30])


def test_on_train_tests_on_the_training_examples(tmp_path: Path) -> None:
    parent = images()
    prepared.prepare(source := derived.on_train(parent), tmp_path)
    loaded, given = prepared.load(source, tmp_path), prepared.load(parent, tmp_path)
    assert np.array_equal(loaded.test_x, given.train_x) and np.array_equal(loaded.test_y, given.train_y)


def test_preparing_features_prepares_what_they_come_from_and_writes_a_manifest(tmp_path: Path) -> None:
    manifest = prepared.prepare(features.with_hog(images()), tmp_path)
    assert (tmp_path / "prepared/pictures/manifest.json").exists()
    assert manifest["arrays"]["train_x.npy"]["dtype"] == "float32"
    assert manifest["recipe"]["parameters"] == features.HOG
    assert manifest["recipe"]["packages"].keys() == {"scikit-image"}
    assert prepared.prepare(features.with_hog(images()), tmp_path) == manifest


def identity(source: Source, root: Path) -> str:
    return str(prepared.prepare(source, root)["sha256"])


def test_features_are_identified_by_their_recipe_and_by_the_bytes_of_what_they_come_from(tmp_path: Path) -> None:
    first = features.with_hog(images())
    known = identity(first, tmp_path / "a")
    assert identity(first, tmp_path / "b") == known
    assert identity(features.with_hog(images(seed=1)), tmp_path / "c") != known
    coarser = replace(first, parameters=features.HOG | {"orientations": 9, "transform_sqrt": True})
    assert identity(coarser, tmp_path / "d") != known
    assert identity(coarser, tmp_path / "a") != known, "an older form, of other parameters, was kept"


def test_features_that_were_changed_on_disk_are_noticed(tmp_path: Path) -> None:
    prepared.prepare(source := features.with_hog(images()), tmp_path)
    path = tmp_path / f"prepared/{source.name}/train_x.npy"
    np.save(path, np.load(path) + 1)
    with pytest.raises(ReplabError, match="has changed"):
        prepared.verify(source, tmp_path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda x: x * np.float32(np.nan), "train_x has entries that are not finite"),
        (lambda x: x.astype(np.float64), r"train_x should be float32 \(40, 5\), found float64 \(40, 5\)"),
        (lambda x: x[:, :4], r"train_x should be float32 \(40, 5\), found float32 \(40, 4\)"),
    ],
)
def test_features_of_another_form_are_refused(wrong: Any, message: str) -> None:
    source = replace(features.with_pca(images(shape=(3, 4, 4))), image_shape=(5,))
    arrays: Arrays = {f"{part}_y": np.zeros(n, np.int64) for part, n in (("train", TRAIN), ("test", TEST))}
    arrays |= {f"{part}_x": np.zeros((n, 5), np.float32) for part, n in (("train", TRAIN), ("test", TEST))}
    source.check(arrays)
    with pytest.raises(ReplabError, match=message):
        source.check(arrays | {"train_x": wrong(arrays["train_x"])})


def test_labels_of_features_are_checked_as_those_of_images() -> None:
    source = replace(features.with_pca(images(shape=(3, 4, 4))), image_shape=(5,))
    arrays: Arrays = {f"{part}_y": np.full(n, 10, np.int64) for part, n in (("train", TRAIN), ("test", TEST))}
    arrays |= {f"{part}_x": np.zeros((n, 5), np.float32) for part, n in (("train", TRAIN), ("test", TEST))}
    with pytest.raises(ReplabError, match="train_y should be 0 to 9"):
        source.check(arrays)


def test_every_derived_data_set_names_what_it_comes_from() -> None:
    made = {name: source for name, source in data.DATASETS.items() if isinstance(source, Derived)}
    assert made
    for name, source in made.items():
        assert source.parent.name in data.DATASETS and name.startswith(source.parent.name)
        assert data.published(source).name not in made
        assert source.sample == source.parent.sample


def test_downloading_a_derived_data_set_fetches_what_it_goes_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(data.sources, "fetch", lambda source, root: asked.append(source.name) or {})
    monkeypatch.setattr(data.sources, "locked", lambda name, root: __import__("contextlib").nullcontext())
    assert "0 files in" in commands._download("cifar10_hog_batches_1_2", Path("nowhere"))
    assert asked == ["cifar10"]


@pytest.mark.parametrize("name", ["shift_scale", "standardize"])
def test_the_engine_trains_on_features(name: str, tmp_path: Path) -> None:
    prepared.prepare(source := features.with_hog(images()), tmp_path)
    block = {"name": name} | ({"shift": 0, "scale": 1} if name == "shift_scale" else {})
    overrides = {"input": block, "batches": {"name": "shuffled", "size": 10}, "budget": {"epochs": 30}}
    spec = TrainingSpec.model_validate(BASE | overrides)
    dataset = prepared.load(source, tmp_path)
    [outcome] = train(spec, [0], dataset, lambda seed: tmp_path / f"{seed}.pt", [], "cpu")
    losses = outcome.curves["train_loss"]
    assert outcome.cost["parameters"] == 324 * 6 + 6 + 6 * 10 + 10 and losses[-1] < losses[0] - 0.05
