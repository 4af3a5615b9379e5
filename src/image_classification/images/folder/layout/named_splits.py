"""The folders that `image_folder.splits` names."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files import with_home
from image_classification.images.folder.layout.split_folders import SplitFolder
from image_classification.images.folder.layout.tree import Folder, class_name_of
from image_classification.words import did_you_mean, nearest_names, some


def find_named_splits(
    root: Folder, splits: Mapping[str, Sequence[str]], path: Path
) -> tuple[list[SplitFolder], bool]:
    """Find the folders by their paths from the root, or else all that are called so where the first is.

    Args:
        root: The tree.
        splits: Split -> paths or names; "." is the root itself.
        path: Of the root.

    Returns:
        The folders, and whether any was named by its path.

    Raises:
        UserError: There is no such folder, or one is named for two splits.
    """
    found: list[SplitFolder] = []
    by_path = False
    for split, names in splits.items():
        for name in names:
            entry = _cleaned(name, path)
            folders, exact = _matching(root, entry)
            if not folders:
                known = [folder.path for folder in root.walk() if folder.path]
                names_alone = [known_path.rpartition("/")[2] for known_path in known]
                raise UserError(
                    f"image_folder.splits.{split} = {name}: there is no such folder in {path}"
                    f"{did_you_mean(nearest_names(entry, dict.fromkeys(known + names_alone)))}\n"
                    "Expected the name of a folder, or its path from there. There are: "
                    f"{some(known, 10) or 'none'}."
                )
            found += [SplitFolder(folder, split) for folder in folders]
            by_path = by_path or exact
    split_of: dict[str, str] = {}
    for folder, split in found:
        if split_of.setdefault(folder.path, split) != split:
            raise UserError(
                f"image_folder.splits names {folder.path or '.'} for two splits, {split_of[folder.path]} and "
                f"{split}.\nExpected every folder in one of train, validation and test."
            )
    unique = list({folder.path: SplitFolder(folder, split) for folder, split in found}.values())
    return unique, by_path


def _cleaned(name: str, path: Path) -> str:
    entry = with_home(name.strip())
    if entry.is_absolute():
        for base in (path.absolute(), path.resolve()):
            if entry.is_relative_to(base):
                entry = entry.relative_to(base)
                break
    text = class_name_of(entry.as_posix())
    return "" if text == "." else text


def _matching(root: Folder, entry: str) -> tuple[list[Folder], bool]:
    if not entry:
        return [root], True
    ending = [
        folder
        for folder in root.walk()
        if f"/{class_name_of(folder.path)}".endswith(f"/{entry}") and folder.path
    ]
    exact = [folder for folder in ending if class_name_of(folder.path) == entry]
    if exact:
        return exact, True
    first = min((folder.level for folder in ending), default=0)
    return [folder for folder in ending if folder.level == first], False
