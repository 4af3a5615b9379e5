"""Advice for files whose own names say what they show, `cat.0.jpg`: how to write a table of them."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from image_classification.files.paths import is_file
from image_classification.images.folder.options import ImageFolderOptions, TableOptions
from image_classification.images.folder.tables.table import is_table
from image_classification.remote.access import access
from image_classification.remote.names import address_of
from image_classification.words import some

# words, then what numbers them: `cat.0`, `cat_001`, `dog-1`, `cat (1)`
_NUMBERED = r"(.*?[^\W\d_])[\W_]*\d+\W*$"
_SHOWN = 6
_LEARNED = ("", "train")


class NamedFiles(NamedTuple):
    """A folder with the names of files in it; split: "" where there are no splits."""

    folder: Path
    split: str
    names: Sequence[str]


def labels_in_names(names: Sequence[str]) -> list[str]:
    """Return the labels that the names of files begin with, [] where they do not look like labels.

    They do where nearly all names are words and a number, and there are several such words, each in several
    names.
    """
    found = _words_before_numbers(names)
    counts = Counter(found)
    told_apart = len(counts) > 1 and min(counts.values()) > 1
    return sorted(counts) if told_apart and 10 * len(found) >= 9 * len(names) else []


def advice_for_one_folder(path: Path, names: Sequence[str]) -> str:
    """Tell how to write a table of files that are all in one folder; "" if they are not, or say no labels."""
    folders = {name.rpartition("/")[0] for name in names}
    if is_table(path) or len(folders) != 1:
        return ""
    return table_advice([NamedFiles(path / folders.pop(), "", names)])


def table_advice(folders: Sequence[NamedFiles]) -> str:
    """Tell how to write a table of the files in folders whose names begin with labels; "" if they do not.

    Folders of other splits than the first are included if their files begin with the same labels.
    """
    learned = [folder for folder in folders if folder.split in _LEARNED]
    labels = labels_in_names([name for folder in learned for name in folder.names])
    if not labels:
        return ""
    told = [each for each in folders if each.split in _LEARNED or _begin_with(labels, each.names)]
    shown = some(labels, _SHOWN)
    in_archive = any(is_file(each) for each in (told[0].folder, *told[0].folder.parents))
    unpacked = "Unpack the archive first, and name the folder in the place of it. " if in_archive else ""
    if not in_archive and (address := address_of(told[0].folder)):
        return "\n".join([f"The names of the files seem to say it ({shown}).", *_of_addresses(told, address)])
    splits = {str(each.folder): each.split for each in told}
    if len(told) == 1:
        code = [
            f"files = sorted(pathlib.Path({str(told[0].folder)!r}).iterdir())",
            f"found = [(file, re.match(r'{_NUMBERED}', file.stem)) for file in files]",
            "rows = [(str(file), match[1]) for file, match in found if match]",
            "pandas.DataFrame(rows, columns=['path', 'label']).to_csv('labels.csv', index=False)",
        ]
    else:
        code = [
            f"splits = {splits!r}",
            "files = [(file, splits[top]) for top in splits for file in sorted(pathlib.Path(top).iterdir())]",
            f"found = [(file, re.match(r'{_NUMBERED}', file.stem), split) for file, split in files]",
            "rows = [(str(file), match[1], split) for file, match, split in found if match]",
            "pandas.DataFrame(rows, columns=['path', 'label', 'split']).to_csv('labels.csv', index=False)",
        ]
    return "\n".join(
        [
            f"The names of the files seem to say it ({shown}). {unpacked}This writes a table of them, in "
            "Python:",
            *(f"    {line}" for line in ["import re, pathlib, pandas", *code]),
            f"Then: {ImageFolderOptions.setting(path='labels.csv')}",
        ]
    )


def _of_addresses(told: Sequence[NamedFiles], first: str) -> list[str]:
    """Tell how to write a table of what was fetched; its paths start from the folder of all of it."""
    top = os.path.commonpath([each.folder for each in told])
    root = first if len(told) == 1 else address_of(Path(top))
    # the place of the copies by itself: as one path, it would be shown as the address
    copies = f"pathlib.Path({str(access().folder)!r}, {root.replace('://', '/')!r})"
    splits = {os.path.relpath(each.folder, top): each.split for each in told}
    columns = ["path", "label", "split"][: 2 if len(told) == 1 else 3]
    code = [
        f"top, splits = {copies}, {splits!r}",
        "files = [(file, splits[name]) for name in splits for file in sorted((top / name).iterdir())]",
        f"found = [(file, re.match(r'{_NUMBERED}', file.stem), split) for file, split in files]",
        "rows = [(file.relative_to(top), match[1], split) for file, match, split in found if match]",
        "table = pandas.DataFrame(rows, columns=['path', 'label', 'split'])",
        f"table[{columns}].to_csv('labels.csv', index=False)",
    ]
    return [
        "This writes a table of them, in Python:",
        *(f"    {line}" for line in ["import re, pathlib, pandas", *code]),
        f"Then: {ImageFolderOptions.setting(path='labels.csv')} {TableOptions.setting(root=root)}",
    ]


def _words_before_numbers(names: Sequence[str]) -> list[str]:
    return [match[1] for name in names if (match := re.match(_NUMBERED, PurePosixPath(name).stem))]


def _begin_with(labels: Sequence[str], names: Sequence[str]) -> bool:
    found = _words_before_numbers(names)
    return bool(found) and 10 * sum(label in labels for label in found) >= 9 * len(names)
