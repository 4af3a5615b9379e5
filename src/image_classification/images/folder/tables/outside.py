"""Which files of a table lie outside of the folder that it is about, without saying so."""

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.paths import shortened
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.folder.tables.table import Table
from image_classification.words import agreeing, count_of


def refuse_outside(table: Table, files: Sequence[str | None], root: Path, options: PathTableOptions) -> None:
    """Refuse relative paths that lead out of the folder, by .. or by a link.

    A table that somebody else wrote may name anything that its reader can open. An absolute path says where
    it leads, and is what many programs write: it is taken as it stands.

    Args:
        table: The table, for messages.
        files: The file of each row, from the root; None where none is there.
        root: The folder.
        options: How the table is read.

    Raises:
        UserError: There are such paths, and `allow_outside` is off.
    """
    if options.allow_outside:
        return
    inside = _with_separator(os.path.realpath(root))
    place_of = lru_cache(maxsize=4096)(os.path.realpath)  # few folders hold many files
    outside = []
    for row, file in enumerate(files):
        if file is None or os.path.isabs(file):  # noqa: PTH117  (half the time of Path)
            continue
        path = os.path.join(root, file)  # noqa: PTH118
        folder = place_of(os.path.dirname(path))  # noqa: PTH120
        real = os.path.realpath(path) if os.path.islink(path) else f"{folder}{os.sep}"  # noqa: PTH114
        if not real.startswith(inside):
            outside.append(row)
    if outside:
        row = outside[0]
        path = os.path.realpath(os.path.join(root, str(files[row])))  # noqa: PTH118
        example = f"{shortened(str(files[row]))} ({table.place(row)})"
        raise UserError(
            f"{len(outside)} of the {count_of(len(files), 'file')} that the table {table.path} names "
            f"{agreeing(len(outside), 'lies', 'lie')} outside of {root}, such as {example}, "
            f"which is {shortened(path)}.\n"
            f"If they are meant: name the folder that holds them all ({options.setting(root='<folder>')}), "
            f"or let the table lead out of it ({options.setting(allow_outside=True)})."
        )


def _with_separator(folder: str) -> str:
    return folder if folder.endswith(os.sep) else f"{folder}{os.sep}"
