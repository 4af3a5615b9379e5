"""Patterns in the place of a path: which files below a folder they match."""

import re
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from image_classification.files.paths import exists, is_folder
from image_classification.images.folder.found_files import FolderContent, find_files
from image_classification.remote.fetched import here

_WILD = re.compile(r"[*?\[]")
_ANY_DEPTH = "**"


class Pattern(NamedTuple):
    """A folder that exists, and the parts of a path below it with *, ? and [ ] in them.

    As in a shell, * and ? stand for part of a name, [ab] for one of the letters, ** for any folders. What
    lies in a folder that matches belongs to it.
    """

    folder: Path
    parts: tuple[str, ...]

    def matches(self, name: str) -> bool:
        """Whether a path from the folder, or a folder that it lies in, matches."""
        return len(self.parts) in self._reached(name)

    def leads_into(self, folder: str) -> bool:
        """Whether something in a folder, given by its path, may match."""
        return bool(self._reached(folder))

    def _reached(self, name: str) -> set[int]:
        """Return how many parts of the pattern may be used up once a path is."""
        reached = self._without_any_depth({0})
        for part in name.split("/"):
            after = set()
            for place in reached:
                if place == len(self.parts) or self.parts[place] == _ANY_DEPTH:
                    after.add(place)
                elif fnmatchcase(part, self.parts[place]):
                    after.add(place + 1)
            reached = self._without_any_depth(after)
        return reached

    def _without_any_depth(self, reached: set[int]) -> set[int]:
        for place in range(len(self.parts)):  # ** may stand for no folder at all
            if place in reached and self.parts[place] == _ANY_DEPTH:
                reached = reached | {place + 1}
        return reached

    def __str__(self) -> str:
        return str(self.folder.joinpath(*self.parts))


def is_pattern(path: str) -> bool:
    """Whether there is *, ? or [ in a path."""
    return bool(_WILD.search(path))


def read_pattern(text: str) -> Pattern:
    """Read a pattern: what exists to the letter is no part of it, such as a folder that is called `a [1]`."""
    parts = here(text).parts
    count = 0
    while count < len(parts) and exists(Path(*parts[: count + 1])):
        count += 1
    wild = next((place for place in range(count, len(parts)) if is_pattern(parts[place])), len(parts))
    count = min(count, wild)
    folder = Path(*parts[:count])
    return Pattern(folder if is_folder(folder) else folder.parent, parts[count:])


def find_matches(pattern: Pattern, *, without: str = "") -> FolderContent:
    """Find the files that a pattern matches, and the folders that they lie in, as paths from its folder.

    Hidden files are not entered, and links followed, as in any folder of images.
    """
    content = find_files(pattern.folder, enters=pattern.leads_into, without=without)
    kept = [place for place, file in enumerate(content.files) if pattern.matches(file.name.rstrip("/"))]
    folders = {folder for folder in content.folders if pattern.matches(folder)}
    inside = [*(content.files[place].name.rstrip("/") for place in kept), *folders]
    folders |= {str(above) for name in inside for above in PurePosixPath(name).parents}
    return FolderContent(
        [content.files[place] for place in kept],
        [folder for folder in content.folders if folder in folders],
        {now: content.real_names[old] for now, old in enumerate(kept) if old in content.real_names},
    )
