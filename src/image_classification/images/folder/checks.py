"""What is wrong, or merely odd, with the classes of an image folder."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from image_classification.errors import UserError
from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.archives.kinds import ENDINGS
from image_classification.images.folder.labels_in_names import advice_for_one_folder
from image_classification.images.folder.layout.files import FolderLayout
from image_classification.images.folder.options import ImageFolderOptions, TableOptions
from image_classification.images.folder.tables.table import is_table
from image_classification.images.reading.file_status import OK, are_unreadable, reason_of
from image_classification.images.reading.pictures import picture_suffixes
from image_classification.words import agreeing, count_of, natural_key, printable, some

logger = logging.getLogger(__name__)

_NAMED = 10
_SHOWN = 12
_COPIED = ("leak", "label conflict")  # what the reasons of images begin with that are left out as copies


def check_classes(table: pd.DataFrame, path: Path, layout: FolderLayout) -> None:
    """Make sure that there are two classes to tell apart, and warn about likely mistakes.

    Args:
        table: A row per file.
        path: Of the folder or table.
        layout: How its folders were understood.

    Raises:
        UserError: There are no images, or all are of one class.
    """
    images = table[table["header_status"] == OK]
    classes = sorted(set(images["class_name"]))
    lost = _unreadable_classes(table, classes)
    for name, why in lost.items():
        logger.warning("%s is no class of the task: %s. Mend that, or remove it.", _quoted([name]), why)
    if not classes:
        raise UserError(_no_images(table, path, layout))
    if len(classes) == 1:
        raise UserError(_one_class_found(images, path, layout))
    _announce(images, path)
    if left_out := sorted(set(layout.class_folders) - set(classes) - set(lost)):
        logger.warning("There is no image in %s: not a class of the task.", _quoted(left_out))
    for split, of_split in images.groupby("given_split"):
        if split and (lacking := sorted(set(classes) - set(of_split["class_name"]))):
            logger.warning("The %s split that is given has no image of %s.", split, _quoted(lacking))


def _unreadable_classes(table: pd.DataFrame, classes: Sequence[str]) -> dict[str, str]:
    """Say, for what would be a class if its files could be read, why they cannot."""
    files = table[are_unreadable(table["header_status"]) & ~table["class_name"].isin(["", *classes])]
    told = {}
    for name, statuses in files.groupby("class_name")["header_status"]:
        often, _ = Counter(statuses).most_common(1)[0]
        told[str(name)] = f"{count_of(len(statuses), 'file')} cannot be read ({reason_of(often)})"
    return told


def _announce(images: pd.DataFrame, path: Path) -> None:
    """Name the classes, so that people who know them notice a wrong one, or two that are one."""
    counts = images["class_name"].value_counts()
    counts = counts[sorted(counts.index, key=natural_key)]
    shown = some((f"{name} ({count:,})" for name, count in counts.items()), _SHOWN)
    logger.info("%d classes (images): %s.", len(counts), shown)
    for alike in _alike(counts.index):
        logger.warning(
            "The classes %s differ only in spelling: if they are one, name them alike.", _quoted(alike)
        )
    if combined := _combined(counts.index):
        logger.warning(
            "%s look like several labels of one image, and are taken for classes of their own: each image "
            "has one label here.",
            _quoted(combined),
        )
    single = int((counts == 1).sum())
    if 2 * single > len(counts) > _SHOWN:
        logger.warning(
            "%d of the %d classes have a single image: are these classes in %s, and not numbers or names?",
            *(single, len(counts), path.name),
        )
    unsplit = images["given_split"] == ""
    if unsplit.any() and not unsplit.all():
        logger.warning(
            "%d of the %s %s no split, such as %s: %s as training images.",
            *((count := int(unsplit.sum())), count_of(len(images), "image"), agreeing(count, "has", "have")),
            printable(images["name"][unsplit].iloc[0]),
            agreeing(count, "it counts", "they count"),
        )


def _combined(names: Iterable[str]) -> list[str]:
    """Return the names that are made of other names: `Mass|Nodule` beside `Mass` or `Nodule`."""
    parts = {name: [part.strip() for part in re.split(r"[|;,+&/]", name)] for name in names}
    return sorted(name for name, of_name in parts.items() if len(of_name) > 1 and parts.keys() & of_name)


def _alike(names: Iterable[str]) -> list[list[str]]:
    """Group the names that are equal but for case, spaces and signs between words."""
    written: dict[str, list[str]] = {}
    for name in names:
        whole = re.sub(r"^(\d+)\.0+$", r"\1", name)  # 1 and 1.0: a program took whole numbers for others
        key = "".join(each for each in whole.casefold() if each not in " _-.") or name
        written.setdefault(key, []).append(name)
    return [alike for alike in written.values() if len(alike) > 1]


def _no_images(table: pd.DataFrame, path: Path, layout: FolderLayout) -> str:
    endings = sorted({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".webp"} & picture_suffixes())
    lines = [
        f"Found 0 images in {path}, among {count_of(len(table), 'file')}.",
        f"Looked for {', '.join(endings)} and the other formats that Pillow reads, in folders of classes.",
    ]
    if layout.class_folders:
        lines.append(f"Class folders found: {_quoted(sorted(layout.class_folders))}.")
    if len(table):
        suffixes = Counter(PurePosixPath(name).suffix or "no ending" for name in table["name"])
        lines.append(
            "Endings found: " + ", ".join(f"{each} ({n})" for each, n in suffixes.most_common(_NAMED))
        )
        statuses = Counter(table["header_status"]).most_common(_NAMED)
        lines += [f"  {count} x {status}" for status, count in statuses]
    if archive := next((name for name in table["name"] if name.lower().endswith(ENDINGS)), ""):
        setting = ImageFolderOptions.setting(path=str(path / archive))
        lines.append(f"Archives in a folder are not opened: unpack them there, or name one: {setting}")
    lines += [advice_for_one_folder(path, table["name"].tolist()), *layout.warnings, _layouts_expected()]
    return "\n".join(filter(None, lines))


def _one_class_found(images: pd.DataFrame, path: Path, layout: FolderLayout) -> str:
    class_name, names = images["class_name"].iloc[0], images["name"].tolist()
    lines = [f"All {len(images)} images of {path} are of one class, {class_name!r}: nothing to tell apart."]
    if layout.decision:
        lines.append(f"Understood so: {layout.decision}.")
    if empty := sorted(set(layout.class_folders) - {class_name}):
        lines.append(f"There is no image in {_quoted(empty)}.")
    if not is_table(path) and (inner := _folder_of_folders(names)):
        option = ImageFolderOptions.setting(path=str(path / inner))
        lines.append(f"If the classes are the folders in it: {option}")
    lines += [*layout.warnings, advice_for_one_folder(path, names)]
    # with all files in one folder there is no other way to read the folders
    if len({name.rpartition("/")[0] for name in names}) > 1:
        lines.append(_layouts_expected())
    else:
        lines.append("Expected a folder of images for each of two classes or more: <path>/<class>/…")
    return "\n".join(filter(None, lines))


def _layouts_expected() -> str:
    return (
        "Expected <path>/<class>/… or <path>/{train,validation,test}/<class>/…, or a table of files. "
        f"If the folders have other names, {ImageFolderOptions.named('splits')} says which are splits."
    )


def _folder_of_folders(names: Sequence[str]) -> str:
    """Return the innermost folder around all files if there are several folders in it, else ""."""
    folders = [name.split("/")[:-1] for name in names]
    common = 0
    while all(len(each) > common and each[common] == folders[0][common] for each in folders):
        common += 1
    inside = {each[common] for each in folders if len(each) > common}
    return "/".join(folders[0][:common]) if len(inside) > 1 else ""


def _quoted(names: Sequence[str]) -> str:
    return some(map(repr, names), _NAMED)


def one_class_left(index: pd.DataFrame, class_name: str) -> str:
    """Say that one class is left for training, where the others went, and what helps.

    Args:
        index: The image index: class_name, label, sha256, group, duplicate_group, given_split, split and
            left_out_reason.
        class_name: The class that is left.
    """
    others = index[(index["label"] >= 0) & (index["class_name"] != class_name)]
    lines = [f"All images that remain for training are of one class, {class_name!r}: nothing to tell apart."]
    for name, of_class in list(others.groupby("class_name"))[:_NAMED]:
        reason = of_class["left_out_reason"]
        reason = reason.where(reason != "", "in the " + of_class["split"] + " set")
        counted = reason.str.partition(":")[0].value_counts()
        lines.append(f"  {name}: " + ", ".join(f"{count} {each}" for each, count in counted.items()))
    return "\n".join([*lines, "Expected training images of two classes or more.", *_remedies(index, others)])


def _remedies(index: pd.DataFrame, others: pd.DataFrame) -> Iterator[str]:
    copied = others["left_out_reason"].str.startswith(_COPIED)
    used = others["left_out_reason"] == ""
    if (used & (others["given_split"] != "")).any():
        yield "The splits are those of the folders or the table: training images of every class are needed."
    if (~used & ~copied).any():
        yield "Mend or replace the images that were left out; the column left_out_reason says what is wrong."
    if copied.any():
        yield (
            "Copies of a picture that are in several splits or under several labels were left out: remove "
            f"them, or keep them: {AuditOptions.setting(leaks='warn')}"
        )
    free = others[used & (others["given_split"] == "")]
    if len(free):
        yield "No split is given for some: give the splits yourself to have them among the training images."
        if _share(index, free, "group", "name"):
            yield f"Images of one group stay in one split: see which column {TableOptions.named('group')} is."
    if _share(index, pd.concat([others[copied], free]), "duplicate_group", "sha256"):
        yield f"If the near copies are different pictures: {AuditOptions.setting(near_duplicates=False)}"


def _share(index: pd.DataFrame, images: pd.DataFrame, column: str, told_apart_by: str) -> bool:
    """Tell whether any of these images is in a group with others; "" and -1 are not groups."""
    members = index[index[column].isin(set(images[column]) - {"", -1})]
    return bool((members.groupby(column)[told_apart_by].nunique() > 1).any())
