"""The folder of studies as a Kedro dataset: a place, not something that one node makes for another."""

from pathlib import Path
from typing import ClassVar

from kedro.io import DatasetError

from image_classification.datasets.local import LocalDataset


class StudiesDataset(LocalDataset[Path, Path]):
    """Load as the folder where commands that train several times keep what is done; it need not exist yet."""

    # what a node finds there depends on nothing that the pipeline makes
    is_place: ClassVar[bool] = True

    def load(self) -> Path:
        """Return the folder."""
        return self._load_path

    def save(self, data: Path) -> None:  # noqa: ARG002
        """Refuse: the trainings write there by themselves."""
        raise DatasetError("Studies are written while networks are trained; no node returns them.")

    def _exists(self) -> bool:
        return True
