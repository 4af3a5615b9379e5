"""The digest of all that an image store holds, so that bytes that have changed since are noticed.

It covers every byte behind the header, in chunks that threads read side by side, and what the header says
apart from the digest itself and what the images were made from, and how: other code may make the same of
other files. 48 MB take
46 ms of processor time, 1 GB takes one second (of a processor with instructions for SHA-256, of a file in
memory), shared by the cores; a process checks a file once, and one that it has written itself not at all.
"""

import hashlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from image_classification.errors import UserError
from image_classification.files.stamp import Stamp, stamp_of
from image_classification.threads import map_in_threads

CONTENT, CODE = "content", "code"
# how each image was made, and of which file: what comes last in the file
RECIPE, MADE_FROM = "recipe", "made_from"
_CHUNK = 2**22
_LONGEST_HEADER = 100_000_000  # as in safetensors
# bytes: to read fewer once more takes less time than to wait for the clock; and seconds to wait for it
_WORTH_WAITING, _LONGEST_WAIT = 2**24, 0.05
# files whose content this process has found to be right, as they were then
_checked: set[tuple[Path, Stamp]] = set()


def read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the header of a safetensors file, and where the tensors begin.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(_LONGEST_HEADER, os.fstat(file.fileno()).st_size - 8):
            raise ValueError("its header does not end within the file")
        header = json.loads(file.read(length))
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__"), dict):
        raise ValueError("its header has no metadata")
    return header, 8 + length


def content_digest(path: Path, header: dict[str, Any], start: int) -> str:
    """Return the digest (sha256, hexadecimal) of the bytes behind the header and of what the header says.

    Args:
        path: The file.
        header: Its header, with or without the digest.
        start: Where the tensors begin.
    """
    about = header["__metadata__"].items()
    own = header | {
        "__metadata__": {name: each for name, each in about if name not in (CONTENT, CODE, RECIPE)}
    }
    made_from = own.pop(MADE_FROM, None)
    digest = hashlib.sha256(json.dumps(own, sort_keys=True).encode())
    end = start + made_from["data_offsets"][0] if made_from else path.stat().st_size

    def of_chunk(place: int) -> bytes:
        with path.open("rb", buffering=0) as file:
            file.seek(place)
            found = hashlib.sha256()
            left = min(_CHUNK, end - place)
            while left and (part := file.read(left)):
                found.update(part)
                left -= len(part)
            return found.digest()

    for each in map_in_threads(of_chunk, range(start, end, _CHUNK), lambda _: None, at_once=1):
        digest.update(each)
    return digest.hexdigest()


def check_content(path: Path, header: dict[str, Any], start: int) -> None:
    """Make sure that a store holds what was written to it; one of before there were digests passes.

    Raises:
        UserError: It does not.
    """
    expected = header["__metadata__"].get(CONTENT)
    stamp = stamp_of(path)
    if expected is None or (path, stamp) in _checked:
        return
    if content_digest(path, header, start) != expected:
        raise UserError(f"The image store {path} is damaged: its bytes are not those that were written.")
    if stamp.is_settled:
        _checked.add((path, stamp))


def trust_written(path: Path, number: int) -> None:
    """Take a file for checked that this process has written, and whose digest it has just read from it.

    That needs a stamp that every later change will change. File systems note the time by a clock that ticks
    some hundred times a second: it is waited for until the next tick. Where it is too slow, or the file
    small, the file is read again by whoever opens it.

    Args:
        path: Where it is now.
        number: What its file system calls it: another process may have put its own one there.
    """
    stamp = stamp_of(path)
    (state,) = stamp
    if state.number != number or state.size < _WORTH_WAITING:
        return
    changed, end = max(state.modified, state.changed), time.monotonic() + _LONGEST_WAIT
    try:
        with tempfile.TemporaryFile(dir=path.parent, buffering=0) as probe:
            while time.monotonic() < end:
                probe.write(b"?")
                if os.fstat(probe.fileno()).st_mtime_ns > changed:
                    _checked.add((path, stamp))
                    return
                time.sleep(0.001)
    except OSError:
        return  # no room for it
