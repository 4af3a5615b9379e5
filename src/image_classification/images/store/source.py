"""The sources of images by name: what may be set of each, and how its images are planned."""

from collections.abc import Callable
from typing import Any

from image_classification.images.store.image_store import ImageDictPlan
from image_classification.registry import Registry

# Name -> what plans an image dict by the source's options; None for a source with a pipeline of its own.
# The options have `images: ImageOptions` and `split: SplitOptions`; where one of them is called `path`, it
# names the images: whoever sets it means this source.
SOURCES: Registry[Callable[[Any], ImageDictPlan] | None] = Registry("source of images")
