"""`replab diff`: numbers that moved and verdicts that changed, between folders and between revisions."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from replab.__main__ import main
from replab.errors import ReplabError
from replab.report.changes import changes_between, reports_of

SUMMARY = """\
study,variant,metric,unit,n,mean,ci_low,ci_high,claim_id,claimed,difference,verdict,run_ids
tiny,plain,test_accuracy,%,6,90.5,90.1,90.9,999.level,90.0,0.5,INCONCLUSIVE,a b
tiny,plain,test_loss,nats,6,0.31,0.3,0.32,,,,,a b
tiny,fast,test_accuracy,%,0,,,,,,,,
"""
CLAIMS = """\
claim_id,part,study,kind,verdict,source
999.level,,tiny,level,INCONCLUSIVE,
999.level,plain = 91,tiny,level,CONTRADICTED,004
999.order,,tiny,ordering,REPLICATED,
999.order,plain > fast,tiny,ordering,REPLICATED,
"""


def write(folder: Path, summary: str = SUMMARY, claims: str = CLAIMS) -> Path:
    study = folder / "full" / "tiny"
    study.mkdir(parents=True, exist_ok=True)
    (study / "summary.csv").write_text(summary)
    (study / "claims.csv").write_text(claims)
    return folder


def moved() -> tuple[str, str]:
    summary = SUMMARY.replace("6,90.5,90.1,90.9", "9,90.7,90.5,90.9").replace("tiny,fast", "tiny,slow")
    claims = CLAIMS.replace("level,INCONCLUSIVE", "level,REPLICATED").replace("999.order", "999.other")
    return summary, claims


def test_what_changed_is_found(tmp_path: Path) -> None:
    before, after = write(tmp_path / "a"), write(tmp_path / "b", *moved())
    changes = changes_between(reports_of(str(before), None), reports_of(str(after), None))
    [verdict] = changes.verdicts.to_dict("records")
    assert [verdict[key] for key in ("profile", "id", "verdict_before", "verdict_after")] == [
        "full", "999.level", "INCONCLUSIVE", "REPLICATED",
    ]  # fmt: skip
    [number] = changes.numbers.to_dict("records")
    assert (number["variant"], number["metric"], number["n_before"], number["n_after"]) == (
        "plain",
        "test_accuracy",
        6,
        9,
    )
    assert number["change"] == pytest.approx(0.2) and number["shift"] == pytest.approx(0.2 / 0.4)
    assert changes.claims_gone == ["full 999.order"] and changes.claims_new == ["full 999.other"]
    assert changes.variants_gone == ["full tiny fast"] and changes.variants_new == ["full tiny slow"]


def test_a_variant_whose_metric_has_another_name_is_not_gone(tmp_path: Path) -> None:
    renamed = SUMMARY.replace("tiny,plain,test_loss", "tiny,plain,raw_loss")
    assert renamed != SUMMARY
    before, after = write(tmp_path / "a"), write(tmp_path / "b", renamed)
    changes = changes_between(reports_of(str(before), None), reports_of(str(after), None))
    assert changes.variants_gone == changes.variants_new == []
    assert (changes.metrics_gone, changes.metrics_new) == (["full tiny test_loss"], ["full tiny raw_loss"])


def test_statements_are_compared_with_the_claims_of_before(tmp_path: Path) -> None:
    before, after = write(tmp_path / "a"), write(tmp_path / "b")
    (after / "full/tiny/claims.csv").unlink()
    rows = ["id,role,study,verdict", "999.level,statement,elsewhere,CONTRADICTED", "999.new,hypothesis,tiny,OPEN"]
    (after / "full/tiny/statements.csv").write_text("\n".join(rows))
    changes = changes_between(reports_of(str(before), None), reports_of(str(after), None))
    [verdict] = changes.verdicts.to_dict("records")
    assert [verdict[key] for key in ("id", "study_after", "verdict_before", "verdict_after")] == [
        "999.level", "elsewhere", "INCONCLUSIVE", "CONTRADICTED",
    ]  # fmt: skip
    assert changes.claims_gone == ["full 999.order"] and changes.claims_new == ["full 999.new"]
    assert not changes_between(reports_of(str(after), None), reports_of(str(after), None))


def test_the_same_reports_do_not_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = write(tmp_path / "a"), write(tmp_path / "b")
    assert not changes_between(reports_of(str(before), None), reports_of(str(after), None))
    for form in ([], ["--markdown"]):
        assert main(["diff", str(before), str(after), *form]) == 0
        assert capsys.readouterr().out == "No number moved, and no verdict changed.\n"


def test_a_parts_verdict_is_not_its_claims(tmp_path: Path) -> None:
    claims = CLAIMS.replace("plain > fast,tiny,ordering,REPLICATED", "plain > fast,tiny,ordering,INCONCLUSIVE")
    before, after = write(tmp_path / "a"), write(tmp_path / "b", claims=claims.replace("CONTRADICTED", "REPLICATED"))
    assert not changes_between(reports_of(str(before), None), reports_of(str(after), None))


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=replab", "-c", "user.email=replab@localhost"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of results, and an edit that is not committed."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    for summary, claims in ((SUMMARY, CLAIMS), moved()):
        write(tmp_path / "results", summary, claims)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", "results")
    write(tmp_path / "results", moved()[0].replace("90.7", "91.2"), moved()[1])
    return tmp_path


def test_two_revisions_are_compared(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "HEAD~1", "HEAD"]) == 0
    out = capsys.readouterr().out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "full tiny 999.level INCONCLUSIVE REPLICATED" in rows
    assert "full tiny plain test_accuracy 90.50 (6) 90.70 (9) +0.20 0.5" in rows
    assert "Statements that are gone: full 999.order." in out and "New variants: full tiny slow." in out
    assert main(["diff", "HEAD", "HEAD"]) == 0
    assert "No number moved" in capsys.readouterr().out


def test_a_revision_is_compared_with_the_files_as_they_are(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["diff", "HEAD"]) == 0
    out = capsys.readouterr().out
    assert "91.20 (9)" in out and "Verdicts" not in out
    (repository / "src").mkdir()
    monkeypatch.chdir(repository / "src")
    assert main(["diff", "HEAD", "../results"]) == 0
    assert capsys.readouterr().out == out


def test_markdown_is_two_tables(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "HEAD~1", "HEAD", "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "### Verdicts that changed" and "### Numbers that moved" in lines
    assert "| full | tiny | `999.level` | INCONCLUSIVE | REPLICATED |" in lines
    widths = {line.count("|") for line in lines if line.startswith("|")}
    assert widths == {6, 9}


def test_many_numbers_are_cut_unless_all_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, line = SUMMARY.splitlines()[:2]
    lines = [line.replace("plain", f"v{number}") for number in range(50)]
    before = write(tmp_path / "a", "\n".join([head, *lines]))
    after = write(tmp_path / "b", "\n".join([head, *lines]).replace("90.5,", "90.6,"))
    assert main(["diff", str(before), str(after)]) == 0
    out = capsys.readouterr().out
    assert out.count("90.60") == 40 and "10 more numbers moved: --all shows them." in out
    assert main(["diff", str(before), str(after), "--all"]) == 0
    assert capsys.readouterr().out.count("90.60") == 50


REFUSED = {
    "no revision": (["diff", "nowhere"], "'nowhere' is neither a folder nor a revision of this repository"),
    "an option in disguise": (["diff", "--", "--output=x"], "'--output=x' is neither a folder nor a revision"),
    "a folder without reports": (["diff", "HEAD", "empty"], "'empty' has no reports: no <profile>/<study>"),
    "another profile": (["--profile", "sample", "diff", "HEAD"], "'HEAD' has no reports of the profile 'sample'"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_cannot_be_compared_is_refused(case: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "empty").mkdir()
    arguments, message = REFUSED[case]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said and len(said.splitlines()) == 1


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "a")
    (folder / "full/tiny/claims.csv").write_text("")
    with pytest.raises(ReplabError, match=r"claims\.csv is no table of a report"):
        reports_of(str(folder), None)
    shutil.rmtree(folder / "full")
    with pytest.raises(ReplabError, match="has no reports"):
        reports_of(str(folder), None)


def test_a_verdict_that_has_only_another_name_has_not_changed(tmp_path: Path) -> None:
    old = write(tmp_path / "a", claims=CLAIMS.replace("ordering,REPLICATED", "ordering,CARRIES OVER"))
    new = write(tmp_path / "b", claims=CLAIMS.replace("ordering,REPLICATED", "ordering,GENERALISES"))
    assert not changes_between(reports_of(str(old), None), reports_of(str(new), None))
    other = write(tmp_path / "c", claims=CLAIMS.replace("ordering,REPLICATED", "ordering,DOES NOT GENERALISE"))
    assert len(changes_between(reports_of(str(old), None), reports_of(str(other), None)).verdicts) == 1
