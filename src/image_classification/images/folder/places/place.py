"""Where a person's images are: a folder, a table, what a pattern matches, or what is in an archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.paths import exists, is_file, is_folder
from image_classification.files.permissions import missing_permission
from image_classification.images.folder.archives.kinds import Kind, kind_of_archive
from image_classification.images.folder.found_files import FolderContent, find_files, given_path
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.folder.places.patterns import Pattern, find_matches, is_pattern, read_pattern
from image_classification.images.folder.tables.table import names_table
from image_classification.options import Section
from image_classification.remote.fetched import here


@dataclass(frozen=True)
class ImagePlace:
    """Where images are.

    path: A folder or table that is there; a file of an archive where `kind` says so.
    kind: Of the archive; "" if it is none.
    inner: What of the archive is meant, as a path from its top; "" for all of it.
    pattern: What a folder is looked through by; None for all of it.
    shown: How a person knows it.
    is_unpacked: Whether it was in an archive.
    """

    path: Path
    shown: Path
    is_unpacked: bool = False
    kind: Kind = ""
    inner: str = ""
    pattern: Pattern | None = None

    def content(self, *, without: str = "") -> FolderContent:
        """List the files of a folder that are meant; `without` is the path from it of one that is not."""
        if self.pattern:
            return find_matches(self.pattern, without=without)
        return find_files(self.path, without=without)

    @property
    def beside(self) -> Path:
        """The folder in which other files of the same person are looked for first."""
        if self.is_unpacked or self.kind:  # that of the archive
            return next(each for each in self.shown.absolute().parents if is_folder(each))
        return self.path.parent if is_file(self.path) else self.path


def place_of(path: Path) -> ImagePlace:
    """Return the place that is a folder, table or archive itself."""
    return ImagePlace(path, path, kind=kind_of_archive(path))


def given_place(value: str, section: type[Section] = ImageFolderOptions, option: str = "path") -> ImagePlace:
    """Return what a person's path means: what is there to the letter, else in an archive, else a pattern.

    Args:
        value: The path.
        section: The options in which it was given,
        option: and which of them, for messages.

    Raises:
        UserError: It is empty, leads nowhere, or may not be read.
    """
    path = here(value, with_its_folder=names_table)
    if not value or exists(path):
        return place_of(given_path(section, option, value))
    for above in path.parents:
        inner = path.relative_to(above)
        if is_file(above) and ".." not in inner.parts and (kind := kind_of_archive(above)):
            _require_readable(above, section.named(option))
            return ImagePlace(above, path, kind=kind, inner=inner.as_posix())
    if not is_pattern(value):
        return place_of(given_path(section, option, value))
    pattern = read_pattern(value)
    _require_readable(pattern.folder, section.named(option))
    matched = _outermost(find_matches(pattern), pattern)
    if not matched:
        example = section.setting(**{option: "/photos/*/2024/*.jpg"})
        raise UserError(_nothing_matches(pattern, section.named(option), example))
    if len(matched) == 1:  # a way to write the name of a folder, a table or an archive
        return place_of(pattern.folder / matched[0])
    return ImagePlace(pattern.folder, pattern.folder, pattern=pattern)


def _outermost(content: FolderContent, pattern: Pattern) -> list[str]:
    """Return what a pattern matches itself: files, and folders without what is in them."""
    files = [file.name for file in content.files if not file.name.endswith("/")]
    folders = [folder for folder in content.folders if pattern.matches(folder)]
    inside = tuple(f"{folder}/" for folder in folders)
    return [name for name in [*folders, *files] if not name.startswith(inside)]


def _nothing_matches(pattern: Pattern, named: str, example: str) -> str:
    found = [file.name for file in find_files(pattern.folder, 1000).files]
    lower = Pattern(pattern.folder, tuple(part.lower() for part in pattern.parts))
    alike = [name for name in found if lower.matches(name.lower())]
    like = alike or found
    there = f"{pattern.folder} holds {', '.join(like[:3])}, …" if like else f"{pattern.folder} is empty"
    case = ": capital and small letters differ" if alike else ""
    return (
        f"{named} = {pattern}: nothing matches. {there}{case}.\n"
        "Expected a pattern of files or folders: * and ? stand for part of a name, ** for any folders, [ab] "
        f"for one of the letters; with quotes around it for the shell: {example}"
    )


def _require_readable(path: Path, named: str) -> None:
    if missing := missing_permission(path):
        raise UserError(f"{named}: {path} cannot be read: {missing}.")


def what_is_read(place: ImagePlace) -> Sequence[Path]:
    """Return the files behind a place that are not found by walking through a folder or by a table."""
    if place.kind:
        return [place.path]
    if place.pattern:
        files = place.content()
        return [
            place.path / files.real_names.get(number, file.name) for number, file in enumerate(files.files)
        ]
    return []
