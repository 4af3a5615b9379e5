"""Folders that are written beside their target and renamed whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from image_classification.files import flush, replacing
from image_classification.files.paths import exists


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield a new folder beside `target`, which becomes `target` once the block succeeds.

    If the block raises, or the process is killed, `target` stays as it was. No system exchanges two folders
    everywhere, so the old one is set aside for a moment; `restore_folder` puts it back after a kill in that
    moment, and so does the next writer.

    Raises:
        UserError: The disk is full, or the folder may not be written.
    """
    restore_folder(target)
    try:
        with replacing(target) as temporary:
            temporary.mkdir()
            yield temporary
            for file in temporary.rglob("*"):
                if file.is_file():
                    flush(file)
            if exists(target):
                target.replace(_aside(target))
    finally:
        restore_folder(target)


def restore_folder(target: Path) -> None:
    """Put a folder back that was set aside, if nothing has taken its place; else remove it."""
    if exists(_aside(target)) and not exists(target):
        _aside(target).replace(target)
    elif exists(_aside(target)):
        shutil.rmtree(_aside(target), ignore_errors=True)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.before")
