"""The cache of features as a Kedro dataset: a place, not something that one node makes for another."""

from typing import ClassVar

from kedro.io import DatasetError

from image_classification.datasets.local import LocalDataset
from image_classification.learning.fine_tuning.feature_cache import FeatureCache


class FeatureCacheDataset(LocalDataset[FeatureCache, FeatureCache]):
    """Load as the folder where trainings keep features, which need not exist yet."""

    # what a node finds there depends on nothing that the pipeline makes
    is_place: ClassVar[bool] = True

    def load(self) -> FeatureCache:
        """Return the folder."""
        return FeatureCache(self._load_path)

    def save(self, data: FeatureCache) -> None:  # noqa: ARG002
        """Refuse: the trainings write there by themselves."""
        raise DatasetError("Features are written while a network is trained; no node returns them.")

    def _exists(self) -> bool:
        return True
