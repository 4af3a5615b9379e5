"""Temporary folders that are gone with their process, or with the next one, if theirs was killed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from image_classification.processes.identity import is_gone_in_short, this_process_in_short

PREFIX = "image-classification-"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder that is removed after the block, and remove those of processes that have died.

    Its name says which process it is of. Folders of processes that live, or of which that cannot be known
    from here, as in another container, stay; and so do those of other people.
    """
    _remove_those_of_the_dead(Path(tempfile.gettempdir()))
    prefix = f"{PREFIX}{this_process_in_short()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _remove_those_of_the_dead(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        process = folder.name.removeprefix(PREFIX).rpartition("-")[0]
        if is_gone_in_short(process) and _is_mine(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_mine(folder: Path) -> bool:
    try:
        return not hasattr(os, "geteuid") or folder.lstat().st_uid == os.geteuid()
    except OSError:  # somebody else has just removed it
        return False
