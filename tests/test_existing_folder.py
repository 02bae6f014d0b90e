"""No file of the user's is lost where a report on results that exist is written."""

import pandas as pd
import pytest

from replab.errors import ReplabError
from replab.interface.judge import judge
from replab.report.existing_folder import MACHINE_READABLE

ROWS = "variant,seed,acc\nA,0,91\nA,1,92\nB,0,93\nB,1,95\n"


def judged(tmp_path):
    (tmp_path / "given.csv").write_text(ROWS)
    return judge(tmp_path / "given.csv", baseline="A")


@pytest.mark.parametrize("name", ["runs.csv", "summary.csv", "report.md", "index.html", "figures/acc.svg"])
def test_a_file_that_no_report_has_written_is_not_written_over(tmp_path, name):
    mine = tmp_path / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(ReplabError, match="replab did not write it"):
        judged(tmp_path).write(tmp_path / "out")
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_a_file_that_was_read_is_not_written_over_though_an_earlier_report_wrote_it(tmp_path):
    judged(tmp_path).write(tmp_path / "out")
    before = (tmp_path / "out" / "runs.csv").read_text()
    again = judge(tmp_path / "out" / "runs.csv", baseline="A")
    with pytest.raises(ReplabError, match=r"runs\.csv was read"):
        again.write(tmp_path / "out")
    assert (tmp_path / "out" / "runs.csv").read_text() == before


@pytest.mark.parametrize("lost", ["", "report.md"], ids=["whole", "interrupted"])
def test_an_earlier_report_is_written_anew_and_one_that_was_interrupted_too(tmp_path, lost):
    judged(tmp_path).write(tmp_path / "out")
    if lost:
        (tmp_path / "out" / lost).unlink()
    judged(tmp_path).write(tmp_path / "out")
    assert MACHINE_READABLE in (tmp_path / "out" / "report.md").read_text()
    assert list(pd.read_csv(tmp_path / "out" / "runs.csv")["value"]) == [91, 92, 93, 95]
