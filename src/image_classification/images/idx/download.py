"""Downloading files, from the first mirror that delivers each of them whole."""

import hashlib
import http.client
import os
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files import open_regular, remove_leftovers, replacing

_CHUNK = 256 * 1024


class RemoteFile(NamedTuple):
    """A file to fetch: its name below the mirror, its MD5 as hexadecimal digits and its size in bytes.

    Where these are not known (md5 is empty, size 0), `check` looks at what came, and raises `UserError` if it
    is not whole.
    """

    name: str
    md5: str
    size: int
    check: Callable[[Path], object] | None = None


@dataclass
class DownloadReport:
    """The outcome of a download: name -> mirror of each file fetched, (mirror, reason) of each failure."""

    fetched: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    silent: bool = False  # a mirror did not answer at all: asking it for other files would take as long


class _FileRefusedError(Exception):
    """This mirror does not deliver this file."""


class _MirrorSilentError(Exception):
    """This mirror does not answer at all."""


def file_problem(file: RemoteFile, folder: Path) -> str | None:
    """Return what is wrong with the file in the folder: None if it is complete, "" if it is missing."""
    path = folder / file.name
    if not path.is_file():
        return ""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return (
        None if digest == file.md5 else f"{path} has the wrong checksum (MD5 {digest} instead of {file.md5})"
    )


def download_files(
    files: Sequence[RemoteFile], folder: Path, mirrors: Sequence[str], connect_timeout: float
) -> DownloadReport:
    """Fetch what is missing or damaged in the folder; leave alone what is complete there.

    Args:
        files: The files that the folder is to hold.
        folder: Where to put them; made if missing. A file appears in it only once its checksum is right.
        mirrors: Addresses (http, https, file) of folders that hold the files, tried in this order.
        connect_timeout: Seconds that a mirror may stay silent; it is then asked for no other file.
    """
    report = DownloadReport()
    for file in files:
        remove_leftovers(folder / file.name)
    wanted = [file for file in files if file_problem(file, folder) is not None]
    if not wanted:
        return report
    with progress_bar("Downloading", total=sum(file.size for file in wanted), unit="bytes") as advance:
        for mirror in mirrors:
            try:
                for file in list(wanted):
                    try:
                        _fetch(file, folder, mirror, connect_timeout, advance)
                    except _FileRefusedError as refusal:
                        report.failures.append((mirror, f"{file.name}: {refusal}"))
                    else:
                        report.fetched[file.name] = mirror
                        wanted.remove(file)
            except _MirrorSilentError as silence:
                report.failures.append((mirror, str(silence)))
                report.silent = True
    report.missing = [file.name for file in wanted]
    return report


def _fetch(
    file: RemoteFile, folder: Path, mirror: str, connect_timeout: float, advance: Callable[[int], None]
) -> None:
    received = 0
    checksum = hashlib.md5(usedforsecurity=False)
    beginning = b""
    try:
        with _open(mirror, file.name, connect_timeout) as source, replacing(folder / file.name) as temporary:
            with temporary.open("wb") as target:
                while (received <= file.size or not file.md5) and (chunk := _read(source, connect_timeout)):
                    beginning = beginning or chunk[:256]
                    target.write(chunk)
                    checksum.update(chunk)
                    received += len(chunk)
                    advance(len(chunk))
            _verify(file, temporary, received, checksum.hexdigest(), beginning)
    except BaseException:
        advance(-received)
        raise


def _verify(file: RemoteFile, path: Path, received: int, md5: str, beginning: bytes) -> None:
    if md5 == file.md5:
        return
    if beginning.lstrip()[:1] == b"<":
        raise _FileRefusedError("a web page came instead of the file")
    if file.check is not None:
        try:
            file.check(path)
        except UserError as error:
            raise _FileRefusedError(str(error).splitlines()[0].replace(f"{path} ", "")) from error
        return
    if received < file.size:
        raise _FileRefusedError(f"truncated: {received} of {file.size} bytes came")
    if received > file.size:
        raise _FileRefusedError(f"too long: more than {file.size} bytes came")
    raise _FileRefusedError(f"wrong checksum: MD5 {md5} instead of {file.md5}")


def _read(source: BinaryIO, connect_timeout: float) -> bytes:
    try:
        return source.read(_CHUNK)
    except TimeoutError as error:
        raise _MirrorSilentError(f"fell silent for {connect_timeout:g} s during the download") from error
    except (OSError, http.client.HTTPException) as error:
        raise _FileRefusedError(f"the connection broke ({_reason(error)})") from error


def _open(mirror: str, name: str, connect_timeout: float) -> BinaryIO:
    if not mirror.startswith("file://"):
        return _open_remote(f"{mirror.rstrip('/')}/{name}", connect_timeout)
    folder = local_folder(mirror)
    if not folder.is_dir():
        raise _MirrorSilentError("there is no such folder")
    try:
        return os.fdopen(open_regular(folder / name)[0], "rb")
    except OSError as error:
        raise _FileRefusedError(error.strerror or str(error)) from error


def local_folder(mirror: str) -> Path:
    """Return the folder of a file:// address; people write spaces and percent signs plainly or encoded."""
    plain = Path(mirror.removeprefix("file://"))
    return plain if plain.exists() else Path(unquote(str(plain)))


def _open_remote(url: str, connect_timeout: float) -> BinaryIO:
    """Open the address, or give up once it has been silent for the time-out.

    The time-out of a socket bounds each attempt to connect but not the look-up of the host's name, which
    alone can take half a minute without a network: hence the thread, left behind when nobody answers.
    """
    answers: queue.SimpleQueue[BinaryIO | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            # the scheme was checked when the mirrors were chosen: no file or custom scheme gets here
            answers.put(urllib.request.urlopen(url, timeout=connect_timeout))  # noqa: S310
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=connect_timeout)
    except queue.Empty:
        raise _MirrorSilentError(f"no answer within {connect_timeout:g} s") from None
    if isinstance(answer, urllib.error.HTTPError):
        answer.close()
        raise _FileRefusedError(f"HTTP {answer.code} {answer.reason}") from answer
    if isinstance(answer, Exception):
        reason = answer.reason if isinstance(answer, urllib.error.URLError) else answer
        if isinstance(reason, TimeoutError):
            raise _MirrorSilentError(f"no answer within {connect_timeout:g} s") from answer
        raise _MirrorSilentError(f"no connection ({_reason(reason)})") from answer
    return answer


def _reason(error: object) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
