"""A share of `make chaos` (tests/chaos.py): what is killed goes on, and what is short is said in a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import shortages
from kills import REPORT, TRAIN, Lost, Place, finish, kill_at_operations, kill_reports, kill_trainings, make_place

KILLS = 4
SMALL = {"variants": 1, "seeds": 1, "epochs": 1}


def whole_run(folder: Path, data: Path, **size: int) -> Place:
    place = make_place(folder, data, **size)
    finish(place, *TRAIN)
    finish(place, *REPORT)
    return place


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Place:
    return whole_run(tmp_path_factory.mktemp("whole") / "whole", sample_data)


@pytest.fixture
def place(tmp_path: Path, sample_data: Path) -> Place:
    return make_place(tmp_path / "place", sample_data)


def test_a_training_that_is_killed_loses_an_epoch_at_most_and_no_bit(place: Place, whole: Place) -> None:
    moments = iter([0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8] * KILLS)
    assert kill_trainings(place, whole, KILLS, moments)[1] <= 1


def test_a_training_may_be_killed_between_its_operations_on_files(tmp_path: Path, sample_data: Path) -> None:
    whole = whole_run(tmp_path / "whole", sample_data, **SMALL)
    place = make_place(tmp_path / "place", sample_data, **SMALL)
    kills, operations = kill_at_operations(place, whole, *TRAIN, step=3)
    assert kills > 5 and operations > 15


def test_a_report_that_is_killed_leaves_nothing_behind(place: Place, whole: Place) -> None:
    kill_reports(replace(place, store=whole.store), whole, 2, iter([0.5, 0.3] * KILLS))


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
