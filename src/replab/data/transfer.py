"""Bring one file from one place, a path or an http(s) URL, to a path here: whole, or not at all."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from replab.files import replacing

CHUNK_BYTES = 1 << 16
PAUSES_SECONDS = (1.0, 3.0)  # before the second and the third try
REACH_SECONDS = 5.0
TIMEOUT_SECONDS = (5.0, 30.0)  # to connect; between two packets


class Unavailable(Exception):
    """A place does not give the file, for the reason in the message; `passing`: asking again may help."""

    def __init__(self, reason: str, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing


def is_url(place: str) -> bool:
    """Whether `place` is to be asked over http(s)."""
    return place.lower().startswith(("http://", "https://"))


def shown(place: str) -> str:
    """`place` as it may be printed: without the user name and password that a URL can hold."""
    return re.sub(r"(?<=://)[^/]*@", "", place) if is_url(place) else place


def places(folder: str, name: str, urls: Iterable[str]) -> tuple[str, ...]:
    """Where to ask for a file: `REPLAB_MIRROR`, a folder or URL that has it as `<folder>/<name>`, then its own URLs."""
    mirror = os.environ.get("REPLAB_MIRROR", "").strip()
    base = mirror.rstrip("/") if is_url(mirror) else str(Path(mirror).expanduser())
    return (*([f"{base}/{folder}/{name}"] if mirror else []), *urls)


def incoming_of(path: Path) -> Path:
    """Where a file is brought to before its checksum is known to be right."""
    return path.with_name(f".{path.name}.incoming.part")


def bring(place: str, target: Path, expected_bytes: int) -> None:
    """Copy or download `place` to `target`, atomically. `expected_bytes` is for the progress bar only.

    What the power's failing damages, its checksum tells; to wait for the disk would take seconds for many files.

    Raises Unavailable where the place does not give it, ReplabError where it cannot be written here.
    """
    if is_url(place):
        _download(place, target, expected_bytes)
    else:
        _copy(place, target)


def _copy(place: str, target: Path) -> None:
    with _opened(place) as source, replacing(target, durable=False) as file:
        shutil.copyfileobj(source, file, CHUNK_BYTES)


def _opened(place: str) -> BinaryIO:
    try:
        return Path(place).open("rb")
    except OSError as error:
        raise Unavailable((error.strerror or str(error)).lower()) from error


def _download(url: str, target: Path, expected_bytes: int) -> None:
    if not _reached(url):
        raise Unavailable("host not reached")
    for pause in (*PAUSES_SECONDS, None):
        try:
            return _try_download(url, target, expected_bytes)
        except Unavailable as error:
            if pause is None or not error.passing:
                raise
        time.sleep(pause)


def _reached(url: str) -> bool:
    """Whether the URL's host takes a connection. Behind a proxy, the proxy will tell."""
    import requests

    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "no host", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return False
    return bool(requests.utils.get_environ_proxies(url)) or _connects(host, port)


@cache  # asked once for all the files of a host
def _connects(host: str, port: int) -> bool:
    """Whether `host` takes a connection within REACH_SECONDS.

    The timeouts of requests count anew for each address of a host and not at all for looking up its name, so
    that a network that drops packets would hold a user for minutes.
    """
    done = threading.Event()

    def connect() -> None:
        with suppress(OSError, ValueError):  # ValueError: not a host name
            socket.create_connection((host, port), timeout=REACH_SECONDS).close()
            done.set()

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(REACH_SECONDS)
    return done.is_set()


def _try_download(url: str, target: Path, expected_bytes: int) -> None:
    import pooch
    import requests

    # A server that compresses on the way would have requests unpack a .gz file, and its checksum fail.
    fetch = pooch.HTTPDownloader(
        chunk_size=CHUNK_BYTES, timeout=TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"}
    )
    with replacing(target, durable=False) as file, _counted(file, urlsplit(url).path, expected_bytes) as counted:
        # Inside `replacing`: requests' errors are OSErrors, which it would take for a failure to write.
        try:
            fetch(url, counted, None)
        except requests.RequestException as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> Unavailable:
    """What went wrong, in a few words. Broken transfers and server errors may pass, refusals do not."""
    import requests
    import urllib3

    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return Unavailable(f"HTTP status {status}", passing=status >= 500 or status == 429)
    if isinstance(error, requests.exceptions.SSLError):
        return Unavailable("certificate not accepted")
    if isinstance(error, requests.Timeout):
        return Unavailable("no answer in time")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return Unavailable("the transfer broke off", passing=True)
    if isinstance(error, requests.ConnectionError):
        refused = bool(error.args) and isinstance(error.args[0], urllib3.exceptions.MaxRetryError)
        return Unavailable("no connection" if refused else "the transfer broke off", passing=not refused)
    return Unavailable(str(error).splitlines()[0] if str(error) else type(error).__name__)


class _Counted:
    """A file that tells a progress bar of every chunk written to it."""

    def __init__(self, file: BinaryIO, bar: Any, task: Any) -> None:
        self.file, self.bar, self.task = file, bar, task

    def write(self, chunk: bytes) -> int:
        self.bar.advance(self.task, len(chunk))
        return self.file.write(chunk)

    def flush(self) -> None:
        """pooch calls this at every chunk; the file is flushed once, when it is whole."""


@contextmanager
def _counted(file: BinaryIO, path: str, expected_bytes: int) -> Iterator[_Counted]:
    """`file` with a progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield _Counted(file, bar, bar.add_task(path.rsplit("/", 1)[-1], total=expected_bytes))
