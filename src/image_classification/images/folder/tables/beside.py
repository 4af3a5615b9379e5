"""A table that lies in a folder of images and says what they show, while its folders may not."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from image_classification.errors import UserError
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.folder.tables.guesses import path_candidates
from image_classification.images.folder.tables.read import read_table
from image_classification.images.folder.tables.table import is_table

_TRIED_TABLES = 5
_LARGEST = 2**25  # bytes: a longer one would be read for seconds, for a hint
_TRIED_ROWS = 200


def table_beside(folder: Path, names: Sequence[str]) -> str:
    """The name of a table in the folder of which most rows name a file below it; "" if there is none.

    Args:
        folder: That of the images.
        names: All files below it, as paths from there.
    """
    tables = [name for name in names if "/" not in name and is_table(Path(name))]
    if not tables or len(tables) == len(names):
        return ""
    known = {part for name in names for part in (PurePosixPath(name).name, PurePosixPath(name).stem)}
    return next((name for name in tables[:_TRIED_TABLES] if _names_files(folder / name, known)), "")


def advice(folder: Path, table: str) -> str:
    """The sentence that tells of such a table."""
    setting = ImageFolderOptions.setting(path=str(folder / table))
    return f"{table} in this folder names its pictures. If it says what they show: {setting}"


def _names_files(path: Path, known: set[str]) -> bool:
    try:
        if path.stat().st_size > _LARGEST:
            return False
        table = read_table(path)
    except (UserError, OSError):
        return False  # nobody asked for it
    if len(table.columns) < 2:
        return False  # a list of files says nothing of them
    for column in path_candidates(table) or list(table.columns):
        values = [value.replace("\\", "/") for value in table.columns[column][:_TRIED_ROWS] if value]
        found = sum(PurePosixPath(value).name in known for value in values)
        if values and 2 * found > len(values):
            return True
    return False
