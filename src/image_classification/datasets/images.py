"""The datasets of a source of images: their store, their splits, and the memory of earlier splits."""

import base64
import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from kedro.io import DatasetError, Version
from safetensors import safe_open
from safetensors.torch import save

from image_classification.datasets.atomic import ParquetDataset
from image_classification.datasets.local import ImagePreview, LocalDataset, once_made
from image_classification.datasets.messages import explaining, passing_user_errors
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.paths import is_file
from image_classification.files.troubles import first_line, require_readable
from image_classification.images.audit.near.memory import PictureMemory
from image_classification.images.folder.drawn_split import MEMORY_COLUMNS, empty_memory
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_grid import image_grid_png
from image_classification.images.store.image_store import ImageDictPlan, save_image_store
from image_classification.images.store.opened_store import open_image_store
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.words import some

logger = logging.getLogger(__name__)

_ABOUT = "about"
_WITHOUT_MEMORY = (
    "Put back a copy of it, or remove it: then the splits are drawn anew, and images may change theirs."
)


class ImageDictDataset(LocalDataset[ImageDictPlan, ImageDict]):
    """Save a plan of an image dict as a safetensors file, unless it holds just that; load a mapped view."""

    def load(self) -> ImageDict:
        """Map the images into memory, after a comparison of the file with its digest, once per process."""
        with explaining(path := self._load_path):
            return open_image_store(path)

    def save(self, data: ImageDictPlan) -> None:
        """Fill the store, or leave it as it is if its digest is that of the plan."""
        with passing_user_errors():
            save_image_store(data, self._save_path)

    def content_digest(self) -> str:
        """Return the digest that the store was written with, after a comparison with its bytes."""
        return self.load().digest

    @once_made
    def preview(self) -> ImagePreview:
        """Return a picture of some images of every class."""
        images = open_image_store(self._load_path)
        readable = torch.tensor([status == "ok" for status in images.status], dtype=torch.bool)
        png = image_grid_png(images.images, images.labels, readable.nonzero()[:, 0], images.class_names)
        return ImagePreview(base64.b64encode(png).decode("ascii"))


class TensorSetDataset(LocalDataset[ImageTensorDataset, ImageTensorDataset]):
    """Row numbers, the path of the image store relative to this file, and the digest that it must have.

    Args:
        filepath: Where the row numbers are.
        pipeline: Name of the pipeline that makes this split, for messages.
        version: As Kedro makes it of `versioned: true`.
        metadata: Left to kedro-viz and other plugins.
    """

    def __init__(
        self,
        *,
        filepath: str,
        pipeline: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, version=version, metadata=metadata)
        self._pipeline = pipeline

    def load(self) -> ImageTensorDataset:
        """Open the store, mapped into memory, and choose the rows."""
        with explaining(path := self._load_path, f"Run again: kedro run --pipeline {self._pipeline}"):
            return _open_split(path)

    def save(self, data: ImageTensorDataset) -> None:
        """Write the row numbers; the images stay in their store."""
        if data.store.path is None:
            raise DatasetError(f"{data.store!r} lies in memory: save it as an image store first")
        path = self._save_path
        store_path = Path(os.path.relpath(data.store.path.resolve(), path.parent.resolve())).as_posix()
        metadata = {"image_store": store_path, "image_store_digest": data.store.digest}
        with passing_user_errors(), replacing(path) as temporary:
            temporary.write_bytes(save({"rows": data.rows}, metadata))

    def content_digest(self) -> str:
        """Return a digest of the row numbers and of the images, wherever the store lies."""
        split = self.load()
        return hashlib.sha256(split.rows.numpy().tobytes() + split.store.digest.encode()).hexdigest()

    @once_made
    def preview(self) -> ImagePreview:
        """Return a picture of some images of every class of this split."""
        split = self.load()
        png = image_grid_png(split.images, split.labels, split.rows, split.class_names)
        return ImagePreview(base64.b64encode(png).decode("ascii"))

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "pipeline": self._pipeline}


def _open_split(own_path: Path) -> ImageTensorDataset:
    """Open the store that a split is of, and choose its rows.

    Raises:
        UserError: There is no split, it is damaged, or it is not of the images that its store holds now.
    """
    if not is_file(own_path):
        require_readable(own_path)
        raise UserError(f"There is no split of images at {own_path}.")
    try:
        with safe_open(own_path, framework="pt") as file:
            rows, metadata = file.get_tensor("rows"), file.metadata()
            store_path, digest = metadata["image_store"], metadata["image_store_digest"]
        path = Path(os.path.normpath(own_path.parent / store_path))
    except Exception as error:  # what a damaged file leads to is of every kind
        raise UserError(f"The split of images {own_path} is damaged ({first_line(error)}).") from error
    if not is_file(path):
        require_readable(path)
        raise UserError(f"The images of the split {own_path} are gone: there is no {path}.")
    store = open_image_store(path)
    if store.digest != digest:
        raise UserError(
            f"The split {own_path} was made from other images than {path} holds now: it expects those with "
            f"digest {digest[:12]}, found {store.digest[:12]}."
        )
    try:
        return ImageTensorDataset(store, rows)
    except ValueError as error:
        raise UserError(f"The split of images {own_path} is damaged: {error}.") from error


class FileMemoryDataset(ParquetDataset):
    """A parquet file that may be missing or damaged: then nothing is known, and all is read anew."""

    def load(self) -> pd.DataFrame:
        """Load what is known of files, nothing if there is no such file."""
        try:
            return self._at(self._get_load_path()).load() if super()._exists() else pd.DataFrame()
        except Exception as error:  # what a damaged file leads to is of every kind
            logger.info("What earlier runs have found in files is lost: %s", first_line(error))
            return pd.DataFrame()

    def _exists(self) -> bool:
        return True  # as a memory of nothing

    def preview(self, nrows: int = 5) -> Any:
        """Return the first rows, None if there is no file."""
        return self._at(self._get_load_path()).preview(nrows) if super()._exists() else None


class PictureMemoryDataset(LocalDataset[PictureMemory, PictureMemory | None]):
    """A safetensors file that may be missing or damaged: then nothing is known, and all is compared anew."""

    def load(self) -> PictureMemory | None:
        """Load what audits have found out, None if there is no such file."""
        path = self._load_path
        if not is_file(path):
            return None
        try:
            with safe_open(path, framework="pt") as file:
                # a safe_open handle has keys(), but cannot be iterated
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                return PictureMemory.from_tensors(tensors, json.loads((file.metadata() or {})[_ABOUT]))
        except Exception as error:  # what a damaged file leads to is of every kind
            logger.info("What earlier audits have found out is lost: %s", first_line(error))
            return None

    def save(self, data: PictureMemory) -> None:
        """Write it."""
        tensors, texts = data.tensors()
        # in one piece: several have no fixed order in the file
        content = save(tensors, metadata={_ABOUT: json.dumps(texts)})
        with replacing(self._save_path, len(content)) as temporary:
            temporary.write_bytes(content)

    def _exists(self) -> bool:
        return True  # as a memory of nothing


class SplitMemoryDataset(ParquetDataset):
    """A parquet file that may be missing: then nothing is remembered yet."""

    def load(self) -> pd.DataFrame:
        """Load the memory, an empty one if there is no file.

        Raises:
            DatasetError: The file is damaged.
        """
        if not super()._exists():
            require_readable(Path(self._get_load_path()))
            return empty_memory()
        with explaining(path := self._get_load_path(), _WITHOUT_MEMORY):
            memory: pd.DataFrame = self._at(path).load()
            if "sha256" not in memory or "split" not in memory:
                raise ValueError(f"it has no columns sha256 and split, but {some(memory.columns)}")
            # a memory of an earlier version lacks columns
            return memory.reindex(columns=list(MEMORY_COLUMNS), fill_value="").astype("str")

    def _exists(self) -> bool:
        return True  # a missing file is an empty memory

    def preview(self, nrows: int = 5) -> Any:
        """Return the first rows, None if there is no file."""
        return self._at(self._get_load_path()).preview(nrows) if super()._exists() else None
