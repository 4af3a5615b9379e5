"""Where a person's images are, as a dataset: an archive is unpacked when it is saved."""

import hashlib
from pathlib import Path

from pydantic import ValidationError

from image_classification.datasets.local import JSONPreview, LocalDataset
from image_classification.datasets.messages import explaining, passing_user_errors
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.paths import exists
from image_classification.files.troubles import require_readable
from image_classification.images.folder.places.opened import PlacePlan, PlaceRecord
from image_classification.images.folder.places.place import ImagePlace
from image_classification.remote.names import named

_RECORD = "place.json"


class ImagePlaceDataset(LocalDataset[PlacePlan, ImagePlace]):
    """A folder with `place.json`, which says where images are, and what was unpacked of an archive.

    Nothing else is copied: folders and tables are read where they are.
    """

    def load(self) -> ImagePlace:
        """Return where the images are."""
        home = self._load_path
        with explaining(home / _RECORD, f"Run the whole pipeline: kedro run --pipeline {home.name}"):
            record = _read_record(home)
            if record is None:
                require_readable(home / _RECORD)
                raise UserError(f"No images have been looked for yet: there is no usable {home / _RECORD}.")
            return record.place(home)

    def save(self, data: PlacePlan) -> None:
        """Unpack what has to be unpacked, then write the record."""
        with passing_user_errors():
            home = self._save_path
            record = data.run(home, _read_record(home))
            with replacing(home / _RECORD) as temporary:
                temporary.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def content_digest(self) -> str:
        """Return a digest of what the record says, but for the time at which an archive was written."""
        record = _read_record(self._load_path)
        text = record.model_dump_json(exclude={"archive": {"stamp"}}) if record else ""
        return hashlib.sha256(named(text).encode("utf-8", "surrogateescape")).hexdigest()

    def preview(self) -> JSONPreview:
        """Return the record."""
        record = _read_record(self._load_path)
        return JSONPreview("null" if record is None else record.model_dump_json())

    def _is_there(self, path: Path) -> bool:
        record = _read_record(path)
        return record is not None and (record.archive is None or exists(path / record.archive.folder))


def _read_record(folder: Path) -> PlaceRecord | None:
    try:
        return PlaceRecord.model_validate_json((folder / _RECORD).read_bytes())
    except (OSError, ValidationError):
        return None
