"""Which files are archives that can be unpacked, by their content."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
from pathlib import Path
from typing import IO, Literal

from image_classification.errors import UserError
from image_classification.files.paths import is_file
from image_classification.images.folder.tables.table import is_table

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
"""What the names of archives usually end in; their content decides."""

_OTHERS = (".7z", ".rar", ".tar.zst", ".tzst", ".zst", ".tar.lz4", ".lz4", ".tar.z", ".cab", ".iso", ".dmg")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OF_OFFICE = ("[Content_Types].xml", "mimetype")  # a document that is a zip file inside
_COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}

Kind = Literal["zip", "tar", ""]


def kind_of_archive(path: Path) -> Kind:
    """Tell what kind of archive a file is, by its content; "" if it is none, or none that can be unpacked.

    Raises:
        UserError: Its name promises an archive, and it is none.
    """
    if not is_file(path) or is_table(path):
        return ""
    try:
        with path.open("rb") as file:
            first = file.read(8)
        if first.startswith(_ZIP):
            return "" if _is_document(path) else "zip"
        kind: Kind = "tar" if _is_tar(path, first) else ""
    except OSError:
        kind = ""
    name = path.name.lower()
    if not kind and name.endswith((*ENDINGS, *_OTHERS)):
        known = name.endswith(ENDINGS)
        raise UserError(
            f"{path} is named like an archive, and cannot be read as one: "
            f"{'it is damaged, incomplete, or something else' if known else 'archives of this kind are not'}"
            f".\nExpected a zip or tar file ({', '.join(ENDINGS)}); or unpack it, and name the folder."
        )
    return kind


def without_ending(name: str) -> str:
    """Return the name of an archive without what says that it is one."""
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
    return name.removesuffix(name[-len(ending) :]) if ending else name


def decompressed(file: IO[bytes], first: bytes) -> IO[bytes]:
    """Return the content of a file that may be compressed by gzip, bzip2 or xz, as its first bytes say."""
    opens = next((opens for mark, opens in _COMPRESSED.items() if first.startswith(mark)), None)
    return opens(file) if opens else file  # type: ignore[operator]


def _is_document(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name in _OF_OFFICE for name in archive.namelist()[:3])
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return False  # whoever unpacks it will tell


def _is_tar(path: Path, first: bytes) -> bool:
    try:
        with path.open("rb") as file:
            header = decompressed(file, first).read(tarfile.BLOCKSIZE)
        tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, OSError, EOFError, lzma.LZMAError, ValueError):
        return False
    return True
