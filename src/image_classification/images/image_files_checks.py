"""What is wrong, or merely odd, with an image folder as a whole."""

import logging
from collections import Counter
from pathlib import Path, PurePosixPath

import pandas as pd

from image_classification.errors import UserError
from image_classification.images.file_status import OK
from image_classification.images.pictures import picture_suffixes

logger = logging.getLogger(__name__)

_NAMED = 10
_LAYOUTS = "Expected <path>/<class>/… or <path>/{train,validation,test}/<class>/…, or a table of files."


def check_classes(table: pd.DataFrame, path: Path, class_folders: list[str]) -> None:
    """Make sure that there is something to tell apart, and warn of what may be a mistake.

    Raises:
        UserError: There are no images, or all are of one class.
    """
    images = table[table["header_status"] == OK]
    classes = sorted(set(images["class_name"]))
    if not classes:
        raise UserError(_no_images(table, path))
    if len(classes) == 1:
        raise UserError(_one_class(images, path, classes[0]))
    if left_out := sorted(set(class_folders) - set(classes)):
        logger.warning("There is no image in %s: no class of the task.", _listed(left_out))
    for split, of_split in images.groupby("given_split"):
        if split and (lacking := sorted(set(classes) - set(of_split["class_name"]))):
            logger.warning("The %s split that is given has no image of %s.", split, _listed(lacking))


def _no_images(table: pd.DataFrame, path: Path) -> str:
    endings = sorted({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".webp"} & picture_suffixes())
    lines = [
        f"Found 0 images in {path}, among {len(table)} files.",
        f"Looked for {', '.join(endings)} and the other formats that Pillow reads, in folders of classes.",
    ]
    if len(table):
        suffixes = Counter(PurePosixPath(name).suffix or "no ending" for name in table["name"])
        lines.append(
            "Endings there: " + ", ".join(f"{each} ({n})" for each, n in suffixes.most_common(_NAMED))
        )
        reasons = Counter(table["header_status"])
        lines += [f"  {count} x {status}" for status, count in reasons.most_common(_NAMED)]
    return "\n".join([*lines, _LAYOUTS])


def _one_class(images: pd.DataFrame, path: Path, class_name: str) -> str:
    message = f"All {len(images)} images of {path} are of one class, {class_name!r}: nothing to tell apart."
    inside = {name.split("/")[1] for name in images["name"] if name.count("/") >= 2}
    if len(inside) > 1 and (path / class_name).is_dir():
        message += f"\nIf the classes are the folders in it: --params image_folder.path={path / class_name}"
    return f"{message}\n{_LAYOUTS}"


def _listed(names: list[str]) -> str:
    others = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(repr, names[:_NAMED])) + others
