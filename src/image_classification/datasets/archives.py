"""The archives of a data set in MNIST's format as a dataset."""

import hashlib
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from image_classification.datasets.local import JSONPreview, LocalDataset
from image_classification.datasets.messages import explaining, passing_user_errors
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.paths import is_file
from image_classification.files.troubles import require_readable
from image_classification.images.idx.idx_set import ArchivesRecord, IdxSet

_RECORD = "archives.json"


class ArchivesPlan(Protocol):
    """How to get archives."""

    def run(self, folder: Path, earlier: ArchivesRecord | None = None) -> ArchivesRecord:
        """Download into the folder what has to be downloaded; return what there is and where."""


class ArchivesDataset(LocalDataset[ArchivesPlan, IdxSet]):
    """A folder of archives with `archives.json`, which says what they are and where they came from.

    Saving runs a plan; loading returns a reader that has not read anything yet. A person's own archives are
    not copied: the record says where they are. If MNIST's plan fell back to the digits bundled with
    scikit-learn, the record says so and there are no archives.
    """

    def load(self) -> IdxSet:
        """Open what the last save found or downloaded."""
        path = self._load_path
        with explaining(path / _RECORD, f"Run the pipeline that gets it: kedro run --pipeline {path.name}"):
            record = read_record(path)
            if record is None:
                require_readable(path / _RECORD)
                raise UserError(f"Nothing has been downloaded to {path}: there is no usable {_RECORD}.")
            return IdxSet(_place(path, record), record)

    def save(self, data: ArchivesPlan) -> None:
        """Carry out the plan, then write the record."""
        with passing_user_errors():
            path = self._save_path
            record = data.run(path, read_record(path))
            with replacing(path / _RECORD) as temporary:
                temporary.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def content_digest(self) -> str:
        """Return a digest of the record, which has the checksums of all archives."""
        record = read_record(self._load_path)
        return hashlib.sha256(record.model_dump_json().encode() if record else b"").hexdigest()

    def preview(self) -> JSONPreview:
        """Return the record."""
        record = read_record(self._load_path)
        return JSONPreview("null" if record is None else record.model_dump_json())

    def _is_there(self, path: Path) -> bool:
        record = read_record(path)
        return record is not None and all(is_file(_place(path, record) / name) for name in record.files)


def _place(path: Path, record: ArchivesRecord) -> Path:
    return Path(record.folder) if record.folder else path


def read_record(folder: Path) -> ArchivesRecord | None:
    """Return what the record in a folder says, None if there is none that can be read."""
    try:
        record = ArchivesRecord.model_validate_json((folder / _RECORD).read_bytes())
    except (OSError, ValidationError):
        return None
    return record if len(record.files) in (0, 4) else None  # images and labels for training and testing
