"""The archives of MNIST as a dataset."""

from pathlib import Path

from kedro_datasets._typing import JSONPreview
from pydantic import ValidationError

from image_classification.datasets.local import LocalDataset, passing_user_errors
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.images.idx import mnist
from image_classification.images.idx.mnist import ArchivesRecord, MnistArchives
from image_classification.images.idx.mnist_download import MnistDownloadPlan

_RECORD = "archives.json"


class MnistArchivesDataset(LocalDataset[MnistDownloadPlan, MnistArchives]):
    """A folder with the four archives and `archives.json`, which says what they are and where they came from.

    Saving runs a download plan; loading gives a reader that reads nothing yet. Where the plan fell back to
    the digits bundled with scikit-learn, the record says so and there are no archives.
    """

    def load(self) -> MnistArchives:
        """Open the folder that the last save filled."""
        with passing_user_errors():
            path = self._load_path
            record = _read_record(path)
            if record is None:
                raise UserError(
                    f"Nothing has been downloaded to {path}: there is no usable {_RECORD}.\n"
                    "Run the node that downloads it: kedro run --nodes mnist.download_mnist"
                )
            return MnistArchives(path, record.data_name, record.digest)

    def save(self, data: MnistDownloadPlan) -> None:
        """Make the folder hold what the plan says, then write the record."""
        with passing_user_errors():
            path = self._save_path
            record = data.run(path, _read_record(path))
            with replacing(path / _RECORD) as temporary:
                temporary.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def preview(self) -> JSONPreview:
        """The record."""
        record = _read_record(self._load_path)
        return JSONPreview("null" if record is None else record.model_dump_json())

    def _is_there(self, path: Path) -> bool:
        record = _read_record(path)
        if record is None:
            return False
        return record.data_name != mnist.NAME or all((path / file.name).is_file() for file in mnist.ARCHIVES)


def _read_record(folder: Path) -> ArchivesRecord | None:
    try:
        return ArchivesRecord.model_validate_json((folder / _RECORD).read_bytes())
    except (OSError, ValidationError):
        return None
