"""Finding the four files of a data set in MNIST's format, by their names."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.words import either, natural_key, some

# in the order in which they are read
ROLES = ("images for training", "labels for training", "images for testing", "labels for testing")
_TRAIN, _TEST = ("train",), ("t10k", "test")
_JOINTS = "-_"  # between how the names of a set begin and what all sets have


class Parts(NamedTuple):
    """How a file's name begins, and which of the four it is."""

    begins: str
    role: int


def usual_names(begins: str, role: int) -> Iterator[str]:
    """The names that one of the four files may have, the usual one first.

    Args:
        begins: what stands before train, t10k or test, such as `emnist-letters-`.
        role: its place in `ROLES`.
    """
    splits = _TRAIN if role < 2 else _TEST
    what, dimensions = ("images", 3) if role % 2 == 0 else ("labels", 1)
    for split in splits:
        for joint in "-.":
            for packed in (".gz", ""):
                yield f"{begins}{split}-{what}{joint}idx{dimensions}-ubyte{packed}"


def find_files(folder: Path, begins: str) -> tuple[str, list[str]]:
    """Find the four files in a folder.

    Args:
        folder: where they are.
        begins: how their names begin; "" where there is one set only.

    Returns:
        How their names begin, without the hyphen, and the names, in the order of `ROLES`.

    Raises:
        UserError: one of them is missing, or there are several sets.
    """
    names = [path.name for path in folder.iterdir() if path.is_file()]
    sets: dict[str, dict[int, str]] = {}
    for name in sorted(names, key=lambda each: (not each.endswith(".gz"), each)):
        if (parts := _parts(name)) is not None:
            sets.setdefault(parts.begins, {}).setdefault(parts.role, name)
    wanted = begins.rstrip(_JOINTS) if begins else None
    whole = [each for each, found in sets.items() if len(found) == len(ROLES)]
    if wanted is not None:
        whole = [each for each in whole if each.rstrip(_JOINTS) == wanted]
    if len(whole) == 1:
        return whole[0].rstrip(_JOINTS), [sets[whole[0]][role] for role in range(len(ROLES))]
    if len(whole) > 1:
        called = sorted((each.rstrip(_JOINTS) for each in whole), key=natural_key)
        raise UserError(
            f"The folder {folder} holds several data sets: {', '.join(called)}.\n"
            f"Say which: --params idx.path={folder},idx.files={called[0]}"
        )
    raise UserError(_missing(folder, sets, names, wanted))


def _parts(name: str) -> Parts | None:
    for role in range(len(ROLES)):
        for usual in usual_names("", role):
            if name == usual or name.endswith((f"-{usual}", f"_{usual}")):
                return Parts(name.removesuffix(usual), role)
    return None


def _missing(folder: Path, sets: dict[str, dict[int, str]], names: Sequence[str], wanted: str | None) -> str:
    begins = f"{wanted}-" if wanted else ""
    expected = ", ".join(next(usual_names(begins, role)) for role in range(len(ROLES)))
    called = {each.rstrip(_JOINTS): each for each in sets}
    if wanted is not None and sets and wanted not in called:
        there = either(sorted(each or "nothing" for each in called))
        return (
            f"In {folder} no names begin with {wanted!r} (idx.files); they begin with {there}.\n"
            f"Expected four files: {expected}."
        )
    if sets:
        most = called[wanted] if wanted is not None else max(sets, key=lambda each: len(sets[each]))
        lacking = [ROLES[role] for role in range(len(ROLES)) if role not in sets[most]]
        return (
            f"The folder {folder} lacks the {' and the '.join(lacking)}.\n"
            f"Expected four files, gzip-compressed or not: {expected}."
        )
    shown = some(sorted(names)) or "no files"
    return (
        f"The folder {folder} holds no data set in MNIST's format: it has {shown}.\n"
        f"Expected four files, gzip-compressed or not: {expected}."
    )
