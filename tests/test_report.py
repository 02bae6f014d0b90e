"""The report, from synthetic records: every number in it is made here, none was measured."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from scipy import stats

from replab.errors import ReplabError
from replab.judging.questions import StudyClaims
from replab.judging.verdict_names import DataScope
from replab.judging.words import capital, stated
from replab.report import extra_tables
from replab.report.axis_scales import FLOOR, accuracy_ticks, logarithmic_axis, time_axis
from replab.report.curve_panels import line_styles, panels_of
from replab.report.extra_tables import ExtraTable
from replab.report.findings import findings_text
from replab.report.forests import possible_limits, spans_decades
from replab.report.frames import SUMMARY_COLUMNS, costs_frame, curves_frame, runs_frame, summary_frame
from replab.report.kept_judgements import judgement_of
from replab.report.learning_curves import band_of, spread_apart
from replab.report.markdown import rests_on, study_page
from replab.report.markdown_text import (
    difference_words,
    escaped,
    metric_words,
    shown,
    shown_span,
    shown_with_interval,
    table,
)
from replab.report.records import records_text
from replab.report.study import StudyResult
from replab.report.tables import main_table, main_tables, value_text
from replab.report.variant_differences import variant_differences
from replab.report.verdict_summary import counted
from replab.report.write import write_profile, write_study
from synthetic import LEVELS, QUOTE, SEEDS, STUDY, made_file, made_record, made_result, made_sample

NO_CLAIMS = StudyClaims("", "")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _tables(page: str) -> dict[str, list[list[list[str]]]]:
    """Heading -> its tables, each a list of rows of texts, as a markdown parser sees them."""
    found: dict[str, list[list[list[str]]]] = {}
    heading, tokens = "", MarkdownIt("commonmark").enable("table").parse(page)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "table_open":
            found.setdefault(heading, []).append([])
        elif token.type == "tr_open":
            found[heading][-1].append([])
        elif token.type == "inline" and before is not None:
            text = "".join(child.content for child in token.children or [])
            if before.type == "heading_open":
                heading = text
            elif before.type in {"td_open", "th_open"}:
                found[heading][-1][-1].append(text)
    return found


def _main_rows(page: str, heading: str = "Every variant") -> list[dict[str, str]]:
    header, *rows = _tables(page)[heading][0]
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    write_study(made_result(), folder / STUDY)
    write_profile([made_result()], folder, {"000": made_file()})
    return folder


@pytest.fixture(scope="module")
def page(written: Path) -> str:
    return (written / STUDY / "report.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def summary(written: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (written / STUDY / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {(row["variant"], row["metric"]): row for row in csv.DictReader(file)}


def test_every_number_of_the_main_table_is_in_summary_csv(
    page: str, summary: dict[tuple[str, str], dict[str, str]]
) -> None:
    rows = _main_rows(page)
    assert [row["variant"] for row in rows] == [f"{name}" for name in LEVELS]
    for row in rows:
        numbers = summary[row["variant"], "test_accuracy"]
        text = row["test accuracy (%)"]
        columns = ["median", "least", "greatest"] if text.startswith("median") else ["mean", "ci_low", "ci_high"]
        cells = [row["n"].partition(" ")[0], *NUMBER.findall(text)]
        for column, cell in zip(["n", *columns], cells, strict=True):
            assert float(cell) == pytest.approx(float(numbers[column]), abs=0.005000001), column


def test_a_mean_that_no_run_has_is_told_as_a_median() -> None:
    row = {"unit": "nats", "n": 4, "mean": 5.4, "ci_low": -4.5, "ci_high": 15.3, "median": 0.0}
    assert value_text(row | {"least": 0.0, "greatest": 10.8}) == "median 0 (0 to 10.8)"
    assert value_text(row | {"mean": 0.1, "least": 0.0, "greatest": 10.8}, n=5) == "0.1 [-4.5, 15.3] (n = 4)"


def test_runs_that_differ_in_a_rounded_digit_have_a_mean() -> None:
    row = {"unit": "nats", "n": 6, "mean": 1.85605e-5, "ci_low": 1.85605e-5, "ci_high": 1.85606e-5}
    row |= {"median": 1.85606e-5, "least": 1.85605e-5, "greatest": 1.85606e-5}
    assert value_text(row) == "1.856e-05 [1.856e-05, 1.856e-05]"


def test_two_runs_have_a_median_run_where_one_explodes() -> None:
    row = {"unit": "nats", "n": 2, "mean": 5e25, "ci_low": -6e26, "ci_high": 7e26, "median": 5e25}
    row |= {"least": 0.5, "greatest": 1e26}
    assert value_text(row) == "median run 0.5 (0.5 to 1e+26)"
    assert value_text(row | {"n": 3, "median": 0.7}) == "median 0.7 (0.5 to 1e+26)"
    frame = pd.DataFrame([row | {"variant": "a", "metric": "loss"}])
    assert findings_text('{{ mean("a", "loss") }}', frame) == "median run 0.5"


def test_a_run_that_explodes_does_not_hide_the_others_behind_its_mean() -> None:
    """Two of eight runs finish, and one of them with a loss of 4e26: neither table prints a mean of 2e26."""
    records = dict(made_result().records)
    for seed, loss in enumerate([192_578.0, 4.28e26]):
        run = records["tanh", seed]
        records["tanh", seed] = {**run, "metrics": run["metrics"] | {"train_loss": {"value": loss, "unit": "nats"}}}
    records = {run: record for run, record in records.items() if run[0] != "tanh" or run[1] < 2}
    result = made_result(records=records, primary=["train_loss"], baseline="relu", missing=[])
    judgement = judgement_of(result)
    text = study_page(result, summary_frame(result, judgement.parts), judgement, [])
    assert "| median run 1.926e+05 (1.926e+05 to 4.28e+26) |" in text and "2.14e+26" not in text
    [row] = [line for line in text.splitlines() if line.startswith("| `tanh` | 2 | median")]
    assert "| median run +1.926e+05 (1.926e+05 to 4.28e+26) |" in row and row.endswith("|  |  |  |")
    assert text.count("more than a million times the median") == 2
    whole = made_result(baseline="relu")
    judgement = judgement_of(whole)
    assert "a million times" not in study_page(whole, summary_frame(whole, judgement.parts), judgement, [])


def test_the_summary_has_means_and_t_intervals_of_the_finished_runs() -> None:
    result = made_result()
    frame = summary_frame(result, judgement_of(result).parts)
    assert list(frame.columns) == SUMMARY_COLUMNS
    assert len(frame) == len(LEVELS) * 3
    for row in frame[frame["metric"] == "test_accuracy"].to_dict("records"):
        runs = [result.records[key] for key in sorted(result.records) if key[0] == row["variant"]]
        done = [run for run in runs if run["status"] == "done"]
        values = [run["metrics"]["test_accuracy"]["value"] for run in done]
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert row["n"] == len(values)
        assert row["mean"] == pytest.approx(sum(values) / len(values), abs=5.1e-5)
        assert row["median"] == pytest.approx(statistics.median(values), abs=5.1e-5)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high), abs=5.1e-5)
        assert row["run_ids"] == " ".join(run["identity"][:12] for run in done)


def test_the_summary_has_the_number_that_the_report_prints(summary: dict[tuple[str, str], dict[str, str]]) -> None:
    claimed = {key: float(row["claimed"]) for key, row in summary.items() if row["claimed"]}
    assert claimed == {("relu", "test_accuracy"): 93.1, ("tanh", "test_accuracy"): 95.0}


def test_a_second_write_changes_no_byte(written: Path) -> None:
    before = _files(written)
    write_study(made_result(), written / STUDY)
    write_profile([made_result()], written, {"000": made_file()})
    assert _files(written) == before
    assert sum(name.endswith(".png") for name in before) == sum(name.endswith(".svg") for name in before) == 3
    assert {f"{STUDY}/statements.csv", f"{STUDY}/parts.csv"} <= set(before)


def test_the_order_of_the_records_does_not_matter(written: Path, tmp_path: Path) -> None:
    result = made_result()
    turned = replace(result, records=dict(reversed(result.records.items())), missing=result.missing[::-1])
    write_study(turned, tmp_path)
    assert _files(tmp_path) == _files(written / STUDY)


def test_diverged_and_missing_runs_are_listed_and_never_averaged(page: str) -> None:
    tables = _tables(page)
    assert _main_rows(page)[3]["n"] == "5 of 8 (2 diverged, 1 missing)"
    assert tables["What diverged or did not run"][0][1:] == [
        ["tanh_wide", "1", "diverged", "at step 1,234"],
        ["tanh_wide", "4", "diverged", "at step 1,234"],
        ["tanh_wide", "5", "missing", "MemoryError: no | room"],
    ]
    runs = runs_frame(made_result()).query("variant == 'tanh_wide' and metric == 'test_accuracy'")
    assert runs.loc[runs["status"] == "diverged", "value"].isna().all()
    assert runs_frame(made_result()).query("status == 'missing'")["seed"].tolist() == [5]


def test_every_row_of_every_table_has_as_many_cells_as_its_header(page: str) -> None:
    lines = page.splitlines()
    for table_ in (table_ for tables in _tables(page).values() for table_ in tables):
        assert len({len(row) for row in table_}) == 1
    pipes = [len(re.findall(r"(?<!\\)\|", line)) for line in lines if line.startswith("|")]
    starts = [i for i, line in enumerate(lines) if re.match(r"\| --[-:]", line)]
    assert len(starts) == sum(map(len, _tables(page).values())) > 6
    assert len(pipes) > 20
    for start in starts:
        block = []
        for line in lines[start - 1 :]:
            if not line.startswith("|"):
                break
            block.append(len(re.findall(r"(?<!\\)\|", line)))
        assert len(set(block)) == 1


def test_a_quote_with_pipes_and_markup_reads_as_it_was_written(page: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    texts = ["".join(child.content for child in token.children or []) for token in tokens if token.type == "inline"]
    assert sum(QUOTE in text for text in texts) == 1  # four statements from one place share a line
    assert any(text == "A synthetic study | with a pipe" for text in texts)


@pytest.mark.parametrize("text", [QUOTE, "a_b _c_ d_", "*x* **y** ~~z~~", "&lt; \\| [a](b) ![c](d)", "最高 | 准确率"])
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    page = table(["x", "y"], [[escaped(text), "end"]])
    assert _tables(page)[""][0][1] == [text, "end"]


@pytest.mark.parametrize("text", ["+ mixup is better", "- a", "1. layer", "2) b", "# c", "-0.5 d", "+0.3", "* e"])
def test_escaped_text_is_no_item_of_a_list_of_its_own(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"- {escaped(text)}\n")
    assert [token.type for token in tokens].count("list_item_open") == 1
    assert [child.content for token in tokens for child in token.children or [] if child.content] == [text]


def test_each_statement_has_a_row_of_what_was_said_found_decided_and_why(page: str) -> None:
    header, *rows = _tables(page)["What report 000 says, and what we found"][0]
    assert header == ["", "what was said", "what we found", "verdict", "why"]
    judged = judgement_of(made_result()).statements
    own = judged[judged["role"] == "statement"]
    assert [row[1:] for row in rows] == own[["sentence", "found", "verdict", "why"]].to_numpy().tolist()
    assert [row[3] for row in rows] == ["REPLICATED", "CONTRADICTED", "REPLICATED", "CONTRADICTED"]
    [asked] = _tables(page)["Questions of our own"][0][1:]
    assert (asked[0], asked[3]) == ("Q1", "SUPPORTED")


def test_the_numbers_behind_the_verdicts_are_those_of_parts_csv(page: str, written: Path) -> None:
    header, *rows = _tables(page)["The numbers behind the verdicts"][0]
    parts = pd.read_csv(written / STUDY / "parts.csv")
    assert [row[0] for row in rows] == ["1", "2", "3", "3", "4", "Q1"]
    for row, part in zip(rows, parts.to_dict("records"), strict=True):
        cells = dict(zip(header, row, strict=True))
        assert cells["verdict"] == part["verdict"] and int(cells["n"].partition(" ")[0]) == part["n"]
        assert float(cells["p (Holm)"]) == pytest.approx(part["p_holm"], rel=0.06)
        numbers = [float(found) for found in NUMBER.findall(cells["ours [interval]"])]
        assert numbers == pytest.approx([part[key] for key in ("estimate", "low", "high")], abs=0.0051)


def test_the_best_epoch_stands_beside_the_last_one(page: str, summary: dict[tuple[str, str], dict[str, str]]) -> None:
    header, *rows = _tables(page)["The last epoch, and the best one"][0]
    assert header[:3] == ["variant", "last epoch", "best epoch on test"]
    for variant, last, best, gain in rows:
        assert float(last) == pytest.approx(float(summary[variant, "test_accuracy"]["mean"]), abs=0.0051)
        assert float(best) == pytest.approx(float(summary[variant, "test_accuracy_best_epoch"]["mean"]), abs=0.0051)
        assert float(gain) == pytest.approx(float(best) - float(last), abs=0.011)


def test_a_number_can_be_walked_back_to_its_record(
    page: str, written: Path, summary: dict[tuple[str, str], dict[str, str]]
) -> None:
    lines = (written / STUDY / "records.jsonl").read_text(encoding="utf-8").splitlines()
    records = {json.loads(line)["identity"][:12]: json.loads(line) for line in lines}
    row = summary["tanh", "test_accuracy"]
    found = [records[name] for name in row["run_ids"].split()]
    values = [record["metrics"]["test_accuracy"]["value"] for record in found]
    assert float(row["mean"]) == pytest.approx(np.mean(values), abs=5.1e-5)
    assert {(record["study"], record["variant"]) for record in found} == {(STUDY, "tanh")}
    walk = page[page.index("## How to trace a number back to its run") :]
    assert summary["relu", "test_accuracy"]["run_ids"].split()[0] in walk
    assert "src/replab/nn/models/mlp.py:20" in walk
    assert found[0]["environment"]["commit"] in walk


def test_records_are_kept_whole_by_variant_and_seed() -> None:
    result = made_result()
    lines = [json.loads(line) for line in records_text(result).splitlines()]
    assert [(line["variant"], line["seed"]) for line in lines] == sorted(result.records)
    for line in lines:
        key = line.pop("variant"), line["seed"]
        assert line.pop("study") == STUDY
        assert line == result.records[key]


def test_the_records_of_many_runs_are_compressed_and_can_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replab.report.study.MOST_PLAIN", 3)
    (tmp_path / "records.jsonl").write_text("from when there were fewer\n", encoding="utf-8")
    write_study(made_result(), tmp_path)
    first = (tmp_path / "records.jsonl.gz").read_bytes()
    assert gzip.decompress(first).decode() == records_text(made_result())
    assert not (tmp_path / "records.jsonl").exists()
    assert "zgrep" in (tmp_path / "report.md").read_text(encoding="utf-8")
    write_study(made_result(), tmp_path)
    assert (tmp_path / "records.jsonl.gz").read_bytes() == first


def test_a_sample_says_so_everywhere_and_replicates_nothing(tmp_path: Path) -> None:
    write_study(made_sample(), tmp_path / STUDY)
    write_profile([made_sample()], tmp_path)
    files = _files(tmp_path)
    assert not [name for name, content in files.items() if b"REPLICATED" in content or b"CONTRADICTED" in content]
    pictures = [content for name, content in files.items() if name.endswith(".svg")]
    assert len(pictures) == 3
    assert all(b"SAMPLE" in content for content in pictures)
    assert not [name for name in files if name.endswith(".png")] and b".png" not in files[f"{STUDY}/report.md"]
    for name in (f"{STUDY}/report.md", "README.md"):
        assert all("SAMPLE" in heading for heading in _tables(files[name].decode()))


def test_a_report_on_other_data_says_so_everywhere_and_gives_no_verdict_on_the_reports_own(tmp_path: Path) -> None:
    result = made_result(profile="letters", scope=DataScope.OTHER)
    write_study(result, tmp_path / STUDY)
    write_profile([result], tmp_path, {"000": made_file()})
    files = _files(tmp_path)
    assert not [name for name, content in files.items() if b"REPLICATED" in content or b"CONTRADICTED" in content]
    assert all(b"on letters" in content for name, content in files.items() if name.endswith(".svg"))
    for name in (f"{STUDY}/report.md", "README.md"):
        page = files[name].decode()
        assert "**OTHER DATA.**" in page and all("(on letters)" in heading for heading in _tables(page))
    found = pd.read_csv(tmp_path / STUDY / "statements.csv").set_index("id")["verdict"].to_dict()
    assert found == {
        "000.relu": "NOT TESTED",
        "000.tanh": "NOT TESTED",
        "000.order": "GENERALISES",
        "000.equal": "DOES NOT GENERALISE",
        "000.wide": "SUPPORTED",
    }


def test_the_full_profile_does_not_say_sample(written: Path) -> None:
    assert not [name for name, content in _files(written).items() if b"SAMPLE" in content]


def test_a_study_without_records_says_what_is_missing(tmp_path: Path) -> None:
    missing = [(variant, seed, "not run") for variant in LEVELS for seed in SEEDS]
    write_study(made_result(records={}, missing=missing, data=[], settings=[]), tmp_path / STUDY)
    page = (tmp_path / STUDY / "report.md").read_text(encoding="utf-8")
    assert "No run of this study has finished (0 of 32 runs finished)." in page
    assert [row["n"] for row in _main_rows(page)] == ["0 of 8 (8 missing)"] * 4
    assert _tables(page)["What diverged or did not run"][0][1] == [
        "relu",
        "0, 1, 2, 3, 4, 5, 6, 7",
        "missing",
        "not run",
    ]
    assert "figures/" not in page
    write_profile([made_result(records={}, missing=missing)], tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == {STUDY: {}}
    assert (tmp_path / "curves.csv").read_text() == "study,variant,metric,epoch,mean\n"


def test_a_study_whose_runs_all_diverged_has_no_mean(tmp_path: Path) -> None:
    records = {("relu", seed): made_record("relu", seed, diverged=True) for seed in SEEDS}
    result = made_result(records=records, missing=[], variants=["relu"], claims=NO_CLAIMS)
    write_study(result, tmp_path)
    assert _main_rows((tmp_path / "report.md").read_text(encoding="utf-8"))[0]["n"] == "0 of 8 (8 diverged)"
    assert (tmp_path / "figures" / "curves_test_accuracy.svg").exists()
    assert summary_frame(result, judgement_of(result).parts)["mean"].isna().all()


def test_a_single_run_has_a_mean_and_no_interval() -> None:
    result = made_result(records={("relu", 0): made_record("relu", 0)}, missing=[], claims=NO_CLAIMS)
    row = summary_frame(result, judgement_of(result).parts).iloc[0]
    assert (row["n"], row["mean"]) == (1, made_record("relu", 0)["metrics"]["test_accuracy"]["value"])
    assert math.isnan(row["ci_low"])


def test_a_table_that_is_added_to_the_list_is_in_the_report_and_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted(result: StudyResult, summary: pd.DataFrame) -> str:
        return table(["runs", "rows"], [[str(len(result.records)), str(len(summary))]])

    monkeypatch.setattr(extra_tables, "EXTRA_TABLES", [ExtraTable("Of our own", counted, "It counts.")])
    write_study(made_result(), tmp_path / STUDY)
    write_profile([made_result()], tmp_path, {"000": made_file()})
    report, page = (tmp_path / STUDY / "report.md").read_text(), (tmp_path / "index.html").read_text()
    assert f"## Of our own\n\n| runs | rows |\n| --- | --- |\n| {len(made_result().records)} | " in report
    assert "<h4>Of our own</h4>" in page and "<p>It counts.</p>" in page
    assert "## Cost" not in report and "<h4>Cost</h4>" not in page


def test_a_measurement_without_curves_has_a_page_without_them(tmp_path: Path) -> None:
    entry = {"metrics": {"share": {"value": 0.000339712, "unit": "fraction"}}, "curves": {}}
    records = {(variant, seed): made_record(variant, seed) | entry for variant in ("relu", "tanh") for seed in (0, 1)}
    write_study(made_result(records=records, missing=[], claims=NO_CLAIMS, primary=["share"], data=[]), tmp_path)
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "Learning curves" not in page
    assert _main_rows(page)[0]["share (fraction)"] == "0.0003397"  # what all runs have is told once
    assert (
        "relu,share,fraction,2,0.000339712,0.000339712,0.000339712,0.000339712,0.000339712,0.000339712,,"
        in (tmp_path / "summary.csv").read_text()
    )


def test_pictures_that_a_study_has_no_more_are_removed(tmp_path: Path) -> None:
    stale = tmp_path / "figures" / "curves_old_metric.svg"
    stale.parent.mkdir()
    stale.write_text("old")
    write_study(made_result(records={}, missing=[("relu", 0, "not run")]), tmp_path)
    assert not stale.exists()


def test_the_profile_page_counts_the_statements_and_names_what_is_not_tested(written: Path) -> None:
    page = (written / "README.md").read_text(encoding="utf-8")
    header, row = next(iter(_tables(page).values()))[0]
    cells = dict(zip(header, row, strict=True))
    statements = pd.read_csv(written / STUDY / "statements.csv")
    counted = statements.loc[statements["role"] == "statement", "verdict"].value_counts().to_dict()
    counted["NOT TESTED"] = counted.get("NOT TESTED", 0) + 1
    assert int(cells["statements"]) == sum(counted.values()) == 5
    assert {name: int(cells[name]) for name in cells if name.isupper()} == counted
    assert _tables(page)["Report 000"][0][-1] == ["It is fast.", "NOT TESTED", "No run has a clock.", "none"]
    [study] = _tables(page)["Studies"][0][1:]
    assert study[1:] == ["000", "4", "8", "29 of 32"]


def test_the_metrics_and_curves_for_dvc_are_those_of_the_records(
    written: Path, summary: dict[tuple[str, str], dict[str, str]]
) -> None:
    metrics = json.loads((written / "metrics.json").read_text())
    assert metrics[STUDY]["relu"]["test_accuracy"] == float(summary["relu", "test_accuracy"]["mean"])
    curves = pd.read_csv(written / "curves.csv")
    own = curves.query("variant == 'tanh_wide' and metric == 'test_accuracy'")
    finished = [made_record("tanh_wide", seed)["curves"]["test_accuracy"] for seed in (0, 2, 3, 6, 7)]
    assert own["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert own["mean"].tolist() == pytest.approx(np.mean(finished, axis=0).tolist(), abs=5.1e-5)


def test_curves_are_averaged_over_finished_runs_with_their_t_interval() -> None:
    curves = curves_frame(made_result()).query("variant == 'tanh_wide' and metric == 'test_accuracy'")
    band = band_of(curves, "epoch").set_index("epoch")
    for epoch in (1, 5):
        values = [made_record("tanh_wide", seed)["curves"]["test_accuracy"][epoch - 1] for seed in (0, 2, 3, 6, 7)]
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert band.loc[epoch].tolist() == pytest.approx([np.mean(values), interval.low, interval.high])
    assert set(curves.query("status == 'diverged'")["epoch"]) == {1, 2}


def test_points_without_a_value_are_left_out_of_curves() -> None:
    record = made_record("relu", 0)
    record["curves"]["test_accuracy"][1] = None
    curves = curves_frame(made_result(records={("relu", 0): record}, missing=[])).query("metric == 'test_accuracy'")
    assert curves["epoch"].tolist() == [1, 3, 4, 5]


def test_costs_are_a_row_a_run_and_cost() -> None:
    costs = costs_frame(made_result())
    assert len(costs) == 31 * 4
    assert costs.query("metric == 'train_seconds' and variant == 'relu'")["value"].tolist() == [1.5 + s for s in SEEDS]


def test_versions_of_torch_and_devices_that_records_mix_are_said_on_both_pages(tmp_path: Path) -> None:
    result = made_result()
    for number, record in enumerate(result.records.values()):
        record["environment"]["torch"] = "2.12.0" if number < 3 else "2.13.0"
        record["cost"]["device"] = "cuda" if number == 0 else "cpu"
    rest = len(result.records)
    said = f"torch 2.12.0 (3 runs) and 2.13.0 ({rest - 3} runs) and devices cpu ({rest - 1} runs) and cuda (1 run)."
    assert rests_on(result).endswith(f"The records mix {said}")
    write_profile([result], tmp_path, {"000": made_file()})
    assert f"The records mix {said}" in (tmp_path / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    assert "mix" not in rests_on(made_result())


def test_many_variants_are_drawn_in_panels_by_what_differs() -> None:
    names = [f"{activation}_{loss}" for activation in ("tanh", "selu") for loss in ("a", "b", "c", "d")]
    differences = {
        name: {"model": {"activation": {"name": name.partition("_")[0]}}, "loss": {"name": name[-1]}} for name in names
    }
    result = made_result(variants=names, differences=differences, records={}, missing=[])
    panels = panels_of(result, set(names))
    assert panels == {"activation tanh": names[:4], "activation selu": names[4:]}
    styles = line_styles(result, panels)
    assert [styles[name] for name in names[:4]] == [styles[name] for name in names[4:]]
    assert len(set(styles.values())) == 4


def test_panels_hold_at_most_six_variants_as_many_as_one_another_and_each_once() -> None:
    names = [f"v{number}" for number in range(20)]
    result = made_result(variants=names, differences={}, records={}, missing=[])
    panels = panels_of(result, set(names))
    assert [len(panel) for panel in panels.values()] == [5, 5, 5, 5]
    assert next(iter(panels)) == "1 to 5 of 20"
    assert [name for panel in panels.values() for name in panel] == names


def test_variants_whose_names_differ_in_a_number_share_a_panel() -> None:
    names = [f"{stem}_{number}" for stem in ("frozen", "frozen_224", "all_units") for number in (1, 5, 0.5)]
    result = made_result(variants=names, differences={}, records={}, missing=[])
    panels = panels_of(result, set(names))
    assert panels == {"frozen": names[:3], "frozen 224": names[3:6], "all units": names[6:]}


def test_a_setting_that_every_variant_has_for_itself_makes_no_panels() -> None:
    names = ["relu", "elu", "tanh", "selu", "sigmoid", "softplus", "relu6", "leaky_relu"]
    differences = {name: {"model": {"activation": {"name": name}}} for name in names}
    result = made_result(variants=names, differences=differences, records={}, missing=[])
    assert list(panels_of(result, set(names)).values()) == [names[:4], names[4:]]


@pytest.mark.parametrize(("lengths", "scale"), [([60, 4000], "symlog"), ([60, 500], "linear")])
def test_curves_of_very_different_lengths_are_on_a_logarithmic_axis(lengths: list[float], scale: str) -> None:
    from matplotlib.figure import Figure

    place = Figure().subplots()
    place.plot([0, max(lengths)], [1, 2])
    time_axis(place, lengths, 20)
    assert place.get_xscale() == scale


def test_the_page_of_a_question_without_claims_speaks_of_none(page: str, tmp_path: Path) -> None:
    write_study(made_result(claims=NO_CLAIMS), tmp_path)
    without = (tmp_path / "report.md").read_text(encoding="utf-8")
    for words in ("What report 000 says, and what we found", "The numbers behind the verdicts", "REPLICATED"):
        assert words in page and words not in without
    assert "This study judges no statement. Its numbers are below." in without


def test_a_band_of_percentages_ends_where_percentages_do() -> None:
    runs = pd.DataFrame({"status": "done", "epoch": 1, "unit": "%", "value": [14.0, 66.6, 97.6]})
    assert band_of(runs, "epoch").iloc[0][["low", "high"]].tolist() == [0.0, 100.0]
    assert band_of(runs.assign(unit="nats"), "epoch").iloc[0]["high"] > 100


def test_a_band_of_positive_values_ends_above_0() -> None:
    runs = pd.DataFrame({"status": "done", "epoch": 1, "unit": "nats", "value": [1e-6, 0.1, 4.0]})
    assert band_of(runs, "epoch").iloc[0]["low"] == 1e-6
    assert band_of(runs.assign(value=[-1.0, 0.1, 4.0]), "epoch").iloc[0]["low"] < -1


@pytest.mark.parametrize(("limits", "shown"), [((-45.0, 164.0), (-1.0, 101.0)), ((90.0, 99.0), (90.0, 99.0))])
def test_axes_of_percentages_show_no_impossible_ones(limits: tuple[float, float], shown: tuple[float, float]) -> None:
    assert possible_limits(limits, "test_accuracy", "%") == shown == possible_limits(limits, "test_bleu", "")
    assert possible_limits(limits, "train_loss", "nats") == limits


@pytest.mark.parametrize("heights", [[0.5, 0.5, 0.5], [0.99, 0.98, 0.1], [0.0, 0.0, 1.0], [0.7]])
def test_labels_are_moved_apart_in_their_order(heights: list[float]) -> None:
    moved = spread_apart(heights, gap=0.1)
    by_height = [moved[i] for i in np.argsort(heights, kind="stable")]
    assert (np.diff(by_height) >= 0.1 - 1e-9).all()
    assert min(moved) >= 0 and max(moved) <= 1 + 1e-9


def test_ticks_of_percentages_lie_within_the_data() -> None:
    assert accuracy_ticks(9.8, 99.2)[-1] == 99
    assert all(95.5 <= tick <= 98.9 for tick in accuracy_ticks(95.5, 98.9))


@pytest.mark.parametrize("low, high", [(36.3, 43.8), (97.52, 97.54), (9.8, 99.2), (0, 100), (10.0, 10.4)])
def test_percentages_have_two_ticks_at_least(low: float, high: float) -> None:
    ticks = accuracy_ticks(low, high)
    assert len(ticks) >= 2 and low <= ticks[0] and ticks[-1] <= high


@pytest.mark.parametrize("low, high", [(0.9, 1.9), (0.6, 3), (1.2, 1.3), (1e-9, 2.3), (3e-5, 9e-5)])
def test_logarithmic_axes_have_two_ticks_at_least(low: float, high: float) -> None:
    for locator in (LogLocator(subs=(1.0, 2.0, 5.0)), LogLocator(base=10, numticks=6)):
        place = Figure().subplots()
        place.set_ylim(low, high)
        logarithmic_axis(place, locator)
        assert sum(low <= tick <= high for tick in place.get_yticks()) >= 2


def test_where_0_is_drawn_the_axis_says_so() -> None:
    place = Figure().subplots()
    place.set_ylim(5e-10, 10)
    logarithmic_axis(place, LogLocator(base=10, numticks=6), floored=True)
    texts = [label.get_text() for label in place.get_yticklabels()]
    assert texts[0] == "0 or < 1e-09" and next(iter(place.get_yticks())) == FLOOR
    assert len(texts) > 2 and not any("e-09" in text for text in texts[1:])


def test_differences_are_told_down_to_the_components() -> None:
    block = {
        "model": {"activation": {"name": "selu"}, "hidden": [256, 128]},
        "loss": {"name": "focal", "gamma": 2},
    }
    assert difference_words(block) == {
        "model.activation": "selu", "model.hidden": "256, 128", "loss": "focal (gamma 2)",
    }  # fmt: skip


def test_all_metrics_share_a_table_and_a_second_one_tells_no_differences_again() -> None:
    result = made_result()
    summary = summary_frame(result, judgement_of(result).parts)
    [table] = main_tables(result, summary, ["test_accuracy", "train_loss"])
    assert table.splitlines()[0] == "| variant | what differs | n | test accuracy (%) | train loss (nats) |"
    first, second = main_tables(result, summary, ["test_accuracy"] * 6 + ["train_loss"])
    assert "what differs" in first and second.splitlines()[0] == "| variant | n | train loss (nats) |"


def test_a_variant_that_repeats_another_one_s_settings_names_it() -> None:
    """`deep` lacks what `wide_1` has, and `wide_9` shares but two settings with it: both are told in full."""
    wide = {"model": {"name": "mlp"}, "loss": {"name": "hinge"}, "budget": {"steps": 9}, "width": 5}
    blocks = {
        "plain": {},
        "wide_1": {**wide, "seed": 1},
        "wide_2": {**wide, "seed": 2},
        "wide_3": {**wide, "seed": 3, "shift": 1},
        "wide_9": {"width": 9, "loss": {"name": "hinge"}, "budget": {"steps": 9}, "model": {"name": "cnn"}, "seed": 2},
        "deep": {"model": {"name": "mlp"}, "loss": {"name": "hinge"}, "budget": {"steps": 9}},
    }
    result = made_result(variants=list(blocks), differences=blocks, records={}, missing=[], claims=NO_CLAIMS)
    found = variant_differences(result, blocks)
    assert found["plain"] == "the base"
    assert found["wide_1"] == "model mlp; loss hinge; steps 9; width 5; seed 1"
    assert (found["wide_2"], found["wide_3"]) == ("as wide_1; seed 2", "as wide_1; seed 3; shift 1")
    assert found["wide_9"] == "width 9; loss hinge; steps 9; model cnn; seed 2"
    assert found["deep"] == "model mlp; loss hinge; steps 9"
    assert variant_differences(result, ["wide_2"])["wide_2"].startswith(
        "model mlp"
    )  # the other one is not in this table


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(97.125, "%", "97.12"), (3.397e-4, "nats", "0.0003397"), (math.nan, "%", "")]
)
def test_numbers_are_shown_by_their_unit(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("numbers", "unit", "text"),
    [
        ((0.003383, -0.0002699, 0.007549), "", "+0.0034 [-0.0003, 0.0075]"),
        ((-0.0003877, -0.0003972, -0.0003723), "nats", "-0.000388 [-0.000397, -0.000372]"),
        ((2066.1, 2033.2, 2107.4), "", "+2066 [2033, 2107]"),
        ((1.234e-9, 1.1e-9, 1.4e-9), "nats", "+1.234e-09 [1.1e-09, 1.4e-09]"),
        ((0.137, 0.08, 0.22), "%", "+0.14 [0.08, 0.22]"),
        ((0.5, math.nan, math.nan), "", "+0.5"),
        ((0.5, 0.5, 0.5), "", "+0.5 [0.5, 0.5]"),
    ],
)
def test_beside_an_interval_no_digit_is_shown_that_it_leaves_open(
    numbers: tuple[float, float, float], unit: str, text: str
) -> None:
    assert shown_with_interval(*numbers, unit, signed=True) == text


@pytest.mark.parametrize(
    ("least", "greatest", "unit", "text"),
    [
        (0.132, 0.14268, "", "0.1320 to 0.1427"),
        (0.0, 10.8, "nats", "0 to 10.8"),
        (0.5, 123.4, "", "0.5 to 123.4"),
        (96.1, 96.1, "%", "96.10"),
        (1e-12, 2e-12, "", "1e-12 to 2e-12"),
    ],
)
def test_a_span_has_as_many_decimals_at_both_ends(least: float, greatest: float, unit: str, text: str) -> None:
    assert shown_span(least, greatest, unit) == text


def test_a_record_of_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ReplabError, match="variant 'rellu' unknown; did you mean 'relu'"):
        made_result(missing=[("rellu", 0, "not run")])


def test_the_report_needs_no_torch_and_imports_matplotlib_late() -> None:
    code = "import sys, replab.report.write; print({'torch', 'matplotlib', 'jinja2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_variant_that_does_not_have_a_metric_has_no_row_in_its_table(tmp_path: Path) -> None:
    result = made_result(primary=["train_loss"], missing=[], claims=NO_CLAIMS)
    records = {run: dict(record) for run, record in result.records.items()}
    for run in (run for run in records if run[0] == "relu"):
        records[run]["metrics"] = {"test_accuracy": {"value": 90.0, "unit": "%"}}
    write_study(replace(result, records=records), tmp_path)
    rows = _main_rows((tmp_path / "report.md").read_text(encoding="utf-8"))
    assert [row["variant"] for row in rows] == ["relu_wide", "tanh", "tanh_wide"]


def test_levels_that_lie_decades_apart_are_drawn_on_a_logarithmic_axis() -> None:
    assert spans_decades(np.array([1e-9, 1.0]))
    assert not spans_decades(np.array([1e-9, 0.0, 1.0])) and not spans_decades(np.array([1, 99]))


def test_a_metric_that_ends_in_its_unit_has_it_once() -> None:
    assert metric_words("bias_nats", "nats") == "bias (nats)"
    assert metric_words("test_accuracy", "%") == "test accuracy (%)"
    assert capital(metric_words("test_bleu_beam")) == "Test BLEU beam"


def test_numbers_of_the_main_table_are_aligned_at_the_right_and_words_at_the_left() -> None:
    result = made_result()
    summary = summary_frame(result, judgement_of(result).parts)
    lines = main_table(result, summary, ["test_accuracy"]).splitlines()
    rule = lines[1].strip("| ").split(" | ")
    assert len(rule) == lines[0].count("|") - 1
    assert [cell.endswith(":") for cell in rule] == [False, False, True, True]


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, "There is no statement to judge."),
        ({"REPLICATED": 1}, "The only statement is replicated."),
        ({"REPLICATED": 2}, "Both statements are replicated."),
        ({"OPEN": 7}, "All 7 statements are open."),
        ({"REPLICATED": 2, "CONTRADICTED": 1}, "Of 3 statements, 2 are replicated and 1 is contradicted."),
    ],
)
def test_statements_by_verdict_in_a_sentence(counts: dict[str, int], text: str) -> None:
    assert counted(counts) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(1.0, "nats", "1 nat"), (1.5, "nats", "1.5 nats"), (1.0, "%", "1 %")]
)
def test_a_bound_with_its_unit(value: float, unit: str, text: str) -> None:
    assert stated(value, unit) == text


def test_a_report_links_the_pages_on_other_data_that_are_there(tmp_path):
    for name in ("digits", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "digits/README.md").write_text("a page")
    write_profile([made_result()], tmp_path / "full", {"000": made_file()}, other_data={"000": ["digits", "none"]})
    assert "on other data? We ran the studies again on [digits](../digits/README.md).\n" in (
        tmp_path / "full/README.md"
    ).read_text(encoding="utf-8")
    page = (tmp_path / "full/index.html").read_text(encoding="utf-8")
    assert 'again on <a href="../digits/index.html">digits</a>.' in page and "../none/" not in page
    write_profile([made_result()], tmp_path / "full", {"000": made_file()})
    assert "on other data?" not in (tmp_path / "full/README.md").read_text(encoding="utf-8")
