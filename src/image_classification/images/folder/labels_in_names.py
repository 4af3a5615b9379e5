"""Files whose own names say what they show, `cat.0.jpg`: how to write a table of them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from image_classification.words import params_option, some

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
    """The labels that the names of files begin with, [] where they do not look like labels.

    They do where nearly all names are words and a number, and there are several such words, each of several
    files.
    """
    found = [match[1] for name in names if (match := re.match(_NUMBERED, PurePosixPath(name).stem))]
    counts = Counter(found)
    told_apart = len(counts) > 1 and min(counts.values()) > 1
    return sorted(counts) if told_apart and 10 * len(found) >= 9 * len(names) else []


def table_advice(folders: Sequence[NamedFiles]) -> str:
    """How to write a table of the files in folders whose names begin with labels; "" if they do not.

    Folders of other splits, behind the first, have a place in it if their files begin with the same labels.
    """
    labels = labels_in_names(
        [name for folder in folders if folder.split in _LEARNED for name in folder.names]
    )
    if not labels:
        return ""
    told = [each for each in folders if each.split in _LEARNED or _begin_with(labels, each.names)]
    splits = {str(each.folder): each.split for each in told}
    shown = some(labels, _SHOWN)
    option = params_option({"image_folder.path": "labels.csv"})
    return "\n".join(
        [
            f"The names of the files seem to say it ({shown}). This writes a table of them, in Python:",
            "    import re, pathlib, pandas",
            *(f"    {line}" for line in (_with_splits(splits) if len(told) > 1 else _of_one(told[0].folder))),
            f"Then: {option}",
        ]
    )


def _of_one(folder: Path) -> list[str]:
    return [
        f"files = sorted(pathlib.Path({str(folder)!r}).iterdir())",
        f"found = [(file, re.match(r'{_NUMBERED}', file.stem)) for file in files]",
        "rows = [(str(file), match[1]) for file, match in found if match]",
        "pandas.DataFrame(rows, columns=['path', 'label']).to_csv('labels.csv', index=False)",
    ]


def _with_splits(splits: Mapping[str, str]) -> list[str]:
    return [
        f"splits = {dict(splits)!r}",
        "files = [(file, splits[each]) for each in splits for file in sorted(pathlib.Path(each).iterdir())]",
        f"found = [(file, re.match(r'{_NUMBERED}', file.stem), split) for file, split in files]",
        "rows = [(str(file), match[1], split) for file, match, split in found if match]",
        "pandas.DataFrame(rows, columns=['path', 'label', 'split']).to_csv('labels.csv', index=False)",
    ]


def _begin_with(labels: Sequence[str], names: Sequence[str]) -> bool:
    found = [match[1] for name in names if (match := re.match(_NUMBERED, PurePosixPath(name).stem))]
    return bool(found) and 10 * sum(label in labels for label in found) >= 9 * len(names)
