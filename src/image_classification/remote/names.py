"""The names of what was fetched: people and records know it by its address, not by where the copy lies."""

import re
from pathlib import Path

_folders: list[str] = []


def remember_folder(folder: str) -> None:
    """Have copies in this folder named by their addresses from now on, in all texts of this process."""
    if folder not in _folders:
        _folders.insert(0, folder)


def named(text: object) -> str:
    """Return a text in which copies have the names of what they are copies of.

    The copy of `s3://bucket/photos` lies in `<folder>/s3/bucket/photos`.
    """
    said = str(text)
    for folder in _folders:
        if folder in said:
            said = re.sub(re.escape(folder) + r"[/\\]+([a-z][a-z0-9+.-]*)[/\\]+", r"\1://", said)
    return said


def address_of(path: Path) -> str:
    """Return the address of what a copy is of; "" of what is no copy."""
    text = str(path)
    return found if (found := named(text)) != text else ""
