"""Which column of a table may be what, by its name and by what is in it."""

from collections.abc import Sequence
from pathlib import Path

from image_classification.images.folder.tables.splits import simplified
from image_classification.images.folder.tables.table import Table
from image_classification.images.reading.pictures import promises_picture

# simplified names; those of one group say it equally clearly
_PATH_NAMES = (
    "path filepath imagepath imgpath imagefilepath relativepath relpath fullpath",
    "file filename fname imagefile imagefilename imgfile imgname imagename",
    "image img images picture photo imageindex",
    "imageid imgid id idcode uuid name photoid pictureid",
)
_LABEL_NAMES = (
    "label labels",
    "class classname classlabel labelname category categoryname target breed species diagnosis dx "
    "findinglabels findinglabel finding variety emotion cultivar",
    "classid labelid categoryid targetid speciesid breedid y",
)
_PATH_GROUPS = [set(names.split()) for names in _PATH_NAMES]
_LABEL_GROUPS = [set(names.split()) for names in _LABEL_NAMES]
_PEOPLE = ("patient", "subject", "person", "case", "lesion", "film", "video", "scene", "session", "user")
_ZERO_OR_ONE = {"0", "1", "0.0", "1.0", "False", "True"}
_LOOKED_AT = 1000


def path_candidates(table: Table) -> list[str]:
    """The columns that may name the files: those with names of pictures, else by name; the clearest only."""
    pictures = [name for name in table.columns if _are_pictures(table.columns[name])]
    return _clearest(pictures or list(table.columns), _PATH_GROUPS) or pictures


def label_candidates(table: Table, names: Sequence[str]) -> list[str]:
    """Those of the columns that may be the label: by name, else the only one that is left."""
    candidates = _clearest(names, _LABEL_GROUPS)
    if candidates or len(names) != 1:
        return candidates
    values = [value for value in table.columns[names[0]] if value]
    # what is different in (almost) each row is no class
    return list(names) if 2 * len(set(values)) <= len(values) else []


def one_hot_columns(table: Table, names: Sequence[str]) -> list[str]:
    """Those of the columns that hold nothing but 0 and 1, if there are several."""
    found = [name for name in names if set(table.columns[name]) <= _ZERO_OR_ONE]
    return found if len(found) > 1 else []


def nested_label(table: Table) -> str:
    """A column of lists that is called as a label, or ""."""
    return next((name for name in table.nested if _clearest([name], _LABEL_GROUPS)), "")


def has_usual_names(table: Table) -> bool:
    """Whether some column is called as one of files or labels."""
    return bool(_clearest(list(table.columns), [*_PATH_GROUPS, *_LABEL_GROUPS]))


def keeps_together(name: str) -> bool:
    """Whether a column sounds as if images with the same value there belonged together."""
    return simplified(name).startswith(_PEOPLE)


def names_picture(text: str) -> bool:
    """Whether a text ends as the name of a picture does."""
    return promises_picture(Path(text.replace("\\", "/")))


def _are_pictures(values: Sequence[str]) -> bool:
    some = [value for value in values[:_LOOKED_AT] if value]
    return bool(some) and 2 * sum(map(names_picture, some)) >= len(some)


def _clearest(names: Sequence[str], groups: Sequence[set[str]]) -> list[str]:
    for group in groups:
        if found := [name for name in names if simplified(name) in group]:
            return found
    return []
