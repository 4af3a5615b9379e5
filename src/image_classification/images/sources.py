"""All sources of images."""

# the import of a source's options registers it; MNIST, the usual one, comes first wherever they are listed
from image_classification.images.idx import options as _idx  # noqa: F401  (mnist and idx)

# isort: split
from image_classification.images.folder import options as _folder  # noqa: F401
from image_classification.images.store.source import SOURCES

__all__ = ["SOURCES"]
