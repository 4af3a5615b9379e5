"""The image store as a dataset."""

import base64

import torch
from kedro_datasets._typing import ImagePreview

from image_classification.datasets.local import LocalDataset, passing_user_errors
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_grid import image_grid_png
from image_classification.images.store.image_store import ImageDictPlan, open_image_store, save_image_store


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
