"""The archive that images were unpacked from last, and whether what was unpacked is still that."""

import hashlib
import logging
import shutil
from pathlib import Path

from pydantic import BaseModel

from image_classification.files.stamp import Stamp, stamp_of_file
from image_classification.images.folder.archives.kinds import Kind
from image_classification.images.folder.archives.unpack import unpack
from image_classification.words import count_of, in_bytes

logger = logging.getLogger(__name__)

_UNFINISHED = "unfinished"


class UnpackedArchive(BaseModel):
    """What was unpacked.

    folder: Where, from the folder of what is unpacked: `<digest>/<name of the archive>`.
    sha256: Of the archive's content. stamp: Of its file.
    files, size: How many files there are, of how many bytes together.
    remarks: What there is to be said of it, such as what was left out.
    """

    folder: str
    sha256: str
    stamp: str
    files: int
    size: int
    remarks: list[str] = []


def unpacked(archive: Path, kind: Kind, home: Path, earlier: UnpackedArchive | None) -> UnpackedArchive:
    """Unpack an archive, unless that was done before and nothing has changed since.

    Pictures are read several times, in several threads, and by the stages that run alone: a compressed tar
    file would have to be unpacked each time, and a zip file be opened by each thread. Once on the disk they
    are a folder like any other.

    Args:
        archive: The file.
        kind: What it is.
        home: The folder for what is unpacked; whatever else is in it is removed.
        earlier: What was unpacked there last.

    Raises:
        UserError: It cannot be unpacked; what was there before is kept.
    """
    stamp = stamp_of_file(archive)
    is_whole = earlier is not None and _measured(home / earlier.folder) == (earlier.files, earlier.size)
    if earlier and is_whole and stamp.digest == earlier.stamp and stamp.is_settled:
        return _reused(archive, earlier, stamp)
    sha256 = _sha256(archive)
    if earlier and is_whole and sha256 == earlier.sha256 and Path(earlier.folder).name == archive.name:
        return _reused(archive, earlier, stamp)
    folder = Path(sha256[:16]) / archive.name
    shutil.rmtree(home / _UNFINISHED, ignore_errors=True)
    try:
        made = unpack(archive, kind, home / _UNFINISHED / folder.name)
        clear(home, but=_UNFINISHED)
        (home / _UNFINISHED).rename(home / folder.parent)
    finally:
        shutil.rmtree(home / _UNFINISHED, ignore_errors=True)
    size = f"{count_of(made.files, 'file')} ({in_bytes(made.size)})"
    logger.info("%s: %s unpacked to %s.", archive, size, home / folder)
    result = UnpackedArchive(
        folder=folder.as_posix(),
        sha256=sha256,
        stamp=stamp.digest,
        files=made.files,
        size=made.size,
        remarks=made.remarks,
    )
    _remark(archive, result)
    return result


def clear(home: Path, but: str = "") -> None:
    """Remove what was unpacked: the folders in a folder."""
    for folder in home.iterdir() if home.is_dir() else ():
        if folder.is_dir() and not folder.is_symlink() and folder.name != but:
            shutil.rmtree(folder)


def _reused(archive: Path, earlier: UnpackedArchive, stamp: Stamp) -> UnpackedArchive:
    logger.info("%s: unpacked before: reused.", archive)
    _remark(archive, earlier)
    return earlier.model_copy(update={"stamp": stamp.digest})


def _remark(archive: Path, of: UnpackedArchive) -> None:
    """Say it at every run: who trains on images has to know which are missing."""
    for remark in of.remarks:
        logger.warning("%s: %s.", archive, remark)


def _measured(folder: Path) -> tuple[int, int]:
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return len(sizes), sum(sizes)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
