"""Raw files: every place they may come from, every way in which that goes wrong."""

from __future__ import annotations

import errno
import hashlib
import io
import resource
import socket
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from replab.data import sources, transfer
from replab.data.dataset import RawFile, Source
from replab.errors import ReplabError

GOOD = bytes(range(256)) * 40
BAD = b"\x01" + GOOD[1:]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def raw_file(*urls: str, name: str = "a.bin", content: bytes = GOOD, member: str = "") -> RawFile:
    return RawFile(name, md5(content), len(content), urls=urls, member=member)


def source_of(*files: RawFile, archive: RawFile | None = None) -> Source:
    return Source(
        name="toy",
        title="",
        origin="",
        licence="",
        citation="",
        classes=("0",),
        image_shape=(1,),
        train_size=1,
        test_size=1,
        decode=lambda source, raw: {},
        files=files,
        archive=archive,
    )


def fetch(source: Source, root: Path) -> dict[str, Path]:
    with sources.locked(source.name, root):
        return sources.fetch(source, root)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@dataclass
class Site:
    """A web site on this machine; `answers[path]`: a (status, content, bytes of it sent) for each request."""

    url: str = ""
    answers: dict[str, list[tuple[int, bytes, int]]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    def serve(self, path: str, content: bytes, status: int = 200, sent: int | None = None, times: int = 9) -> str:
        self.answers.setdefault(path, []).extend([(status, content, len(content) if sent is None else sent)] * times)
        return self.url + path


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests[self.path] += 1
            queue = state.answers.get(self.path)
            status, content, sent = queue.pop(0) if queue else (404, b"", 0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:sent])

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    transfer._connects.cache_clear()
    monkeypatch.setattr(transfer, "PAUSES_SECONDS", (0.0, 0.0))
    for name in (
        "REPLAB_MIRROR",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed_url() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/a.bin"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPLAB_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror" / "toy").mkdir(parents=True)
    return tmp_path / "mirror" / "toy"


def test_a_file_comes_from_the_official_url_and_then_from_the_cache(site: Site, tmp_path: Path) -> None:
    source = source_of(raw_file(site.serve("/a.bin", GOOD)))
    for _ in range(2):
        paths = fetch(source, tmp_path)
        assert paths == {"a.bin": tmp_path / "raw/toy/a.bin"}
        assert paths["a.bin"].read_bytes() == GOOD
    assert site.requests == {"/a.bin": 1}
    assert names(tmp_path / "raw/toy") == {"a.bin"}


def test_a_mirror_folder_comes_before_the_official_url(site: Site, mirror: Path, tmp_path: Path) -> None:
    (mirror / "a.bin").write_bytes(GOOD)
    fetch(source_of(raw_file(site.serve("/a.bin", GOOD))), tmp_path)
    assert not site.requests
    assert (mirror / "a.bin").read_bytes() == GOOD


def test_a_mirror_url_is_laid_out_by_data_set(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site.serve("/copies/toy/a.bin", GOOD)
    monkeypatch.setenv("REPLAB_MIRROR", site.url + "/copies/")
    fetch(source_of(raw_file(site.url + "/official/a.bin")), tmp_path)
    assert site.requests == {"/copies/toy/a.bin": 1}


def test_the_next_url_is_asked_where_the_first_has_nothing(site: Site, tmp_path: Path) -> None:
    fetch(source_of(raw_file(site.url + "/absent.bin", site.serve("/a.bin", GOOD))), tmp_path)
    assert site.requests == {"/absent.bin": 1, "/a.bin": 1}


def test_a_corrupted_download_is_set_aside_and_named(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ReplabError) as caught:
        fetch(source_of(raw_file(site.serve("/a.bin", BAD))), tmp_path)
    aside = tmp_path / "raw/toy/a.bin.bad-checksum"
    for part in (site.url, str(aside), md5(BAD), md5(GOOD)):
        assert part in str(caught.value)
    assert aside.read_bytes() == BAD
    assert names(aside.parent) == {aside.name}


def test_a_corrupted_mirror_file_stays_where_it_is(mirror: Path, tmp_path: Path) -> None:
    (mirror / "a.bin").write_bytes(BAD)
    with pytest.raises(ReplabError, match=md5(BAD)):
        fetch(source_of(raw_file()), tmp_path)
    assert names(mirror) == {"a.bin"}
    assert (tmp_path / "raw/toy/a.bin.bad-checksum").read_bytes() == BAD


def test_a_corrupted_cached_file_is_replaced_and_that_is_said(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mirror / "a.bin").write_bytes(GOOD)
    (path,) = fetch(source_of(raw_file()), tmp_path).values()
    path.write_bytes(BAD)
    fetch(source_of(raw_file()), tmp_path)
    assert path.read_bytes() == GOOD
    assert "a.bin.bad-checksum; replaced by a good copy" in capsys.readouterr().err


def test_a_broken_transfer_is_tried_again(site: Site, tmp_path: Path) -> None:
    url = site.serve("/a.bin", GOOD, sent=100, times=1)
    site.serve("/a.bin", b"busy", status=503, times=1)
    site.serve("/a.bin", GOOD)
    (path,) = fetch(source_of(raw_file(url)), tmp_path).values()
    assert path.read_bytes() == GOOD
    assert site.requests == {"/a.bin": 3}


def test_a_transfer_that_always_breaks_leaves_nothing(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match="the transfer broke off"):
        fetch(source_of(raw_file(site.serve("/a.bin", GOOD, sent=100))), tmp_path)
    assert site.requests == {"/a.bin": 3}
    assert names(tmp_path / "raw/toy") == set()


def test_without_a_network_the_error_names_the_urls_and_the_mirror_setting(
    site: Site, closed_url: str, tmp_path: Path
) -> None:
    with pytest.raises(ReplabError) as caught:
        fetch(source_of(raw_file(closed_url, site.url + "/absent")), tmp_path)
    message = str(caught.value)
    assert f"{closed_url}: host not reached" in message
    assert f"{site.url}/absent: HTTP status 404" in message
    assert "REPLAB_MIRROR" in message
    assert message.count("\n") == 1


def test_a_name_that_nobody_looks_up_does_not_hold_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(*args: object, **kwargs: object) -> None:
        threading.Event().wait(1)
        raise socket.gaierror("nobody answered")

    monkeypatch.setattr(transfer, "REACH_SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", silence)
    began = time.monotonic()
    with pytest.raises(ReplabError, match="host not reached"):
        fetch(source_of(raw_file(*(f"https://silent.invalid/{part}" for part in range(40)))), tmp_path)
    assert time.monotonic() - began < 0.8


@pytest.mark.parametrize("url", ["http://:80/a", "http://127.0.0.1:port/a", "http://[::/a", "https:///a"])
def test_a_url_that_is_none_is_not_reached(url: str, tmp_path: Path) -> None:
    with pytest.raises(ReplabError, match="host not reached"):
        fetch(source_of(raw_file(url)), tmp_path)


def test_a_mirror_without_the_file_is_named_beside_the_url(mirror: Path, closed_url: str, tmp_path: Path) -> None:
    with pytest.raises(ReplabError) as caught:
        fetch(source_of(raw_file(closed_url)), tmp_path)
    assert f"{mirror}/a.bin: no such file" in str(caught.value)
    assert closed_url in str(caught.value)


def test_a_password_in_the_mirror_url_is_not_printed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPLAB_MIRROR", site.url.replace("://", "://me:s@cret@"))
    with pytest.raises(ReplabError, match="HTTP status 404") as caught:
        fetch(source_of(raw_file()), tmp_path)
    assert "cret" not in str(caught.value)
    assert f"{site.url}/toy/a.bin" in str(caught.value)


def test_a_file_that_cannot_be_written_whole_leaves_no_part(mirror: Path, tmp_path: Path) -> None:
    (mirror / "a.bin").write_bytes(GOOD)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(ReplabError, match=r"cannot write .*a\.bin.*: File too large"):
            fetch(source_of(raw_file()), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path / "raw/toy") == set()


def test_a_full_disk_during_a_download_is_said_as_such(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, chunk: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfer._Counted, "write", full)
    with pytest.raises(ReplabError, match=r"cannot write .*: No space left on device"):
        fetch(source_of(raw_file(site.serve("/a.bin", GOOD))), tmp_path)
    assert site.requests == {"/a.bin": 1}
    assert names(tmp_path / "raw/toy") == set()


def test_a_root_that_cannot_be_made_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReplabError, match=r"cannot use .*file/root"):
        fetch(source_of(raw_file()), tmp_path / "file" / "root")


def test_what_a_killed_download_left_is_removed(mirror: Path, tmp_path: Path) -> None:
    (mirror / "a.bin").write_bytes(GOOD)
    folder = tmp_path / "raw/toy"
    folder.mkdir(parents=True)
    (folder / "..a.bin.incoming.part.x1.part").write_bytes(b"half")
    fetch(source_of(raw_file()), tmp_path)
    assert names(folder) == {"a.bin"}


def test_two_at_once_download_once(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = source_of(raw_file(site.serve("/a.bin", GOOD)))
    with sources.locked("toy", tmp_path):
        threads = [threading.Thread(target=fetch, args=(source, tmp_path)) for _ in range(2)]
        for thread in threads:
            thread.start()
        deadline, said = time.monotonic() + 5, ""
        while said.count("waiting for another process") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
            said += capsys.readouterr().err
        assert said.count("waiting for another process") == 2
        assert not site.requests
    for thread in threads:
        thread.join()
    assert site.requests == {"/a.bin": 1}


def tar_of(path: Path, members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    with tarfile.open(path, "w:gz") as tar:
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path.read_bytes()


def archived(content: bytes, *urls: str) -> Source:
    files = (
        raw_file(member="inside/a.bin"),
        raw_file(name="b.bin", content=GOOD[::-1], member="inside/b.bin"),
    )
    return source_of(*files, archive=raw_file(*urls, name="all.tar.gz", content=content))


BOTH = {"inside/a.bin": GOOD, "inside/b.bin": GOOD[::-1]}


def test_members_are_taken_by_their_names_alone(site: Site, tmp_path: Path) -> None:
    hostile = {"../evil": b"x", "/tmp/evil": b"x", "inside/c.bin": b"x"}
    content = tar_of(tmp_path / "all.tar.gz", hostile | BOTH, links={"inside/a.bin": "/etc/passwd", "inside/l": "/"})
    paths = fetch(archived(content, site.serve("/all.tar.gz", content)), tmp_path / "root")
    assert {name: path.read_bytes() for name, path in paths.items()} == {"a.bin": GOOD, "b.bin": GOOD[::-1]}
    found = {path.name for path in (tmp_path / "root").rglob("*") if path.is_file()}
    assert found == {"a.bin", "b.bin", "all.tar.gz", ".toy.lock"}


def test_an_archive_in_the_mirror_supplies_just_the_files_that_lack(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = tar_of(mirror / "all.tar.gz", BOTH)
    (mirror / "a.bin").write_bytes(GOOD)
    paths = fetch(archived(content), tmp_path)
    assert list(paths) == ["a.bin", "b.bin"]
    assert paths["b.bin"].read_bytes() == GOOD[::-1]
    (mirror / "all.tar.gz").unlink()
    (tmp_path / "raw/toy/all.tar.gz").unlink()
    assert fetch(archived(content), tmp_path) == paths


def test_without_files_and_archive_both_are_named(mirror: Path, closed_url: str, tmp_path: Path) -> None:
    with pytest.raises(ReplabError) as caught:
        fetch(archived(b"", closed_url), tmp_path)
    for part in ("a.bin (and 1 more)", f"{mirror}/a.bin", f"{mirror}/all.tar.gz", closed_url):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"inside/a.bin": GOOD}, "does not hold inside/b.bin"),
        ({"inside/a.bin": GOOD[:9], "inside/b.bin": GOOD}, "inside/a.bin has 9 bytes"),
        ({"inside/a.bin": BAD, "inside/b.bin": GOOD}, f"md5 {md5(BAD)}, expected {md5(GOOD)}"),
    ],
)
def test_an_archive_that_holds_something_else_is_refused(
    members: dict[str, bytes], message: str, mirror: Path, tmp_path: Path
) -> None:
    content = tar_of(mirror / "all.tar.gz", members)
    with pytest.raises(ReplabError, match=message):
        fetch(archived(content), tmp_path)
    assert "b.bin" not in names(tmp_path / "raw/toy")


@pytest.mark.parametrize("keep", [0.5, 0])
def test_an_archive_that_is_cut_or_none_is_refused(keep: float, mirror: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).bytes(len(GOOD))  # does not compress: half of the archive is half of the data
    whole = tar_of(mirror / "all.tar.gz", {"inside/x": noise, **BOTH})
    content = whole[: int(keep * len(whole))] or b"not a tar archive"
    (mirror / "all.tar.gz").write_bytes(content)
    with pytest.raises(ReplabError, match="is not a whole tar archive"):
        fetch(archived(content), tmp_path)
