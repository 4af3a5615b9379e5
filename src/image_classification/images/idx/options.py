"""What may be configured about MNIST."""

from typing import Annotated, Literal

from pydantic import Field

from image_classification.images.store.options import ImageOptions, SplitOptions
from image_classification.options import Section


class MnistOptions(Section):
    """Handwritten digits: 60,000 training and 10,000 test images of 28 x 28 grey pixels."""

    mirrors: list[Annotated[str, Field(pattern=r"^(https?|file)://")]] = Field(
        default=[],
        description="folders (http://, https:// or file:///) that hold the four archives, tried in order "
        "after the one that the environment variable MNIST_MIRROR names; empty: the public mirrors",
    )
    connect_timeout: float = Field(
        default=5.0,
        strict=True,
        gt=0,
        le=600,
        description="seconds that a mirror may stay silent before the next one is tried",
    )
    offline_fallback: Literal["digits", "none"] = Field(
        default="digits",
        description="when nobody named a mirror and no public one delivers: digits takes the small digits "
        "bundled with scikit-learn, after a warning; none makes it an error",
    )
    images: ImageOptions = Field(default=ImageOptions(), description="what every image is turned into")
    split: SplitOptions = Field(default=SplitOptions(), description="how the images are split")
