"""The folders that a person names as splits."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.paths import with_home
from image_classification.images.folder.layout.split_folders import SplitFolder
from image_classification.images.folder.layout.tree import Folder, class_name_of
from image_classification.images.folder.options import ImageFolderOptions, SplitNames
from image_classification.words import did_you_mean, nearest_names, some


def find_named_splits(
    root: Folder, splits: Mapping[str, Sequence[str]], path: Path
) -> tuple[list[SplitFolder], bool]:
    """Find each folder by its path from the root, or all of a name on the first level that has any.

    Args:
        root: The tree.
        splits: Split -> paths or names; "." is the root itself.
        path: Of the root.

    Returns:
        The folders, and whether any was named by its path.

    Raises:
        UserError: There is no such folder, or one is named for two splits.
    """
    found: dict[str, SplitFolder] = {}
    by_path = False
    for split, names in splits.items():
        for name in names:
            entry = _from_root(name, path)
            folders, exact = _matching(root, entry)
            if not folders:
                raise _no_such_folder(root, f"{SplitNames.named(split)} = {name}", entry, path)
            by_path = by_path or exact
            for folder in folders:
                earlier = found.setdefault(folder.path, SplitFolder(folder, split)).split
                if earlier != split:
                    raise UserError(
                        f"{ImageFolderOptions.named('splits')} names {folder.path or '.'} for two splits, "
                        f"{earlier} and {split}.\nExpected every folder in one of train, validation and test."
                    )
    return list(found.values()), by_path


def _no_such_folder(root: Folder, given: str, entry: str, path: Path) -> UserError:
    known = [folder.path for folder in root.walk() if folder.path]
    names = [each.rpartition("/")[2] for each in known]
    return UserError(
        f"{given}: there is no such folder in {path}"
        f"{did_you_mean(nearest_names(entry, dict.fromkeys(known + names)))}\n"
        f"Expected the name of a folder, or its path from there. There are: {some(known, 10) or 'none'}."
    )


def _from_root(name: str, path: Path) -> str:
    entry = with_home(name.strip())
    if entry.is_absolute():
        for base in (path.absolute(), path.resolve()):
            if entry.is_relative_to(base):
                entry = entry.relative_to(base)
                break
    text = class_name_of(entry.as_posix())
    return "" if text == "." else text


def _matching(root: Folder, entry: str) -> tuple[list[Folder], bool]:
    """Find the folders that a path or name means, and say whether it is a whole path."""
    if not entry:
        return [root], True
    ending = [folder for folder in root.walk() if f"/{class_name_of(folder.path)}".endswith(f"/{entry}")]
    exact = [folder for folder in ending if class_name_of(folder.path) == entry]
    if exact:
        return exact, True
    first = min((folder.level for folder in ending), default=0)
    return [folder for folder in ending if folder.level == first], False
