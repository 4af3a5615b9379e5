"""What may be configured about classifying new images."""

from pydantic import Field

from image_classification.parameters.base import Section
from image_classification.parameters.sources import PositiveInt


class InferenceParameters(Section):
    """Classifying images with the network that was trained last."""

    images: str = Field(
        default="", description="the folder of new images, whatever folders it has inside, or one file"
    )
    batch_size: PositiveInt = Field(
        default=256, description="images that are decoded and classified at once; no effect on results"
    )
