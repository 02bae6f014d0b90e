"""Flower photos: 3,670 photographs of five flowers, from TensorFlow's tutorials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from replab.data.dataset import Arrays, RawFile, Source
from replab.data.images import decoded, in_tar
from replab.errors import ReplabError

SIZE = 224
TENTH = 10
COUNTS = {"daisy": 633, "dandelion": 898, "roses": 641, "sunflowers": 699, "tulips": 799}
ARCHIVE = "flower_photos.tgz"


def decode(source: Source, raw: Mapping[str, Path]) -> Arrays:
    """The four arrays. There is no official split: of a class's images, by name, every tenth is to test on.

    Raises ReplabError where a class has more or fewer images than were published.
    """
    contents = dict(in_tar(raw[ARCHIVE], _is_photograph))
    labels = {name: list(COUNTS).index(name.split("/")[1]) for name in sorted(contents)}
    found = Counter(name.split("/")[1] for name in contents)
    if found != COUNTS:
        raise ReplabError(f"{raw[ARCHIVE]}: expected images {COUNTS}, found {dict(found)}")
    arrays: Arrays = {}
    tested = {name for label in range(len(COUNTS)) for name in [n for n in labels if labels[n] == label][::TENTH]}
    for part, chosen in (("train", labels.keys() - tested), ("test", tested)):
        names = {name: labels[name] for name in chosen}
        arrays[f"{part}_x"], arrays[f"{part}_y"] = decoded(names, contents.__getitem__, SIZE)
    return arrays


def _is_photograph(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 3 and parts[0] == "flower_photos" and parts[1] in COUNTS and name.endswith(".jpg")


TESTED = sum(-(-count // TENTH) for count in COUNTS.values())
SOURCE = Source(
    name="flower_photos",
    title="Flower photos, 3,301 + 369 photographs of five flowers, 3 x 224 x 224",
    origin="official archive, verified by md5",
    licence="CC BY 2.0; the archive's LICENSE.txt names the photographers",
    citation="The TensorFlow team: Flowers (2019)",
    classes=tuple(COUNTS),
    image_shape=(3, SIZE, SIZE),
    train_size=sum(COUNTS.values()) - TESTED,
    test_size=TESTED,
    decode=decode,
    files=(
        RawFile(
            ARCHIVE,
            "6f87fb78e9cc9ab41eff2015b380011d",
            228_813_984,
            urls=(
                f"https://storage.googleapis.com/download.tensorflow.org/example_images/{ARCHIVE}",
                f"http://download.tensorflow.org/example_images/{ARCHIVE}",
            ),
        ),
    ),
    note="There is no official split: of each class's images, ordered by name, the first and every tenth after it are "
    "to test on.",
)
