"""The four files of a data set in MNIST's format: finding them by their names, reading them."""

import gzip
import math
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from image_classification.errors import UserError
from image_classification.files.paths import open_regular
from image_classification.images.idx.options import IdxOptions
from image_classification.memory import require_memory
from image_classification.words import either, natural_key, some

# in the order in which they are read
ROLES = ("images for training", "labels for training", "images for testing", "labels for testing")
_TRAIN, _TEST = ("train",), ("t10k", "test")
_JOINTS = "-_"  # between how the names of a set begin and what all sets have
_UNSIGNED_BYTE = 0x08
_GZIP = b"\x1f\x8b"
_CHUNK = 2**20


def usual_names(begins: str, role: int) -> Iterator[str]:
    """Yield the names that one of the four files may have, the usual one first.

    Args:
        begins: What stands before train, t10k or test, such as `emnist-letters-`.
        role: Its place in `ROLES`.
    """
    splits = _TRAIN if role < 2 else _TEST
    what, dimensions = ("images", 3) if role % 2 == 0 else ("labels", 1)
    for split in splits:
        for joint in "-.":
            for packed in (".gz", ""):
                yield f"{begins}{split}-{what}{joint}idx{dimensions}-ubyte{packed}"


def find_files(folder: Path, begins: str) -> tuple[str, list[str]]:
    """Find the four files in a folder.

    Args:
        folder: Where they are.
        begins: How their names begin; "" where there is one set only.

    Returns:
        How their names begin, without the hyphen, and the names, in the order of `ROLES`.

    Raises:
        UserError: One of them is missing, or there are several sets.
    """
    names = [path.name for path in folder.iterdir() if path.is_file()]
    sets: dict[str, dict[int, str]] = {}
    for name in sorted(names, key=lambda each: (not each.endswith(".gz"), each)):
        if (parts := _parts(name)) is not None:
            start, role = parts
            sets.setdefault(start, {}).setdefault(role, name)
    wanted = begins.rstrip(_JOINTS) if begins else None
    whole = [each for each, found in sets.items() if len(found) == len(ROLES)]
    if wanted is not None:
        whole = [each for each in whole if each.rstrip(_JOINTS) == wanted]
    if len(whole) == 1:
        return whole[0].rstrip(_JOINTS), [sets[whole[0]][role] for role in range(len(ROLES))]
    if len(whole) > 1:
        called = sorted((each.rstrip(_JOINTS) for each in whole), key=natural_key)
        raise UserError(
            f"The folder {folder} holds several data sets: {', '.join(called)}.\n"
            f"Say which: {IdxOptions.setting(path=str(folder), files=called[0])}"
        )
    raise UserError(_missing(folder, sets, names, wanted))


def _parts(name: str) -> tuple[str, int] | None:
    """Return how a file's name begins, and which of the four it is."""
    for role in range(len(ROLES)):
        for usual in usual_names("", role):
            if name == usual or name.endswith((f"-{usual}", f"_{usual}")):
                return name.removesuffix(usual), role
    return None


def _missing(folder: Path, sets: dict[str, dict[int, str]], names: Sequence[str], wanted: str | None) -> str:
    begins = f"{wanted}-" if wanted else ""
    expected = ", ".join(next(usual_names(begins, role)) for role in range(len(ROLES)))
    called = {each.rstrip(_JOINTS): each for each in sets}
    if wanted is not None and sets and wanted not in called:
        there = either(sorted(each or "nothing" for each in called))
        return (
            f"In {folder} no names begin with {wanted!r} ({IdxOptions.named('files')}); "
            f"they begin with {there}.\n"
            f"Expected four files: {expected}."
        )
    if sets:
        begun = called[wanted] if wanted is not None else max(sets, key=lambda each: len(sets[each]))
        lacking = [ROLES[role] for role in range(len(ROLES)) if role not in sets[begun]]
        problem = f"lacks the {' and the '.join(lacking)}"
    else:
        problem = f"holds no data set in MNIST's format: it has {some(sorted(names)) or 'no files'}"
    return f"The folder {folder} {problem}.\nExpected four files, gzip-compressed or not: {expected}."


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzip-compressed or plain, with the given number of dimensions.

    No more is decompressed than its header announces, nor than memory holds.

    Raises:
        UserError: The file is missing or damaged, or holds something else, or more than fits into memory.
    """
    try:
        with _unpacked(path) as file:
            shape = _read_shape(path, file.read(4 + 4 * dimensions), dimensions)
            count = math.prod(shape)
            require_memory(
                count, f"The numbers that {path} announces", "Expected a file that is not damaged."
            )
            content = file.read(count + 1)
            # of what is too long only the length is of interest
            found = len(content) + sum(len(chunk) for chunk in iter(lambda: file.read(_CHUNK), b""))
    except FileNotFoundError as error:
        raise _malformed(path, "there is no such file") from error
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.strerror:
            raise _malformed(path, error.strerror) from error
        raise _malformed(path, f"it cannot be decompressed ({error})") from error
    if found != count:
        start = 4 + 4 * dimensions
        raise _malformed(path, f"it holds {start + found} bytes where its header announces {start + count}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _unpacked(path: Path) -> BinaryIO:
    """Open a file, to be read as if it were not compressed."""
    with _opened(path) as file:
        beginning = file.read(2)
    # some browsers unpack what they load and leave the name as it is
    is_packed = beginning == _GZIP or (path.suffix == ".gz" and beginning != b"\0\0")
    return cast("BinaryIO", gzip.open(_opened(path), "rb")) if is_packed else _opened(path)


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(open_regular(path)[0], "rb")


def _read_shape(path: Path, header: bytes, dimensions: int) -> tuple[int, ...]:
    if len(header) < 4 or header[:2] != b"\0\0":
        raise _malformed(path, f"it begins with {header[:4].hex(' ') or 'nothing'} instead of 00 00")
    if header[2] != _UNSIGNED_BYTE:
        raise _malformed(path, f"its values have type 0x{header[2]:02x} instead of 0x08 (unsigned bytes)")
    if header[3] != dimensions:
        raise _malformed(path, f"it has {header[3]} dimensions instead of {dimensions}")
    if len(header) < 4 + 4 * dimensions:
        raise _malformed(path, f"it holds {len(header)} bytes, and its header alone has {4 + 4 * dimensions}")
    return tuple(int.from_bytes(header[i : i + 4], "big") for i in range(4, len(header), 4))


def _malformed(path: Path, reason: str) -> UserError:
    return UserError(
        f"The file {path} cannot be read: {reason}.\n"
        "Expected an IDX file of unsigned bytes, plain or gzip-compressed: images with 3 dimensions, or "
        "labels with 1. If it is damaged, get it again; remove a downloaded one to have it downloaded anew."
    )
