"""What a profile will cost: from past records, from similar ones, from a calibration; and what `plan` prints of it."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path
from typing import Any

import pytest

from replab import environment
from replab.__main__ import main
from replab.commands.common import duration, seconds_of, size
from replab.errors import ReplabError
from replab.forecasting.costs import CALIBRATED, JOB_SECONDS, RECORDED, SIMILAR, UNKNOWN, Costs, costs_here, makespan
from replab.forecasting.forecast import forecast, jobs_of, priced
from replab.params import Variant, resolve
from replab.params_loading import check_params
from replab.project import Project
from replab.runners.calibration import seconds_per_unit
from test_fits import FIT
from test_rbf import RBF
from tiny import BASE, params, write_params


def variant(**changes: Any) -> Variant:
    base = copy.deepcopy(BASE) | changes
    return resolve(check_params(params(base=base)), "tiny", "sample")[0]


def record(of: Variant, seconds: float, memory: int = 10**8, **environment_changes: Any) -> dict[str, Any]:
    here = {"processor": environment.processor(), "threads": 1}
    cost = {"train_seconds": seconds, "parameters": 70, "peak_memory_bytes": memory, "device": "cpu", "replicates": 2}
    return {"spec": of.spec, "status": "done", "cost": cost, "environment": here | environment_changes}


def test_a_run_costs_what_its_like_have_cost() -> None:
    costs = Costs([record(variant(), seconds) for seconds in (2.0, 3.0, 40.0)], "cpu")
    found = costs.of(variant())
    assert (found.seconds, found.basis, found.memory_bytes, found.parameters) == (3.0, RECORDED, 10**8, 70)


def test_seconds_go_with_the_epochs_and_not_with_the_learning_rate() -> None:
    costs = Costs([record(variant(), 3.0)], "cpu")
    slow = variant(budget={"epochs": 30}, optimizer=BASE["optimizer"] | {"lr": 0.5})
    assert costs.of(slow).seconds == pytest.approx(30.0) and costs.of(slow).basis == RECORDED
    by_steps = variant(budget={"steps": 600, "evaluate_every": 200})
    assert costs.of(by_steps).basis == UNKNOWN
    assert Costs([record(by_steps, 6.0)], "cpu").of(by_steps).seconds == pytest.approx(6.0)


def test_another_loss_is_similar_and_another_model_unknown() -> None:
    costs = Costs([record(variant(), 3.0)], "cpu")
    hinge = variant(loss={"name": "hinge", "margin": 1})
    assert (costs.of(hinge).seconds, costs.of(hinge).basis) == (3.0, SIMILAR)
    wider = variant(model=BASE["model"] | {"hidden": [60]})
    assert costs.of(wider).seconds is None and costs.of(wider).basis == UNKNOWN
    costs.calibrate(wider, 2.0, 500)
    assert (costs.of(wider).seconds, costs.of(wider).basis, costs.of(wider).parameters) == (6.0, CALIBRATED, 500)


def test_another_number_of_centres_is_another_size() -> None:
    """Also where it stands in a nested block."""
    costs = Costs([record(variant(model=RBF), 3.0)], "cpu")
    logistic = variant(model=RBF | {"radial": {"name": "reflected_sigmoid"}})
    more = variant(model=RBF | {"centers": {"name": "random", "count": 9}})
    assert (costs.of(logistic).basis, costs.of(more).basis) == (SIMILAR, UNKNOWN)


def test_a_fit_costs_what_its_like_have_cost() -> None:
    def fit(**changes: Any) -> Variant:
        return resolve(check_params(params(base=FIT | changes, variants={"plain": {}})), "tiny", "sample")[0]

    costs = Costs([record(fit(), 3.0)], "cpu")
    stronger = fit(solver={"name": "ridge", "strength": 5})
    assert (costs.of(fit()).seconds, costs.of(fit()).basis) == (3.0, RECORDED)
    assert (costs.of(stronger).seconds, costs.of(stronger).basis) == (3.0, SIMILAR)
    more = fit(model=FIT["model"] | {"centers": {"name": "random", "count": 9}})
    assert costs.of(more).basis == UNKNOWN and costs.of(variant(model=RBF)).basis == UNKNOWN


def test_runs_elsewhere_and_unfinished_ones_say_nothing() -> None:
    other = [
        record(variant(), 1.0, processor="abacus"),
        record(variant(), 1.0, threads=8),
        record(variant(), 1.0) | {"status": "diverged"},
    ]
    gpu = record(variant(), 1.0)
    gpu["cost"]["device"] = "abacus"
    assert costs_here([*other, gpu], threads=1).of(variant()).basis == UNKNOWN
    assert costs_here([*other, record(variant(), 2.0)], threads=1).of(variant()).seconds == 2.0


def test_a_record_of_an_older_form_is_understood() -> None:
    old = record(variant(), 3.0)
    old["spec"] = {key: value for key, value in old["spec"].items() if key not in {"averaging", "regularizers"}}
    assert Costs([old], "cpu").of(variant()).basis == SIMILAR


@pytest.mark.parametrize("spec", [{}, {"run": {}}, {"budget": {"epochs": 0}}, {"budget": []}, {"probe": {"name": []}}])
def test_a_record_of_no_run_that_we_know_says_nothing_of_costs(spec: dict[str, Any]) -> None:
    stranger = record(variant(), 3.0) | {"spec": spec}
    costs = Costs([stranger, record(variant(), 2.0)], "cpu")
    assert costs.of(variant()).seconds == pytest.approx(2)


def test_the_last_job_ends_when_a_patient_scheduler_says() -> None:
    jobs = [5.0, 4.0, 3.0, 3.0, 3.0]
    assert makespan(jobs, 1) == 18 and makespan(jobs, 5) == 5 and makespan([], 2) == 0
    best = min(
        max(sum(job for job, core in zip(jobs, cores, strict=True) if core == c) for c in (0, 1))
        for cores in itertools.product((0, 1), repeat=len(jobs))
    )
    assert best <= makespan(jobs, 2) <= best * 4 / 3


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("replab.forecasting.forecast.CALIBRATION_SECONDS", 0.2)
    monkeypatch.setattr("replab.forecasting.forecast.LEAST_SECONDS", 0.1)
    write_params(folder / "params.yaml", params())
    return folder


def test_a_forecast_adds_up(project: Path) -> None:
    opened = Project(Path("params.yaml"), None)
    known = Costs([record(variant(), 3.0, memory=7 * 10**8)], "cpu")
    jobs = priced(jobs_of(opened, "tiny"), known)
    [job] = jobs
    assert [part.todo for part in job] == [2, 2]
    found = forecast(opened, jobs, cores=2)
    assert (found.runs, found.todo, found.jobs, found.basis) == (4, 4, 1, RECORDED)
    assert found.seconds == pytest.approx(4 * 3.0 + JOB_SECONDS) and found.memory_bytes == 7 * 10**8
    nothing = forecast(opened, priced(jobs_of(opened, "tiny"), Costs([], "cpu")), cores=2)
    assert nothing.seconds is None and nothing.basis == UNKNOWN


def test_a_calibration_trains_a_part_of_an_epoch_by_the_engine_itself(sample_data: Path) -> None:
    """How near it comes to what then happens, benchmarks/plan.md shows: no test times a machine that may be busy."""
    big = variant(model=BASE["model"] | {"hidden": [256]}, budget={"epochs": 2})
    seconds, parameters = seconds_per_unit(big, sample_data, limit=0.5)
    assert parameters == 784 * 256 + 256 + 256 * 10 + 10 and seconds > 0


def test_what_diverges_on_random_data_at_once_is_not_timed(sample_data: Path) -> None:
    endless = variant(model=BASE["model"] | {"weights_initializer": {"name": "normal", "std": 1e38}})
    with pytest.raises(ReplabError, match="diverges on random data"):
        seconds_per_unit(endless, sample_data, 1.0)


def test_a_calibration_scales_a_part_of_an_epoch_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With 2 ms a step and 30 ms an epoch besides: 200 steps of 20 take 430 ms, shared by two seeds."""

    def epoch(of: Variant, sizes: dict[str, int], share: float, root: Path) -> tuple[float, int]:
        return 0.03 + 0.002 * round(share * 200), 7

    monkeypatch.setattr("replab.runners.calibration._epoch", epoch)
    assert seconds_per_unit(variant(), tmp_path, limit=0.5) == (pytest.approx(0.43 / 2), 7)
    by_steps = variant(budget={"steps": 600, "evaluate_every": 200})
    assert seconds_per_unit(by_steps, tmp_path, limit=0.5) == (pytest.approx(0.43 / 200 / 2), 7)


@pytest.mark.parametrize(
    ("step_seconds", "evaluate_every", "tried"),
    [
        (0.001, 200, [1, 10, 41]),
        (0.1, 200, [1, 10, 3]),
        (0.1, 8, [1, 8]),
        (0.1, 1, [1]),
        (5.0, 200, [1]),
        (5.0, 1, [1]),
    ],
)
def test_a_slow_run_is_timed_over_few_steps(
    step_seconds: float, evaluate_every: int, tried: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []

    def epoch(of: Variant, sizes: dict[str, int], share: float, root: Path) -> tuple[float, int]:
        seen.append(round(share * evaluate_every))
        return 0.03 + step_seconds * seen[-1], 7

    monkeypatch.setattr("replab.runners.calibration._epoch", epoch)
    budget = {"steps": 3 * evaluate_every, "evaluate_every": evaluate_every}
    seconds, _ = seconds_per_unit(variant(budget=budget), tmp_path, limit=0.5)
    besides = 0.03 if len(tried) > 1 else 0.03 * evaluate_every  # too much, but little next to a slow step
    assert seconds == pytest.approx((besides + step_seconds * evaluate_every) / evaluate_every / 2) and seen == tried


def test_plan_says_what_it_knows_and_from_where(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0
    out, err = capsys.readouterr()
    header, row, *_ = out.splitlines()
    assert header.split()[-4:] == ["memory", "disk", "known", "from"] and row.split()[:6] == ["tiny", *"224", "4", "1"]
    assert row.endswith("calibration") and "timing 1 kind of runs" in err
    assert main(["train", "tiny", "plain", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["plan", "--threads", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].endswith("past runs") and "timing" not in err
    assert main(["train", "tiny", "--quiet"]) == 0 and main(["plan", "tiny"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[3:] == ["4", "0", "0", "-", "-", "-"]


def test_plan_needs_no_data(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("REPLAB_DATA", str(project / "empty"))
    assert main(["plan"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1].endswith("calibration") and "Data to prepare: mnist_sample (0 kB to fetch" in out


def test_probes_are_timed_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probe = {"name": "softmax_overflow", "scale": 10, "shift": False}
    write_params(Path("params.yaml"), params(base={"probe": probe}, variants={"plain": {}}))
    assert main(["plan"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("calibration")


@pytest.mark.parametrize("option", ["--cores=0", "--cores=two", "--cores=-1", "--threads=1.5"])
def test_nonsense_is_refused(option: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", option]) == 2
    assert "must be a whole number of at least 1, not " in capsys.readouterr().err


def test_times_and_sizes_read_well() -> None:
    assert [duration(s) for s in (3.2, 240, 9000, None)] == ["3 s", "4 min", "2.5 h", "unknown"]
    assert [size(b) for b in (2_000, 3.1e7, 2.5e9, None)] == ["2 kB", "31 MB", "2.5 GB", "unknown"]
    assert [seconds_of(text, "x") for text in ("90s", "30m", "1.5h", "1h30m")] == [90, 1800, 5400, 5400]


@pytest.mark.parametrize("text", ["", "30", "m", "1x", "0m", "-5m", "5 m", "1h 30m", "1m1", "infs", "1e3s"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ReplabError, match="--budget must be a time such as 90s, 30m or 1h30m"):
        seconds_of(text, "--budget")
