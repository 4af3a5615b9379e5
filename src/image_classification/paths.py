"""Questions about paths that people wrote, which are answered whatever is written: a name that is too long,
holds a zero or lies in a closed folder is no file, and no traceback.
"""

import os
from pathlib import Path

PathLike = str | os.PathLike[str]
_LONGEST = 160


def is_file(path: PathLike) -> bool:
    """Whether there is such a file, as far as anybody can tell."""
    return os.path.isfile(path)  # noqa: PTH113  (Path.is_file raises where a name is too long)


def is_folder(path: PathLike) -> bool:
    """Whether there is such a folder, as far as anybody can tell."""
    return os.path.isdir(path)  # noqa: PTH112


def exists(path: PathLike) -> bool:
    """Whether there is anything of this name, as far as anybody can tell."""
    return os.path.exists(path)  # noqa: PTH110


def with_home(path: str) -> Path:
    """The path with ~ as the home folder; as it stands where nobody has the name behind ~."""
    return Path(os.path.expanduser(path))  # noqa: PTH111


def shortened(text: str) -> str:
    """A text that fits into a message, its middle left out where it is long."""
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]}…{text[-half:]} ({len(text):,} characters)"
