"""A share of `make chaos` (tests/chaos.py): what is killed goes on, and what is short is said in a line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import shortages
from kills import TRAIN, Place, kill_at_operations, kill_reports, kill_trainings, make_place, whole_run
from remains import Lost
from strikes import moments

KILLS = 4
SMALL = {"variants": 1, "seeds": 1, "epochs": 1}


@dataclass(frozen=True)
class Whole:
    """A place with a run that nobody disturbed, and how long it took."""

    place: Place
    training: float
    report: float


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Whole:
    place = make_place(tmp_path_factory.mktemp("whole") / "whole", sample_data)
    return Whole(place, *whole_run(place))


@pytest.fixture
def whole(undisturbed: Whole) -> Place:
    return undisturbed.place


@pytest.fixture
def place(tmp_path: Path, sample_data: Path) -> Place:
    return make_place(tmp_path / "place", sample_data)


def test_a_training_that_is_killed_loses_an_epoch_at_most_and_no_bit(place: Place, undisturbed: Whole) -> None:
    when = moments("a test", undisturbed.training)
    assert kill_trainings(place, undisturbed.place, KILLS, when)[1] <= 1


def test_a_training_may_be_killed_between_its_operations_on_files(tmp_path: Path, sample_data: Path) -> None:
    whole, place = (make_place(tmp_path / name, sample_data, **SMALL) for name in ("whole", "place"))
    whole_run(whole)
    kills, operations = kill_at_operations(place, whole, *TRAIN, step=3)
    assert kills > 5 and operations > 15


def test_a_report_that_is_killed_leaves_nothing_behind(place: Place, undisturbed: Whole) -> None:
    whole = undisturbed.place
    kill_reports(replace(place, store=whole.store), whole, 2, moments("a test", undisturbed.report))


def test_three_trainers_of_one_study_share_the_work(place: Place, whole: Place) -> None:
    assert shortages.train_three_at_once(place, whole) == 4


@pytest.fixture
def disks(tmp_path: Path) -> None:
    if reason := shortages.why_no_disk(tmp_path / "disk"):
        pytest.skip(reason)


@pytest.mark.usefixtures("disks")
def test_a_full_disk_is_said_in_a_line_and_room_mends_it(place: Place, whole: Place) -> None:
    assert shortages.fill_stores(place, whole, "a seed", 2)[0] > 0


@pytest.mark.usefixtures("disks")
def test_a_store_that_may_not_be_written_is_read_and_said_in_a_line(place: Place, whole: Place) -> None:
    refused, stores = shortages.use_read_only_stores(place, whole)
    assert refused == stores


def test_too_few_descriptors_are_said_in_a_line(place: Place) -> None:
    assert [shortages.refused(place, *TRAIN, "--quiet", descriptors=limit) for limit in (6, 64)] == [True, False]


def test_two_lost_epochs_are_seen() -> None:
    lost = Lost(epochs=6)
    lost.take(
        "tiny plain seeds 0-1: 1/6, loss 1\ntiny plain seeds 0-1: 2/6, loss 1\ntiny plain seeds 0-1: 3/6, loss 1\n"
    )
    lost.take("tiny plain seeds 1: 1/3, loss 1\n")
    assert lost.most == 0
    lost.take("tiny plain seeds 0: 1/5, loss 1\n")
    assert lost.most == 2


@pytest.mark.parametrize(
    ("status", "said"), [(1, "replab: no"), (2, ""), (2, "replab: a\nb\nc"), (2, "Traceback (most recent call last)")]
)
def test_an_unclear_answer_is_seen(status: int, said: str) -> None:
    with pytest.raises(AssertionError):
        shortages.check_answer(status, said)
