"""A store that colleagues share: over a folder, over S3 (moto's server) and over SSH (asyncssh's server)."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from replab.__main__ import main
from replab.record_parts import COSTS
from replab.remotes import Remote
from replab.store import LONGEST
from tiny import params, write_params
from waiting import wait_for

Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def two_records(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """A store with the two runs of a variant, trained once."""
    folder = tmp_path_factory.mktemp("trained")
    write_params(folder / "params.yaml", params())
    variables = {"REPLAB_DATA": str(sample_data), "REPLAB_STORE": str(folder / "store")}
    replab("--params", str(folder / "params.yaml"), "train", "tiny", "plain", "--quiet", **variables)
    return folder / "store"


@pytest.fixture
def store(remote: Path, two_records: Path) -> Path:
    """The store of the current folder, with two records."""
    shutil.copytree(two_records, ".replab")
    return Path(".replab")


@pytest.fixture
def remote(folder: Path) -> Path:
    """A folder with a tiny params.yaml as the current one; beside it an empty one, which is the remote."""
    write_params(folder / "params.yaml", params())
    shared = folder / "shared"
    shared.mkdir()
    return shared


def with_seeds(*seeds: int) -> None:
    content = params()
    content["profiles"]["sample"]["seeds"] = list(seeds)
    write_params(Path("params.yaml"), content)


def records(root: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in root.glob("runs/*/*.json")}


def test_two_people_with_disjoint_seeds_get_one_report(
    remote: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    for person, seeds in (("ann", (0, 1)), ("ben", (2, 3))):
        monkeypatch.setenv("REPLAB_STORE", person)
        with_seeds(*seeds)
        assert main(["train", "tiny", "--quiet"]) == 0
        assert main(["store", "push", "shared"]) == 0
        assert "4 records went, 0 were there, 0 refused" in capsys.readouterr().out
    with_seeds(0, 1, 2, 3)
    tables = []
    for person in ("ann", "ben"):
        monkeypatch.setenv("REPLAB_STORE", person)
        assert main(["store", "pull", "shared"]) == 0
        assert "4 records came, 4 were there, 0 refused" in capsys.readouterr().out
        assert main(["report"]) == 0
        tables.append(pd.read_csv("results/sample/tiny/runs.csv"))
    assert sorted(tables[0]["seed"].unique()) == [0, 1, 2, 3] and set(tables[0]["status"]) == {"done"}
    pd.testing.assert_frame_equal(*tables)
    assert records(Path("ann")) == records(Path("ben")) == records(remote)


def test_a_second_push_or_pull_changes_nothing(
    remote: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    assert main(["store", "push", "shared"]) == 0
    before = {path: path.stat().st_mtime_ns for path in remote.rglob("*")}
    assert main(["store", "push", "shared"]) == 0 and main(["store", "pull", "shared"]) == 0
    said = capsys.readouterr().out
    assert "0 records went, 2 were there" in said and "0 records came, 2 were there" in said
    assert {path: path.stat().st_mtime_ns for path in remote.rglob("*")} == before
    monkeypatch.setenv("REPLAB_STORE", "shared")
    assert main(["why", "tiny", "plain"]) == 0
    assert "would not run" in capsys.readouterr().out, "a folder that is a remote is a store as well"


def test_why_names_the_setting_in_which_a_colleagues_runs_differ(
    remote: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    assert main(["store", "push", "shared"]) == 0
    monkeypatch.setenv("REPLAB_STORE", "second")
    assert main(["store", "pull", "shared"]) == 0
    content = params()
    content["studies"]["tiny"]["base"]["budget"] = {"epochs": 2}
    write_params(Path("params.yaml"), content)
    capsys.readouterr()
    assert main(["why", "tiny", "plain"]) == 0
    said = capsys.readouterr().out
    assert "it has never run here. The store has runs of seeds 0, 1 with another setting or code: " in said
    assert said.endswith("code: budget.epochs is 3 there and 2 here.\n")
    content["studies"]["tiny"]["base"] |= {"batches": {"name": "shuffled", "size": 7}, "precision": "bf16"}
    content["studies"]["tiny"]["base"]["optimizer"]["lr"] = 7
    write_params(Path("params.yaml"), content)
    assert main(["why", "tiny", "plain"]) == 0
    assert capsys.readouterr().out.endswith("it has never run here.\n"), "what differs in much is another thing"


def changed(**entries: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps(json.loads(content) | entries).encode()


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "half of it": (lambda content: content[: len(content) // 2], "not a record: "),
    "nothing": (lambda content: b"", "not a record: "),
    "no text": (lambda content: b"\xff\xfe", "not a record: "),
    "a list": (lambda content: b"[]", "not a record: it is no JSON object"),
    "another seed": (changed(seed=7), "its settings, seed, code or data were changed after the run: it says "),
    "another rate": (lambda content: content.replace(b'"lr": 0.01', b'"lr": 0.5'), "its content "),
    "another run": (lambda content: b"OTHER", "it is the record of "),
    "no metrics": (changed(metrics=None), "'metrics' is missing"),
    "a metric that is text": (changed(metrics={"test_accuracy": {"value": "9"}}), "a metric is not valid"),
    "a number beyond all floats": (changed(metrics={"loss": {"value": 10**400}}), "a metric is not valid"),
    "a unit that is none": (changed(metrics={"loss": {"value": 1, "unit": {}}}), "a metric is not valid"),
    "a translation that is none": (changed(metrics={"b": {"value": 1, "examples": [1]}}), "a metric is not valid"),
    "curves of two lengths": (changed(curves={"epoch": [1, 2], "train_loss": [1]}), "its curves are no lists"),
    "a curve of texts": (changed(curves={"train_loss": ["1"]}), "its curves are no lists"),
    "a point without its step": (changed(curves={"step": [None], "train_loss": [1]}), "its curves are no lists"),
    "a cost without seconds": (changed(cost={"device": "cpu"}), "its cost lacks a number"),
    "a cost of texts": (changed(cost=dict.fromkeys(("device", *COSTS), "cpu")), "its cost lacks a number"),
    "a cost of no device": (changed(cost=dict.fromkeys(COSTS, 1)), "its cost lacks a number"),
    "a version that is a table": (changed(environment={"torch": {}}), "its environment is"),
    "code that is a number": (changed(code={"model mlp": 20}), "its code is"),
    "a series that is a number": (changed(series={"test_scores": 1}), "its series are"),
    "a step that is text": (changed(diverged_step="the last"), "its diverged_step is"),
    "an impossible accuracy": (
        changed(metrics={"test_acc": {"value": 940, "unit": "%"}}),
        "test_acc is no share of 100 %",
    ),
    "an unknown status": (changed(status="perfect"), "its status"),
    "no spec": (changed(spec=None), "its content "),
    "not a number": (changed(metrics={"loss": {"value": float("nan")}}), "not a record: "),
    "half a character": (changed(metrics={"\ud800": {"value": 1}}), "not a record: "),
    "a deep nest": (lambda content: b"[" * 100_000, "not a record: "),
    "too long": (lambda content: b" " * (LONGEST + 1), f"has {LONGEST + 1:,} bytes"),  # and is not read
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_record_is_left_out_and_named(
    what: str, remote: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    damage, message = DAMAGES[what]
    assert main(["store", "push", "shared"]) == 0
    one, other = sorted(remote.glob("runs/*/*.json"))
    one.write_bytes(damage(one.read_bytes()).replace(b"OTHER", other.read_bytes()))
    monkeypatch.setenv("REPLAB_STORE", "second")
    capsys.readouterr()
    assert main(["store", "pull", "shared"]) == 2
    said = capsys.readouterr()
    assert "1 records came, 0 were there, 1 refused" in said.out
    [line] = said.err.splitlines()
    assert one.stem in line and message in line
    assert set(records(Path("second"))) == {other.stem}
    monkeypatch.setenv("REPLAB_STORE", "shared")
    assert main(["store", "push", "third"]) == 2 and not Path("third").exists()


def test_a_damaged_record_is_not_pushed(remote: Path, store: Path, capsys: Said) -> None:
    one, other = sorted(Path(".replab").glob("runs/*/*.json"))
    one.write_bytes(one.read_bytes()[:-20])
    capsys.readouterr()
    assert main(["store", "push", "shared"]) == 2
    assert one.stem in capsys.readouterr().err and set(records(remote)) == {other.stem}


def test_files_that_are_no_records_are_left_alone(
    remote: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    assert main(["store", "push", "shared"]) == 0
    for name in ("runs/notes.txt", "runs/ab/../../x.json", "runs/aa/" + "b" * 64 + ".json", "checkpoints/c.pt"):
        (remote / name).parent.mkdir(parents=True, exist_ok=True)
        (remote / name).write_text("not for you")
    monkeypatch.setenv("REPLAB_STORE", "second")
    assert main(["store", "pull", "shared"]) == 0
    assert "2 records came, 0 were there, 0 refused" in capsys.readouterr().out
    assert len([path for path in Path("second").rglob("*") if path.is_file()]) == 2


def test_an_interrupted_push_leaves_no_half_record(remote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Remote("shared")

    def fail(_one: str, _other: str) -> None:
        raise OSError("the cable")

    monkeypatch.setattr(shared.files, "mv", fail)
    with pytest.raises(ValueError, match="cannot use shared: the cable"):
        shared.write({"ab" + "0" * 62: b"{}"})
    assert not [path for path in remote.rglob("*") if path.is_file()]


REFUSED = {
    "a folder that is not there": ("nowhere", "nowhere does not exist"),
    "a protocol that nobody knows": ("foo://bar", "foo://bar"),
    "no address": ("", "must not be empty"),
    "a password": ("foo://me:secret@host/x", "foo://me:***@host/x"),
}


@pytest.mark.parametrize("action", ["push", "pull"])
@pytest.mark.parametrize("what", REFUSED)
def test_a_remote_that_cannot_be_used_is_said_in_a_line(what: str, action: str, store: Path, capsys: Said) -> None:
    address, message = REFUSED[what]
    assert main(["store", action, address]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line and "secret" not in line


def test_an_empty_store_has_nothing_to_push(remote: Path, capsys: Said) -> None:
    assert main(["store", "push", "shared"]) == 2
    assert "nothing to push: .replab has no records" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root has every right")
@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_folder_without_rights_is_said_in_a_line(mode: int, remote: Path, store: Path) -> None:
    humble = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    remote.chmod(mode)
    command = [*humble, sys.executable, "-m", "replab", "store", "push", "shared"]
    done = subprocess.run(command, capture_output=True, text=True)
    remote.chmod(0o700)
    [line] = done.stderr.splitlines()
    assert "no right to use shared" in line and done.returncode == 2 and not list(remote.iterdir())


def replab(*arguments: str, status: int = 0, **variables: str) -> str:
    """What the command printed, both streams, in a process of its own: its libraries keep threads and sockets."""
    command = [sys.executable, "-m", "replab", *arguments]
    variables = os.environ | variables
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def needs(*packages: str) -> pytest.MarkDecorator:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables by which a client finds a server that speaks S3."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        wait_for(lambda: is_open(port))
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
        yield keys | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        server.kill()


@needs("s3fs", "moto", "flask_cors")
def test_records_travel_over_s3(remote: Path, store: Path, s3: dict[str, str]) -> None:
    assert "does not exist" in replab("store", "push", "s3://lab/first", status=2, **s3)
    make = "import s3fs; s3fs.S3FileSystem().mkdir('lab')"
    subprocess.run([sys.executable, "-c", make], env=os.environ | s3, check=True)
    assert "2 records went, 0 were there" in replab("store", "push", "s3://lab/first", **s3)
    assert "0 records went, 2 were there" in replab("store", "push", "s3://lab/first", **s3)
    assert "0 records came, 0 were there" in replab("store", "pull", "s3://lab/other", **s3)
    assert "2 records came" in replab("store", "pull", "s3://lab/first", REPLAB_STORE="second", **s3)
    assert records(Path("second")) == records(Path(".replab"))
    one = min(records(Path("second")))
    half = f"import s3fs; s3fs.S3FileSystem().pipe('lab/first/runs/{one[:2]}/{one}.json', b'{{')"
    subprocess.run([sys.executable, "-c", half], env=os.environ | s3, check=True)
    said = replab("store", "pull", "s3://lab/first", status=2, REPLAB_STORE="third", **s3)
    assert "1 records came, 0 were there, 1 refused" in said and f"{one}: not a record" in said
    nobody = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "AWS_MAX_ATTEMPTS": "1"}
    assert "cannot use s3://lab" in replab("store", "pull", "s3://lab/first", status=2, **s3 | nobody)


SSH_SERVER = """
import asyncio, sys, asyncssh
async def serve(port, key, keys):
    async with await asyncssh.listen("127.0.0.1", int(port), server_host_keys=[key], authorized_client_keys=keys,
                                     sftp_factory=True):
        await asyncio.Event().wait()
asyncio.run(serve(*sys.argv[1:]))
"""


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of the folder `shared` on a server that speaks SFTP, and the variables of who may use it."""
    import asyncssh

    port, home = free_port(), tmp_path / "home/.ssh"
    home.mkdir(parents=True)
    host, own = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host.write_private_key(str(tmp_path / "host_key"))
    own.write_private_key(str(home / "id_ed25519"))
    own.write_public_key(str(tmp_path / "allowed"))
    known = host.export_public_key().decode().strip()
    (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {known}\n")
    command = [sys.executable, "-c", SSH_SERVER, str(port), str(tmp_path / "host_key"), str(tmp_path / "allowed")]
    with subprocess.Popen(command) as server:
        wait_for(lambda: is_open(port))
        variables = {"HOME": str(home.parent), "SSH_AUTH_SOCK": ""}
        yield f"ssh://me@127.0.0.1:{port}{tmp_path}/shared", variables
        server.kill()


@needs("sshfs", "asyncssh")
def test_records_travel_over_ssh(remote: Path, store: Path, ssh: tuple[str, dict[str, str]]) -> None:
    address, variables = ssh
    assert "2 records went, 0 were there" in replab("store", "push", address, **variables)
    assert "0 records went, 2 were there" in replab("store", "push", address, **variables)
    assert records(remote) == records(Path(".replab"))
    assert "2 records came" in replab("store", "pull", address, REPLAB_STORE="second", **variables)
    assert records(Path("second")) == records(remote)
    assert "does not exist" in replab("store", "push", f"{address}/nowhere", status=2, **variables)
    keys = Path(variables["HOME"]) / ".ssh"
    (keys / "id_ed25519").rename(keys / "old")
    assert "no right to use ssh://" in replab("store", "push", address, status=2, **variables)
    (keys / "old").rename(keys / "id_ed25519")
    (keys / "known_hosts").unlink()
    assert "cannot use ssh://" in (said := replab("store", "push", address, status=2, **variables))
    assert "Host key is not trusted" in said
