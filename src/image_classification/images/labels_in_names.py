"""Files whose own names say what they show, `cat.0.jpg`: how to write a table of them."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from image_classification.params_option import params_option

# words, then what numbers them: `cat.0`, `cat_001`, `dog-1`, `cat (1)`
_NUMBERED = r"(.*?[^\W\d_])[\W_]*\d+\W*$"
_SHOWN = 6


def labels_in_names(names: Sequence[str]) -> list[str]:
    """The labels that the names of files begin with, [] where they do not look like labels.

    They do where nearly all names are words and a number, and there are several such words, each of several
    files.
    """
    found = [match[1] for name in names if (match := re.match(_NUMBERED, PurePosixPath(name).stem))]
    counts = Counter(found)
    told_apart = len(counts) > 1 and min(counts.values()) > 1
    return sorted(counts) if told_apart and 10 * len(found) >= 9 * len(names) else []


def table_advice(folder: Path, names: Sequence[str]) -> str:
    """How to write a table of the files in a folder whose names begin with labels; "" if they do not."""
    labels = labels_in_names(names)
    if not labels:
        return ""
    shown = ", ".join(labels[:_SHOWN]) + (" …" if len(labels) > _SHOWN else "")
    option = params_option({"image_folder.path": "labels.csv"})
    return "\n".join(
        [
            f"The names of the files seem to say it ({shown}). This writes a table of them, in Python:",
            "    import re, pathlib, pandas",
            f"    files = sorted(pathlib.Path({str(folder)!r}).iterdir())",
            f"    found = [(file, re.match(r'{_NUMBERED}', file.stem)) for file in files]",
            "    rows = [(str(file), match[1]) for file, match in found if match]",
            "    pandas.DataFrame(rows, columns=['path', 'label']).to_csv('labels.csv', index=False)",
            f"Then: {option}",
        ]
    )
