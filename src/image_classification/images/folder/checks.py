"""What is wrong, or merely odd, with an image folder as a whole."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from pathlib import Path, PurePosixPath

import pandas as pd

from image_classification.errors import UserError
from image_classification.files import is_folder
from image_classification.images.folder.labels_in_names import NamedFiles, table_advice
from image_classification.images.folder.layout.files import FolderLayout
from image_classification.images.reading.file_status import OK
from image_classification.images.reading.pictures import picture_suffixes
from image_classification.words import natural_key, params_option, some

logger = logging.getLogger(__name__)

_NAMED = 10
_SHOWN = 12
_LAYOUTS = (
    "Expected <path>/<class>/… or <path>/{train,validation,test}/<class>/…, or a table of files. "
    "If the folders have other names, image_folder.splits says which are splits."
)

_MORE_CLASSES = "Expected a folder of images for each of two classes or more: <path>/<class>/…"


def check_classes(table: pd.DataFrame, path: Path, layout: FolderLayout) -> None:
    """Make sure that there is something to tell apart, and warn of what may be a mistake.

    Args:
        table: A row per file.
        path: Of the folder or table.
        layout: How its folders were understood.

    Raises:
        UserError: There are no images, or all are of one class.
    """
    images = table[table["header_status"] == OK]
    classes = sorted(set(images["class_name"]))
    if not classes:
        raise UserError(_no_images(table, path, layout))
    if len(classes) == 1:
        raise UserError(_one_class(images, path, layout))
    _announce(images, path)
    if left_out := sorted(set(layout.class_folders) - set(classes)):
        logger.warning("There is no image in %s: no class of the task.", _listed(left_out))
    for split, of_split in images.groupby("given_split"):
        if split and (lacking := sorted(set(classes) - set(of_split["class_name"]))):
            logger.warning("The %s split that is given has no image of %s.", split, _listed(lacking))


def _announce(images: pd.DataFrame, path: Path) -> None:
    """Name the classes, so that whoever knows them sees what is none, or what is two."""
    counts = images["class_name"].value_counts()
    counts = counts[sorted(counts.index, key=natural_key)]
    shown = some((f"{name} ({count:,})" for name, count in counts.items()), _SHOWN)
    logger.info("%d classes (images): %s.", len(counts), shown)
    for alike in _alike(counts.index):
        logger.warning(
            "The classes %s differ only in how they are written: if they are one, give them one name.",
            _listed(alike),
        )
    if several := _several_labels(set(map(str, counts.index))):
        logger.warning(
            "%s look like several labels of one image, and are taken for classes of their own: here each "
            "image has one label.",
            _listed(several),
        )
    single = int((counts == 1).sum())
    if 2 * single > len(counts) and len(counts) > _SHOWN:
        logger.warning(
            "%d of the %d classes have a single image: are these classes in %s, and not numbers or names?",
            single,
            len(counts),
            path.name,
        )
    unsplit = images["given_split"] == ""
    if unsplit.any() and not unsplit.all():
        logger.warning(
            "%d of the %d images have no split, such as %s: they count as training images.",
            unsplit.sum(),
            len(images),
            images["name"][unsplit].iloc[0],
        )


def _several_labels(names: Set[str]) -> list[str]:
    """The names that are made of other ones: `Mass|Nodule` beside `Mass` or `Nodule`."""
    parts = {name: [part.strip() for part in re.split(r"[|;,+&/]", name)] for name in names}
    return sorted(name for name, of_name in parts.items() if len(of_name) > 1 and names & set(of_name))


def _alike(names: Iterable[str]) -> list[list[str]]:
    """Names that are equal but for case, spaces and signs between words."""
    written: dict[str, list[str]] = {}
    for name in names:
        key = "".join(each for each in name.casefold() if each not in " _-.") or name
        written.setdefault(key, []).append(name)
    return [alike for alike in written.values() if len(alike) > 1]


def _no_images(table: pd.DataFrame, path: Path, layout: FolderLayout) -> str:
    endings = sorted({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".webp"} & picture_suffixes())
    lines = [
        f"Found 0 images in {path}, among {len(table)} files.",
        f"Looked for {', '.join(endings)} and the other formats that Pillow reads, in folders of classes.",
    ]
    if layout.class_folders:
        lines.append(f"Folders of classes there: {_listed(sorted(layout.class_folders))}.")
    if len(table):
        suffixes = Counter(PurePosixPath(name).suffix or "no ending" for name in table["name"])
        lines.append(
            "Endings there: " + ", ".join(f"{each} ({n})" for each, n in suffixes.most_common(_NAMED))
        )
        reasons = Counter(table["header_status"])
        lines += [f"  {count} x {status}" for status, count in reasons.most_common(_NAMED)]
    lines.append(_advice(path, table["name"].tolist()))
    return "\n".join(filter(None, [*lines, *layout.warnings, _LAYOUTS]))


def _one_class(images: pd.DataFrame, path: Path, layout: FolderLayout) -> str:
    class_name = images["class_name"].iloc[0]
    lines = [f"All {len(images)} images of {path} are of one class, {class_name!r}: nothing to tell apart."]
    if layout.decision:
        lines.append(f"Understood so: {layout.decision}.")
    if empty := sorted(set(layout.class_folders) - {class_name}):
        lines.append(f"There is no image in {_listed(empty)}.")
    if is_folder(path) and (inner := _folder_of_folders(images["name"].tolist())):
        lines.append(
            "If the classes are the folders in it: " + params_option({"image_folder.path": str(path / inner)})
        )
    # with files of one class in all there is no folder that could be meant otherwise
    several = len({name.rpartition("/")[0] for name in images["name"]}) > 1
    lines += [*layout.warnings, _advice(path, images["name"].tolist())]
    return "\n".join([*filter(None, lines), _LAYOUTS if several else _MORE_CLASSES])


def _advice(path: Path, names: Sequence[str]) -> str:
    """How to write a table, if all files lie in one folder and their own names say what they show."""
    folders = {name.rpartition("/")[0] for name in names}
    if not is_folder(path) or len(folders) != 1:
        return ""
    return table_advice([NamedFiles(path / folders.pop(), "", names)])


def _folder_of_folders(names: Sequence[str]) -> str:
    """The innermost folder around all files, if there are several folders in it; else ""."""
    folders = [name.split("/")[:-1] for name in names]
    common = 0
    while all(len(each) > common and each[common] == folders[0][common] for each in folders):
        common += 1
    inside = {each[common] for each in folders if len(each) > common}
    return "/".join(folders[0][:common]) if len(inside) > 1 else ""


def _listed(names: list[str]) -> str:
    return some(map(repr, names), _NAMED)
