"""The first bytes of an image store, which say what is where in it, and texts as bytes."""

import json
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

HEADER_BYTES = 4096  # a multiple of 8, to align the labels behind it; the header takes some 1,000 bytes


def header_of(
    about: Mapping[str, str], block_shape: tuple[int, int, int, int], lengths: Mapping[str, int]
) -> dict[str, Any]:
    """Return the header of a safetensors file.

    Args:
        about: What it says of the file.
        block_shape: N, C, H, W of the images.
        lengths: Of the texts that follow them, in bytes, by name.
    """
    tensors = {"labels": block_shape[:1], "images": block_shape}
    tensors |= {name: (length,) for name, length in lengths.items()}
    header: dict[str, Any] = {"__metadata__": dict(about)}
    end = 0
    for name, shape in tensors.items():
        dtype, item_bytes = ("I64", 8) if name == "labels" else ("U8", 1)
        start, end = end, end + item_bytes * prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
    return header


def padded(header: Mapping[str, Any]) -> bytes:
    """Return the first bytes of a safetensors file: length of the JSON, then the JSON, padded with spaces.

    Raises:
        ValueError: There is more than the bytes that are reserved.
    """
    text = json.dumps(header).encode().ljust(HEADER_BYTES - 8)
    if len(text) != HEADER_BYTES - 8:
        raise ValueError(f"the header takes {len(text)} bytes where {HEADER_BYTES - 8} are reserved")
    return len(text).to_bytes(8, "little") + text


def to_bytes(strings: Sequence[str]) -> bytes:
    """Return strings as UTF-8, separated by NUL.

    Raises:
        ValueError: One has a NUL in it.
    """
    if any("\0" in string for string in strings):
        raise ValueError("a NUL character separates the strings of a store and cannot be part of one")
    # surrogateescape: names of files need not be valid UTF-8
    return "\0".join(strings).encode("utf-8", "surrogateescape")
