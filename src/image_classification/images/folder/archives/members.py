"""What is in an archive, one after the other, whether it is a zip or a tar file."""

import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from image_classification.errors import UserError
from image_classification.images.folder.archives.kinds import Kind, decompressed
from image_classification.words import agreeing

_LONGEST_HEADER = 2**20  # bytes: names are read into memory as long as the archive says that they are
_ENCRYPTED, _IS_UTF8 = 0x1, 0x800


class Member(NamedTuple):
    """Something in an archive.

    name: As it is written there, with / between folders.
    size: Bytes of its content.
    open: Opens its content; None if it is no regular file.
    what: "" of a file; "folder"; or what else it is, such as "link".
    """

    name: str
    size: int = 0
    open: Callable[[], IO[bytes]] | None = None
    what: str = ""


class Remarks(list[str]):
    """What there is to be said of an archive although it can be read."""


class NotAsExpectedError(Exception):
    """The archive is damaged, or not made for honest ends; the message says in which way."""


def members_of(path: Path, kind: Kind, remarks: Remarks) -> Iterator[Member]:
    """Yield what is in an archive, in its order; each is to be read before the next.

    Raises:
        UserError: Something in it is protected by a password.
        NotAsExpectedError, and others of zipfile, tarfile and the libraries that decompress: It is damaged.
    """
    return _of_zip(path, remarks) if kind == "zip" else _of_tar(path, remarks)


def size_of_zip(path: Path) -> int:
    """Return how many bytes a zip file says that its content takes."""
    with zipfile.ZipFile(path) as archive:
        return sum(max(info.file_size, tarfile.BLOCKSIZE) for info in archive.infolist())


def _of_zip(path: Path, remarks: Remarks) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if protected := next((info for info in infos if info.flag_bits & _ENCRYPTED), None):
            raise UserError(
                f"{path} is protected by a password, such as {protected.filename!r} in it.\n"
                "Expected an archive without one: unpack it, and name the folder."
            )
        names = _names_of_zip(infos, remarks)
        for info, name in zip(infos, names, strict=True):
            mode = info.external_attr >> 16 if info.create_system == 3 else 0  # made by Unix
            if name.endswith("/") or stat.S_ISDIR(mode):
                yield Member(name, what="folder")
            elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
                yield Member(name, info.file_size, lambda info=info: archive.open(info))  # type: ignore[misc]
            else:
                yield Member(name, what="link" if stat.S_ISLNK(mode) else "special file")


def _names_of_zip(infos: list[zipfile.ZipInfo], remarks: Remarks) -> list[str]:
    """Return the names in a zip file; programs write them in UTF-8 without saying so, or with backslashes."""
    names = [info.filename for info in infos]
    unsaid = [
        place
        for place, info in enumerate(infos)
        if not info.flag_bits & _IS_UTF8 and not info.filename.isascii()
    ]
    try:
        meant = [names[place].encode("cp437").decode("utf-8") for place in unsaid]
    except UnicodeError:
        remarks.append(
            f"{len(unsaid)} of its names {agreeing(len(unsaid), 'does', 'do')} not say "
            f"{agreeing(len(unsaid), 'its', 'their')} encoding and "
            f"{agreeing(len(unsaid), 'is', 'are')} read as cp437, such as "
            f"{names[unsaid[0]]}: if that is wrong, unpack it with the right one, and name the folder"
        )
    else:
        for place, name in zip(unsaid, meant, strict=True):
            names[place] = name
    if any("\\" in name for name in names) and not any("/" in name for name in names):
        names = [name.replace("\\", "/") for name in names]
    return names


class _Bounded:
    """A file that refuses to be read far at once: tarfile reads a name as long as its header claims."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _LONGEST_HEADER:
            raise NotAsExpectedError("one of its names would take more memory than any name does")
        return self._file.read(size)


def _of_tar(path: Path, remarks: Remarks) -> Iterator[Member]:
    with path.open("rb") as raw:
        first = raw.read(8)
        raw.seek(0)
        content = decompressed(raw, first)
        with tarfile.open(fileobj=_Bounded(content), mode="r:") as archive:  # type: ignore[call-overload]
            while (info := archive.next()) is not None:
                yield _of_tar_header(archive, info)
                archive.members.clear()  # it would keep them all
            _require_end(content, archive.offset, remarks)


def _of_tar_header(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    if info.isdir():
        return Member(info.name, what="folder")
    if info.isreg() and not info.issparse():
        return Member(info.name, info.size, lambda: archive.extractfile(info))  # type: ignore[arg-type, return-value]
    is_link = info.issym() or info.islnk()
    return Member(info.name, info.size, what="link" if is_link else "special file")


def _require_end(content: IO[bytes], offset: int, remarks: Remarks) -> None:
    """Make sure that there is nothing behind the last member: tarfile ends at a damaged header in silence."""
    content.seek(offset, os.SEEK_SET)
    block = content.read(tarfile.BLOCKSIZE)
    if block.strip(b"\0"):
        raise NotAsExpectedError(f"what follows after {offset:,} bytes of its content is damaged")
    if len(block) < tarfile.BLOCKSIZE:
        remarks.append("the mark of its end is missing: is it complete?")
