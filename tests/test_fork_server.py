"""Jobs as copies of one process: the same results, exit statuses and signals as jobs that start on their own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from replab import fork_client, fork_server
from tiny import write_params
from waiting import wait_for

SLEEPER = "import pathlib, time\npathlib.Path('began').touch()\ntime.sleep(600)\n"


def study(**base: Any) -> dict[str, Any]:
    return {"report": "r", "title": "t", "question": "q", "base": base}


@pytest.fixture
def place(folder: Path) -> Path:
    """A measurement that takes no time, and a command that does not end by itself."""
    (folder / "train.py").write_text(SLEEPER)
    optimizer = {"name": "sgd", "lr": 0.06, "momentum": 0, "weight_decay": 0}
    probe = {"function": "quadratic", "start_x": -2, "start_y": 1.5, "steps": 20, "optimizer": optimizer}
    run = {"command": "python train.py {seed} {out}", "metrics": "{out}/metrics.json", "files": ["train.py"]}
    studies = {
        "paths": study(probe={"name": "optimizer_path"} | probe) | {"metrics": ["final_value"]},
        "sleeper": study(run=run, settings={}) | {"metrics": ["score"]},
    }
    profiles = {"full": {"sample": False, "seeds": [0], "variants_per_job": 2}}
    write_params(folder / "params.yaml", {"profile": "full", "profiles": profiles, "studies": studies})
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with fork_server.started() as found:
        assert found
        yield found


def replab(*arguments: str, variables: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "replab", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=os.environ | variables, stdout=pipe, stderr=pipe, text=True)


def outcome(*arguments: str, variables: dict[str, str]) -> tuple[int, str, str]:
    with replab(*arguments, variables=variables) as process:
        out, error = process.communicate(timeout=300)
    return process.returncode, out, error


def commands_in(folder: Path) -> list[psutil.Process]:
    """The processes of the command that sleeps."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "train.py" in process.cmdline() and process.cwd() == str(folder):
                found.append(process)
    return found


def parent(folder: Path) -> str:
    """The command line of the process that runs the command that sleeps, once it does."""
    wait_for((folder / "began").exists, 60)
    [process] = commands_in(folder)
    return " ".join(process.parents()[0].cmdline())


@pytest.mark.parametrize(
    "arguments", [("report", "paths"), ("train", "nonsense"), ("report", "paths", "--wrong")], ids=str
)
def test_a_command_ends_and_speaks_as_without_the_server(
    place: Path, server: dict[str, str], arguments: tuple[str, ...]
) -> None:
    assert outcome("train", "paths", "--quiet", variables=server) == (0, "", "")
    assert list(place.glob(".replab/**/*.json")), "the job ran in the folder of the command"
    assert outcome(*arguments, variables=server) == outcome(*arguments, variables={})


def test_a_job_is_a_copy_of_the_server_and_is_interrupted_as_the_command_is(
    place: Path, server: dict[str, str]
) -> None:
    with replab("train", "sleeper", "--quiet", variables=server) as process:
        assert "replab.fork_server" in parent(place)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 2 and "interrupted" in error and not commands_in(place)


def request(folder: Path, *arguments: str) -> dict[str, Any]:
    content = {"arguments": arguments, "folder": str(folder), "environment": dict(os.environ)}
    return content | {"stamp": fork_client.stamp()}


def test_a_signal_that_comes_before_the_job_is_forked_interrupts_it(place: Path, server: dict[str, str]) -> None:
    content = json.dumps(request(place, "train", "paths", "--quiet") | {"trains": True}).encode()
    with socket.socket(socket.AF_UNIX) as connection, (place / "said").open("w") as said:
        connection.settimeout(60)
        connection.connect(server[fork_client.VARIABLE])
        socket.send_fds(connection, [len(content).to_bytes(8)], [0, 1, said.fileno()])
        connection.sendall(content + bytes([signal.SIGTERM]))
        assert json.loads(connection.recv(64)) == {"status": 2}
    assert "interrupted" in (place / "said").read_text()


@pytest.mark.parametrize("number", fork_client.SIGNALS)
def test_a_signal_between_two_requests_goes_with_the_second(place: Path, number: signal.Signals) -> None:
    """A server that stops the client before it asks for the second time, and lets it go on with a signal."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "fork"))
        listener.listen()
        listener.settimeout(60)
        with replab("train", "paths", variables={fork_client.VARIABLE: str(place / "fork")}) as process:
            first, _ = listener.accept()
            assert "trains" not in (fork_server._received(first) or {})
            process.send_signal(signal.SIGSTOP)
            wait_for(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, 60)
            first.sendall(json.dumps({"status": fork_client.AGAIN}).encode())
            first.close()
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)
            second, _ = listener.accept()
            assert (fork_server._received(second) or {})["trains"] is True and second.recv(1) == bytes([number])
            second.sendall(b'{"status": 2}')
            second.close()
    assert process.returncode == 2


def test_a_signal_that_comes_before_the_command_begins_interrupts_it(place: Path) -> None:
    program = "import os, signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
    program += "signal.raise_signal(signal.SIGTERM)\n"
    program += "os.execv(sys.executable, [sys.executable, '-m', 'replab', 'train', 'sleeper', '--quiet'])\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "interrupted" in done.stderr and not (place / "began").exists()


def test_of_a_command_that_is_killed_no_job_stays(place: Path, server: dict[str, str]) -> None:
    with replab("train", "sleeper", "--quiet", variables=server) as process:
        assert "replab.fork_server" in parent(place)
        process.kill()
    wait_for(lambda: not commands_in(place), 60)


def test_where_the_sources_changed_since_the_imports_the_command_runs_on_its_own(
    place: Path, server: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server[fork_client.VARIABLE]
    monkeypatch.setattr(fork_client, "stamp", lambda: ["another package"])
    before = [signal.getsignal(number) for number in fork_client.SIGNALS]
    assert fork_client.ask(address, ["train", "paths"]) is None
    assert [signal.getsignal(number) for number in fork_client.SIGNALS] == before
    assert fork_client.ask(f"{place}/nowhere", ["train", "paths"]) is None
    assert fork_client.ask(address, ["status"]) is None, "what imports little is not asked of the server"
    assert fork_server.IMPORTS.keys() == fork_client.SERVED
    assert outcome("train", "paths", "--quiet", variables={fork_client.VARIABLE: f"{place}/nowhere"})[0] == 0


def test_what_trains_is_imported_by_the_server_once_there_is_something_to_train(
    place: Path, server: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    found = fork_client._asked

    def listened(address: str, request: dict[str, object]) -> int | None:
        asked.append((request.get("trains"), found(address, request)))
        return asked[-1][1]

    monkeypatch.setattr(fork_client, "_asked", listened)
    with fork_server.started() as fresh:
        for expected in ([(None, fork_client.AGAIN), (True, 0)], [(None, 0)]):
            asked.clear()
            assert fork_client.ask(fresh[fork_client.VARIABLE], ["train", "paths", "--quiet"]) == 0
            assert asked == expected
        shutil.rmtree(place / ".replab")
        assert fork_client.ask(fresh[fork_client.VARIABLE], ["train", "paths", "--quiet"]) == 0
        assert asked[1:] == [(None, 0)], "the server has imported it by now"


def test_a_job_runs_what_params_yaml_says_when_it_starts(place: Path, server: dict[str, str]) -> None:
    assert outcome("train", "paths", "--quiet", variables=server) == (0, "", "")
    before = set(place.glob(".replab/**/*.json"))
    text = (place / "params.yaml").read_text()
    (place / "params.yaml").write_text(text.replace("0.06", "0.05"))
    assert outcome("train", "paths", "--quiet", variables=server) == (0, "", "")
    [record] = set(place.glob(".replab/**/*.json")) - before
    assert json.loads(record.read_text())["spec"]["probe"]["optimizer"]["lr"] == 0.05
    (place / "params.yaml").write_text(text.replace("0.06", "fast"))
    status, _, error = outcome("train", "paths", "--quiet", variables=server)
    assert status == 2 and "lr must be a number above 0" in error


def test_where_the_folder_for_the_socket_has_too_long_a_name_there_is_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("a" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with fork_server.started() as found:
        assert found == {}


def test_the_server_ends_with_the_process_that_started_it() -> None:
    program = "import os\nfrom replab import fork_server\nwith fork_server.started() as found:\n"
    program += f"    print(found['{fork_client.VARIABLE}'], flush=True)\n    os.kill(os.getpid(), 9)\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    with socket.socket(socket.AF_UNIX) as connection:
        wait_for(lambda: connection.connect_ex(done.stdout.strip()) != 0, 60)
    wait_for(lambda: not Path(done.stdout.strip()).parent.exists(), 60)


def test_a_copy_ends_with_its_status_and_its_output_and_frees_nothing() -> None:
    program = "import atexit\nfrom replab import fork_copies\n"
    program += "class Held:\n    def __del__(self): print('freed')\n"
    program += "held = Held()\natexit.register(print, 'exit function')\nprint('said')\nfork_copies.end(3)\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "said\nexit function\n")
