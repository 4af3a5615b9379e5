"""The place of a person's images once it is opened: an archive is unpacked, the rest is as it was."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from image_classification.errors import UserError
from image_classification.files.paths import exists, is_folder, shortened
from image_classification.images.folder.archives.unpacked import UnpackedArchive, clear, unpacked
from image_classification.images.folder.found_files import HIDDEN, find_files
from image_classification.images.folder.layout.vocabulary import split_name
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.folder.places.patterns import read_pattern
from image_classification.images.folder.places.place import ImagePlace
from image_classification.images.reading.pictures import promises_picture


class PlaceRecord(BaseModel):
    """What is known of a place that was opened.

    path: The folder, table or archive. shown: How a person knows it. pattern: What it is looked through by.
    archive: What was unpacked, if it is one. inner: Where in that the images are.
    """

    path: str
    shown: str
    pattern: str = ""
    archive: UnpackedArchive | None = None
    inner: str = ""

    def place(self, home: Path) -> ImagePlace:
        """Return where the images are now.

        Args:
            home: The folder of what is unpacked.

        Raises:
            UserError: There is nothing any more.
        """
        path = home / self.archive.folder / self.inner if self.archive else Path(self.path)
        if not exists(path):
            raise UserError(f"The images of {self.shown} are gone: there is no {path} any more.")
        pattern = read_pattern(self.pattern) if self.pattern else None
        return ImagePlace(path, Path(self.shown), is_unpacked=self.archive is not None, pattern=pattern)


@dataclass(frozen=True)
class PlacePlan:
    """Where a person's images are, to be opened; `named` is the option that says so."""

    place: ImagePlace
    named: str = ""

    def run(self, home: Path, earlier: PlaceRecord | None = None) -> PlaceRecord:
        """Unpack an archive into a folder, or remove there what is no longer needed; say what there is.

        Raises:
            UserError: The archive cannot be unpacked, or has no such part.
        """
        place = self.place
        pattern = str(place.pattern) if place.pattern else ""
        record = PlaceRecord(path=str(place.path), shown=str(place.shown), pattern=pattern)
        if not place.kind:
            clear(home)
            return record
        archive = unpacked(place.path, place.kind, home, earlier.archive if earlier else None)
        inner = self._inner(home / archive.folder)
        shown = str(place.path / inner)
        return record.model_copy(update={"archive": archive, "inner": inner, "shown": shown})

    def _inner(self, top: Path) -> str:
        """Return the part of an archive that is meant: what is named, or the folder around everything."""
        if self.place.inner:
            if not exists(top / self.place.inner):
                found = ", ".join(sorted(entry.name for entry in top.iterdir())[:5])
                raise UserError(
                    f"{self.named or ImageFolderOptions.named('path')} = {self.place.shown}: there is no "
                    f"{self.place.inner} in {self.place.path}.\nExpected a folder or table in it; at its top "
                    f"it has {shortened(found)}"
                )
            return self.place.inner
        inner = top
        while (folder := _only_folder(inner)) and not split_name(folder.name):
            inner = folder
        return inner.relative_to(top).as_posix() if inner != top else ""


def _only_folder(top: Path) -> Path | None:
    """Return the folder around everything else, unless there are pictures in it: then it is a class."""
    found = find_files(top)
    names = [file.name for file in found.files if file.status != HIDDEN]
    outer = {name.partition("/")[0] for name in names}
    if len(outer) != 1 or not all("/" in name for name in names):
        return None
    folder = top / outer.pop()
    has_pictures = any(name.count("/") == 1 and promises_picture(Path(name)) for name in names)
    return None if has_pictures or not is_folder(folder) else folder
