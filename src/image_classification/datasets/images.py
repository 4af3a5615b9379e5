"""The datasets of a source of images: their store, their splits, and what is remembered of the splits."""

import base64
import os
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from kedro.io import DatasetError, Version
from kedro_datasets._typing import ImagePreview
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from image_classification.datasets.atomic import ParquetDataset
from image_classification.datasets.local import LocalDataset, passing_user_errors
from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.images.folder.split_memory import MEMORY_COLUMNS, empty_memory
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import ImageDictPlan, open_image_store, save_image_store
from image_classification.images.store.tensor_sets import ImageTensorDataset, image_grid_png


class ImageDictDataset(LocalDataset[ImageDictPlan, ImageDict]):
    """Saves a plan of an image dict as a safetensors file, unless it holds just that; loads a mapped view."""

    def load(self) -> ImageDict:
        """Map the images into memory; takes milliseconds whatever their number."""
        with passing_user_errors():
            return open_image_store(self._load_path)

    def save(self, data: ImageDictPlan) -> None:
        """Fill the store, or leave it if its digest is that of the plan."""
        with passing_user_errors():
            save_image_store(data, self._save_path)

    def preview(self) -> ImagePreview:
        """Some images of every class."""
        images = open_image_store(self._load_path)
        readable = torch.tensor([status == "ok" for status in images.status], dtype=torch.bool)
        png = image_grid_png(images.images, images.labels, readable.nonzero()[:, 0], images.class_names)
        return ImagePreview(base64.b64encode(png).decode("ascii"))


class TensorSetDataset(LocalDataset[ImageTensorDataset, ImageTensorDataset]):
    """Row numbers, where the image store lies (relative to this file) and which digest it must have.

    Args:
        filepath: Where the row numbers lie.
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
        with passing_user_errors():
            return self._open()

    def save(self, data: ImageTensorDataset) -> None:
        """Write the row numbers; the images stay in the store that they are in."""
        if data.store.path is None:
            raise DatasetError(f"{data.store!r} lies in memory: save it as an image store first")
        path = self._save_path
        path.parent.mkdir(parents=True, exist_ok=True)
        store_path = Path(os.path.relpath(data.store.path.resolve(), path.parent.resolve())).as_posix()
        metadata = {"image_store": store_path, "image_store_digest": data.store.digest}
        with replacing(path) as temporary:
            temporary.write_bytes(save({"rows": data.rows}, metadata))

    def preview(self) -> ImagePreview:
        """Some images of every class of this split."""
        split = self._open()
        png = image_grid_png(split.images, split.labels, split.rows, split.class_names)
        return ImagePreview(base64.b64encode(png).decode("ascii"))

    def _open(self) -> ImageTensorDataset:
        again = f"Run again: kedro run --pipeline {self._pipeline}"
        own_path = self._load_path
        try:
            with safe_open(own_path, framework="pt") as file:
                rows, metadata = file.get_tensor("rows"), file.metadata()
                store_path, digest = metadata["image_store"], metadata["image_store_digest"]
        except FileNotFoundError as error:
            raise UserError(f"There is no split of images at {own_path}.\n{again}") from error
        except (SafetensorError, OSError, KeyError, TypeError) as error:
            raise UserError(f"The split of images {own_path} is damaged ({error}).\n{again}") from error
        path = Path(os.path.normpath(own_path.parent / store_path))
        if not path.is_file():
            raise UserError(f"The images of the split {own_path} are gone: there is no {path}.\n{again}")
        store = open_image_store(path)
        if store.digest != digest:
            raise UserError(
                f"The split {own_path} was made from other images than {path} holds now.\n"
                f"It expects those with digest {digest[:12]}, found {store.digest[:12]}. {again}"
            )
        return ImageTensorDataset(store, rows)

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "pipeline": self._pipeline}


class SplitMemoryDataset(ParquetDataset):
    """A parquet file that need not be there: then nothing is remembered yet."""

    def load(self) -> pd.DataFrame:
        """Load the memory, or an empty one.

        Raises:
            DatasetError: The file is damaged.
        """
        if not super()._exists():
            return empty_memory()
        memory: pd.DataFrame = super().load.__wrapped__(self)  # Kedro wraps the load of this class already
        # a memory of an earlier version lacks columns
        return memory.reindex(columns=list(MEMORY_COLUMNS), fill_value="").astype("str")

    def _exists(self) -> bool:
        return True  # to start from nothing is fine

    def preview(self, nrows: int = 5) -> Any:
        """The first of the images."""
        return super().preview(nrows) if super()._exists() else None
