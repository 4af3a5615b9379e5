"""Reading IDX files, the format that MNIST is published in (http://yann.lecun.com/exdb/mnist)."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from image_classification.errors import UserError

_UNSIGNED_BYTE = 0x08
_GZIP = b"\x1f\x8b"


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzip-compressed or plain, with the given number of dimensions.

    Raises:
        UserError: The file is missing, damaged, or no IDX file of that kind.
    """
    try:
        content = path.read_bytes()
        # some browsers unpack what they load and leave the name as it is
        if content[:2] == _GZIP or (path.suffix == ".gz" and content[:2] != b"\0\0"):
            content = gzip.decompress(content)
    except FileNotFoundError as error:
        raise _malformed(path, "there is no such file") from error
    except (OSError, EOFError, zlib.error) as error:
        raise _malformed(path, f"it cannot be decompressed ({error})") from error

    if len(content) < 4 or content[:2] != b"\0\0":
        raise _malformed(path, f"it begins with {content[:4].hex(' ') or 'nothing'} instead of 00 00")
    if content[2] != _UNSIGNED_BYTE:
        raise _malformed(path, f"its values have type 0x{content[2]:02x} instead of 0x08 (unsigned bytes)")
    if content[3] != dimensions:
        raise _malformed(path, f"it has {content[3]} dimensions instead of {dimensions}")

    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    expected = start + math.prod(shape)
    if len(content) != expected:
        raise _malformed(path, f"it holds {len(content)} bytes where its header announces {expected}")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _malformed(path: Path, reason: str) -> UserError:
    return UserError(
        f"The archive {path} cannot be read: {reason}.\n"
        "Expected an IDX file, plain or gzip-compressed. Get it anew; one that was downloaded is downloaded "
        "again once it is removed."
    )
