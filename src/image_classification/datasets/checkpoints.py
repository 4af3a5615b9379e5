"""The folder of checkpoints as a Kedro dataset: a place, not something that one node makes for another."""

from typing import ClassVar

from kedro.io import DatasetError

from image_classification.datasets.local import LocalDataset
from image_classification.learning.checkpoints.folder import CheckpointFolder


class CheckpointsDataset(LocalDataset[CheckpointFolder, CheckpointFolder]):
    """Load as the folder where trainings keep their checkpoints, which need not exist yet."""

    # what a node finds there depends on nothing that the pipeline makes
    is_place: ClassVar[bool] = True

    def load(self) -> CheckpointFolder:
        """Return the folder."""
        return CheckpointFolder(self._load_path)

    def save(self, data: CheckpointFolder) -> None:  # noqa: ARG002
        """Refuse: the trainings write there by themselves."""
        raise DatasetError("Checkpoints are written while a network is trained; no node returns them.")

    def _exists(self) -> bool:
        return True
