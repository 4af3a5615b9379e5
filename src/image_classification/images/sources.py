"""All sources of images, in the order in which their parameters are listed."""

from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.hugging_face import hugging_face  # noqa: F401  (registers itself)
from image_classification.images.idx.options import IdxOptions, MnistOptions
from image_classification.images.store.source import SOURCES

# these have pipelines of their own
SOURCES.add("mnist", None, MnistOptions)
SOURCES.add("idx", None, IdxOptions)
SOURCES.add("image_folder", None, ImageFolderOptions)

__all__ = ["SOURCES"]
