"""Unpacking an archive into a new folder: nothing is written beside it, nothing in it leads out of it."""

import lzma
import re
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from image_classification.console import progress_bar
from image_classification.errors import UserError
from image_classification.files.paths import shortened
from image_classification.files.troubles import (
    NO_PERMISSION,
    NO_ROOM,
    cannot_be_written,
    error_number,
    first_line,
    free_room,
    require_room,
)
from image_classification.images.folder.archives.kinds import Kind
from image_classification.images.folder.archives.members import (
    Member,
    NotAsExpectedError,
    Remarks,
    members_of,
    size_of_zip,
)
from image_classification.words import count_of, in_bytes

_CHUNK = 2**20
_EXAMPLES = 5  # of what is left out
_WITH = {"link": ", with what they may lead to"}
# pictures hardly become smaller in an archive; plain masks and bitmaps do, by a hundred
_LITTLE, _MOST_TIMES = 2**30, 200
_DAMAGED = (
    *(zipfile.BadZipFile, NotImplementedError, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(EOFError, ValueError, RecursionError, NotAsExpectedError),
)
_INSTEAD = "or unpack it yourself, and name the folder."


class Unpacked(NamedTuple):
    """What has become of an archive: how many files, of how many bytes, and what there is to be said."""

    files: int
    size: int
    remarks: list[str]


def unpack(archive: Path, kind: Kind, into: Path) -> Unpacked:
    """Write the regular files of an archive below a folder that is new; links and devices are left out.

    Permissions and times are not taken over. What a member is called decides only where below the folder it
    goes; nothing is written over.

    Args:
        archive: A zip or tar file.
        kind: Which of them it is.
        into: A folder that is empty or does not exist.

    Raises:
        UserError: It is damaged, protected, or would leave the folder; two of its files have one name; it
            unpacks to far more than it takes, or to more than there is room for.
    """
    writing = _Writing(archive, into)
    remarks = Remarks()
    try:
        into.mkdir(parents=True, exist_ok=True)
        if kind == "zip":
            writing.require(size_of_zip(archive))
        with progress_bar(f"Unpacking {archive.name}", writing.packed // 1000, "kB") as advance:
            for member in members_of(archive, kind, remarks):
                writing.take(member)
                advance(min(member.size, writing.packed) // 1000)
    except _DAMAGED as error:
        raise UserError(
            f"The archive {archive} cannot be read: {_reason(error)}.\n"
            f"Expected a whole zip or tar file: get it again, {_INSTEAD}"
        ) from error
    except OSError as error:
        raise UserError(_trouble(error, archive, into)) from error
    return Unpacked(writing.files, writing.size, [*remarks, *writing.left_out()])


def _trouble(error: OSError, archive: Path, into: Path) -> str:
    number, free = error_number(error), free_room(into)
    if number in NO_ROOM:
        room = f"{in_bytes(free)} are free in {into.parent}" if free is not None else "the disk is full"
        return (
            f"There is no room to unpack {archive}: {room}, and it needs more; nothing of it is kept.\n"
            "Make room there, or keep the data on another disk, and run again."
        )
    if number in NO_PERMISSION:
        return cannot_be_written(into, number)
    # of gzip and bz2 an error without a number says that their content is damaged
    reason = error.strerror if number and error.strerror else first_line(error)
    return (
        f"The archive {archive} cannot be unpacked: {reason}.\n"
        f"Expected a whole zip or tar file, with names that this system takes: get it again, {_INSTEAD}"
    )


class _Writing:
    def __init__(self, archive: Path, into: Path) -> None:
        self.archive, self.into = archive, into
        self.packed = archive.stat().st_size
        self.files = self.size = self._counted = 0
        self._others: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}
        self._folders: set[Path] = set()

    def take(self, member: Member) -> None:
        """Write a file, make a folder, or count what is neither."""
        parts = self._place(member.name)
        self._counted += max(member.size, tarfile.BLOCKSIZE)
        self._require_honest(self._counted)
        if member.what == "folder":
            self._make(self.into.joinpath(*parts))
        elif member.open is None:
            self._others[member.what] += 1
            examples = self._examples.setdefault(member.what, [])
            examples += [shortened(member.name)] if len(examples) < _EXAMPLES else []
        elif parts:
            target = self.into.joinpath(*parts)
            self._make(target.parent)
            require_room(target, member.size)
            self._write(member.open, target)

    def require(self, size: int) -> None:
        """Refuse to begin what would end without room, or what nobody packs."""
        self._require_honest(size)
        require_room(self.into, size)

    def left_out(self) -> list[str]:
        return [
            f"{count_of(count, what)} in it left out{_WITH.get(what, '')}: "
            + ", ".join([*self._examples[what], *(["…"] if count > _EXAMPLES else [])])
            for what, count in self._others.items()
        ]

    def _place(self, name: str) -> list[str]:
        """Return the folders and the name that lead to a member from the top of the archive."""
        if re.match(r"[/\\]|[A-Za-z]:[/\\]", name) or ".." in re.split(r"[/\\]", name):
            raise UserError(
                f"{self.archive} holds {shortened(name)!r}, which would lie outside of the folder that it is "
                "unpacked into: nothing of it is used.\n"
                f"Expected names below the top of the archive; {_INSTEAD}"
            )
        return [part for part in name.split("/") if part not in ("", ".")]

    def _require_honest(self, size: int) -> None:
        if size > max(_LITTLE, _MOST_TIMES * self.packed):
            raise UserError(
                f"{self.archive} has {in_bytes(self.packed)}, and unpacks to more than {_MOST_TIMES} times "
                f"as much, {in_bytes(size)}: it may be a decompression bomb.\n"
                "If it is meant so, unpack it yourself, and name the folder."
            )

    def _make(self, folder: Path) -> None:
        if folder not in self._folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                raise self._twice(folder) from None
            self._folders.add(folder)

    def _write(self, opens: Callable[[], IO[bytes]], target: Path) -> None:
        try:
            with opens() as source, target.open("xb") as file:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
                    self.size += len(chunk)
        except FileExistsError:
            raise self._twice(target) from None
        self.files += 1

    def _twice(self, target: Path) -> UserError:
        name = shortened(str(target.relative_to(self.into)))
        return UserError(
            f"{self.archive} holds {name!r} twice, or under names that are the same on this system: which is "
            f"meant is not clear.\nExpected each name once; {_INSTEAD}"
        )


def _reason(error: BaseException) -> str:
    if isinstance(error, EOFError):
        return "it ends too early"
    return first_line(error)
