"""How the training images are varied, every batch anew."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from image_classification.options import ModellingSection, NotNegative

# a probability that may be 1, unlike that of dropout
Chance = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
# YAML knows lists only
Range = Annotated[tuple[float, float], Field(strict=False)]


class AugmentationOptions(ModellingSection):
    """How the training images are varied, every image by draws of its own.

    What is 0 is off, and by default all is. Validation and test images are never varied.
    """

    shift: Amount = Field(
        default=0.0, description="Largest shift in each direction, as a share of the image's height or width."
    )
    rotation: float = Field(
        default=0.0, ge=0.0, le=180.0, description="Largest rotation to the left or right, in degrees."
    )
    scale: Amount = Field(
        default=0.0, description="Sizes are drawn between 1 / (1 + scale) and 1 + scale: 0.1 for about 10 %."
    )
    shear: float = Field(
        default=0.0, ge=0.0, le=60.0, description="Largest slant to the left or right, in degrees."
    )
    crop: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="Largest share of the area that is cut away before the rest is enlarged to full size; "
        "0.92 is usual for large sets of photographs, 0.5 or less for small ones.",
    )
    crop_aspect: float = Field(
        default=4 / 3,
        ge=1.0,
        le=4.0,
        description="How far a crop may depart from the image's own proportions: at most this many times "
        "as wide, or as high.",
    )
    horizontal_flip: Chance = Field(default=0.0, description="Probability of swapping left and right.")
    vertical_flip: Chance = Field(default=0.0, description="Probability of swapping top and bottom.")
    fill: Literal["zero", "edge", "reflect"] = Field(
        default="zero",
        description="What comes into view from beyond the border: black, the border's pixels, or its mirror "
        "image.",
    )
    brightness: Amount = Field(
        default=0.0, description="Brightness is multiplied by between 1 - brightness and 1 + brightness."
    )
    contrast: Amount = Field(
        default=0.0, description="Contrast is multiplied by between 1 - contrast and 1 + contrast."
    )
    saturation: Amount = Field(
        default=0.0,
        description="Saturation is multiplied by between 1 - saturation and 1 + saturation; "
        "grey images have none.",
    )
    erase: Chance = Field(
        default=0.0, description="Probability of painting over a rectangle with the image's mean colour."
    )
    erase_area: Range = Field(
        default=(0.02, 0.33), description="Smallest and largest share of the image that is painted over."
    )
    mixup: NotNegative = Field(
        default=0.0,
        description="α of mixup: each image and its label are blended with another one of the batch, "
        "in a proportion drawn from Beta(α, α); usual values are 0.1 to 0.4.",
    )
    cutmix: NotNegative = Field(
        default=0.0,
        description="α of CutMix: a rectangle of each image is replaced by that of another one, the labels "
        "are mixed by area; 1.0 is usual. Where mixup is on as well, a coin decides for each image.",
    )

    @model_validator(mode="after")
    def _erased_area_is_a_range(self) -> Self:
        smallest, largest = self.erase_area
        if not 0.0 < smallest <= largest < 1.0:
            raise ValueError(
                f"erase_area = [{smallest:g}, {largest:g}] is not a range of shares: "
                "expected two numbers above 0 and below 1, the smaller one first"
            )
        return self
