"""Classified images in parts, as a dataset: images are classified when it is saved."""

import hashlib
import json
from pathlib import Path

from image_classification.datasets.local import JSONPreview, LocalDataset, once_made
from image_classification.datasets.messages import explaining, passing_user_errors
from image_classification.errors import UserError
from image_classification.files.troubles import require_readable
from image_classification.inference.classification import Classification
from image_classification.inference.part_store import RECORD
from image_classification.inference.parts import ClassifiedImages, read_record
from image_classification.processes.signals import SIGNALS


class ClassifiedImagesDataset(LocalDataset[Classification, ClassifiedImages]):
    """A folder of parts and `classified.json`, which says what they are.

    What was stopped goes on at the next save, if it is of the same network, files and options.
    """

    def load(self) -> ClassifiedImages:
        """Return what was classified; nothing is read yet."""
        home = self._load_path
        with explaining(home / RECORD):
            found = read_record(home)
            if found is None:
                require_readable(home / RECORD)
                raise UserError(f"Nothing was classified to its end: there is no usable {home / RECORD}.")
            return found

    def save(self, data: Classification) -> None:
        """Classify what is not classified yet."""
        with passing_user_errors(), SIGNALS.going_on_by("The same command goes on from here."):
            data.run(self._save_path)

    def content_digest(self) -> str:
        """Return a digest of the record, which has those of all parts."""
        return hashlib.sha256((self._load_path / RECORD).read_bytes()).hexdigest()

    @once_made
    def preview(self) -> JSONPreview:
        """Return what was classified by what, without the names of the parts."""
        found = self.load()
        shown = {name: found.record[name] for name in ("network", "place", "labels")}
        return JSONPreview(json.dumps(shown | {"parts": len(found.record["parts"])}))

    def _is_there(self, path: Path) -> bool:
        return read_record(path) is not None
