"""Downloading files, from the first mirror that delivers each of them whole."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files import remove_leftovers, replacing
from image_classification.images.idx.mirror import (
    FileRefusedError,
    MirrorSilentError,
    Pace,
    open_file,
    read_chunk,
)

# of a file whose size nobody knows: the largest set in this format has 0.6 GB
_LARGEST = 16 * 1024**3


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
    files: Sequence[RemoteFile],
    folder: Path,
    mirrors: Sequence[str],
    connect_timeout: float,
    clock: Callable[[], float] = monotonic,
) -> DownloadReport:
    """Fetch what is missing or damaged in the folder; leave alone what is complete there.

    Args:
        files: The files that the folder is to hold.
        folder: Where to put them; made if missing. A file appears in it only once its checksum is right.
        mirrors: Addresses (http, https, file) of folders that hold the files, tried in this order.
        connect_timeout: Seconds that a mirror may stay silent; it is then asked for no other file. The same
            happens to one that is slower than `LEAST_SPEED`.
        clock: Tells the seconds by which the speed is measured.
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
                        _fetch(file, folder, mirror, connect_timeout, advance, Pace(clock))
                    except FileRefusedError as refusal:
                        report.failures.append((mirror, f"{file.name}: {refusal}"))
                    else:
                        report.fetched[file.name] = mirror
                        wanted.remove(file)
            except MirrorSilentError as silence:
                report.failures.append((mirror, str(silence)))
                report.silent = True
    report.missing = [file.name for file in wanted]
    return report


def _fetch(
    file: RemoteFile,
    folder: Path,
    mirror: str,
    connect_timeout: float,
    advance: Callable[[int], None],
    pace: Pace,
) -> None:
    received, most = 0, file.size if file.md5 else _LARGEST
    checksum = hashlib.md5(usedforsecurity=False)
    beginning = b""
    try:
        with (
            open_file(mirror, file.name, connect_timeout) as source,
            replacing(folder / file.name) as temporary,
        ):
            with temporary.open("wb") as target:
                while received <= most and (chunk := read_chunk(source, connect_timeout)):
                    pace.received(len(chunk))
                    beginning += chunk[: 256 - len(beginning)]
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
    if not file.md5 and received > _LARGEST:
        raise FileRefusedError(f"too long: more than {_LARGEST} bytes came")
    if beginning.lstrip()[:1] == b"<":
        raise FileRefusedError("a web page came instead of the file")
    if file.check is not None:
        try:
            file.check(path)
        except UserError as error:
            raise FileRefusedError(str(error).splitlines()[0].replace(f"{path} ", "")) from error
        return
    if received < file.size:
        raise FileRefusedError(f"truncated: {received} of {file.size} bytes came")
    if received > file.size:
        raise FileRefusedError(f"too long: more than {file.size} bytes came")
    raise FileRefusedError(f"wrong checksum: MD5 {md5} instead of {file.md5}")
