"""How the paths of a table may lead to files where, as they stand, they do not."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from image_classification.images.folder.found_files import find_files
from image_classification.images.folder.tables.path_search import Files, Repair, Search
from image_classification.images.reading.file_status import OK
from image_classification.images.reading.pictures import picture_suffixes

_TRIED_IF_CUT = 100
# a table in somebody's home folder is no reason to walk through all of it
_FEWEST_FILES = 50_000


def _has_picture_ending(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in picture_suffixes()


def _stem(path: str) -> str:
    return path[: -len(PurePosixPath(path).suffix)] if _has_picture_ending(path) else path


def _without_second_ending(path: str) -> str:
    return stem if _has_picture_ending(stem := _stem(path)) else path


def _as_number(path: str) -> str:
    return re.sub(r"(^|/)0*(\d+)(\.0+)?$", r"\1\2", _stem(path))


# how paths and files are compared, from what is surely meant to what needs more good will
_COMPARED: dict[str, Callable[[str], str]] = {
    "": str,
    " whatever the case of their letters": str.casefold,
    " by their names without a second ending": _without_second_ending,
}
# where the paths lack the endings of the files
_WITHOUT_ENDING: dict[str, Callable[[str], str]] = {
    " by their names without an ending": _stem,
    " by their names without an ending, whatever the case of their letters": lambda path: _stem(
        path
    ).casefold(),
    # 7 or 7.0 for 00007.jpg: a spreadsheet took it for a number
    " by their numbers, without the zeros before them": _as_number,
}


def find_repair(paths: Sequence[str], root: Path, *, root_is_given: bool) -> Repair:
    """Look below a folder for what the paths may mean.

    A repair is sure if it is the only one that finds all files: folders of another machine left out at the
    beginning of each path, or one folder put there. It is also sure if each name, or most of them, is found
    exactly once, in whatever folder.

    Args:
        paths: Those of the table, most of which do not lead to files.
        root: Where they start.
        root_is_given: Whether a person named it: then most being found without their beginning is enough.
    """
    limit = max(_FEWEST_FILES, 3 * len(paths))
    content = find_files(root, limit)
    names = [file.name for file in content.files if file.status == OK]
    pictures = [name for name in names if _has_picture_ending(name)]
    example = "".join(pictures[:1])
    slashed = [_slashed(path) for path in paths]
    if content.is_cut:
        # the files that were not looked at may have the same names: nothing is sure
        search = Search(names, slashed[:_TRIED_IF_CUT], "", str, root)
        found = search.unsure(paths) if search.finds_most else Repair([])
        return found._replace(example=example, too_many=limit)
    have_endings = 2 * sum(map(_has_picture_ending, slashed)) >= len(slashed)
    ways = [(names, *way) for way in _COMPARED.items()]
    if not have_endings:  # only pictures: the notes beside one would be meant as well
        ways += [(pictures, *way) for way in {**_WITHOUT_ENDING, **_without_long_ending(pictures)}.items()]
    searches: list[Search] = []
    for files, way, compared in ways:
        search = Search(files, slashed, way, compared, root)
        if sure := search.by_one_move() or search.by_name(most=False):
            return sure
        searches.append(search)
        if len(search.best) > 1:
            break
    for search in searches:
        if sure := search.by_name(most=True) or (search.by_trimming() if root_is_given else None):
            return sure
    if unsure := next((search.unsure(paths) for search in searches if search.finds_most), None):
        return unsure._replace(example=example)
    alike = Files(pictures, _stem).below(tuple(_stem(slashed[0]).split("/"))) if have_endings else []
    return Repair([], example=example, other_ending=next((name for name in alike if name not in slashed), ""))


def _without_long_ending(pictures: Sequence[str]) -> dict[str, Callable[[str], str]]:
    """Return how to compare names of which most have the same ending of several parts: `.nii.png`."""
    endings: Counter[str] = Counter()
    for picture in pictures:
        parts = picture.rpartition("/")[2].split(".")
        endings.update("." + ".".join(parts[start:]) for start in range(1, len(parts) - 1))
    often = [ending for ending, count in endings.items() if 2 * count > len(pictures)]
    if not often:
        return {}
    ending = max(often, key=len)
    return {f" by their names without {ending}": lambda path: _stem(path.removesuffix(ending))}


def _slashed(path: str) -> str:
    path = path.replace("\\", "/")
    tidy = os.path.normpath(path).replace("\\", "/")
    return unicodedata.normalize("NFC", tidy.removeprefix("//") if tidy.startswith("//") else tidy)
