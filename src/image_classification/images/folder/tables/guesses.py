"""What a table seems to say: which column may be what, and whether it names the pictures around it."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from image_classification.errors import UserError
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.folder.tables.read import read_table
from image_classification.images.folder.tables.splits import simplified
from image_classification.images.folder.tables.table import Table, is_table
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

_TRIED_TABLES = 5
_LARGEST = 2**25  # bytes: a longer one would be read for seconds, for a hint
_TRIED_ROWS = 200


def path_candidates(table: Table) -> list[str]:
    """Return the columns that may name the files: the clearest by name among those of pictures, or all."""
    pictures = [name for name in table.columns if _are_pictures(table.columns[name])]
    return _clearest(pictures or list(table.columns), _PATH_GROUPS) or pictures


def label_candidates(table: Table, names: Sequence[str]) -> list[str]:
    """Return which of the columns may be the label: by name, else the only one that is left."""
    candidates = _clearest(names, _LABEL_GROUPS)
    if candidates or len(names) != 1:
        return candidates
    values = [value for value in table.columns[names[0]] if value]
    # what differs in (almost) each row is not a class
    return list(names) if 2 * len(set(values)) <= len(values) else []


def one_hot_columns(table: Table, names: Sequence[str]) -> list[str]:
    """Return which of the columns hold nothing but 0 and 1, if there are several."""
    found = [name for name in names if set(table.columns[name]) <= _ZERO_OR_ONE]
    return found if len(found) > 1 else []


def nested_label(table: Table) -> str:
    """Return a column of lists that has the name of a label, or ""."""
    return next((name for name in table.nested if _clearest([name], _LABEL_GROUPS)), "")


def has_usual_names(table: Table) -> bool:
    """Whether some column has a usual name for files or labels."""
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
    found = ([name for name in names if simplified(name) in group] for group in groups)
    return next(filter(None, found), [])


def table_beside(folder: Path, names: Sequence[str]) -> str:
    """Find a table in a folder of images that names a file there in most of its rows; "" if there is none.

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
    """Return a sentence that points at such a table."""
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
        return False  # a list of files says nothing about them
    for column in path_candidates(table) or list(table.columns):
        values = [value.replace("\\", "/") for value in table.columns[column][:_TRIED_ROWS] if value]
        if 2 * sum(PurePosixPath(value).name in known for value in values) > len(values):
            return True
    return False
