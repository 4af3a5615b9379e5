"""Options that every source of images has."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from image_classification.options import LARGEST_COUNT, Section, Seed

# strict: a boolean does not count anything
PositiveInt = Annotated[int, Field(strict=True, ge=1, le=LARGEST_COUNT)]
# pixels of the images of a folder, where nothing else is said
USUAL_SIDE = 64
# no JPEG is larger
Side = Annotated[int, Field(strict=True, ge=1, le=65_535)]


class SplitOptions(Section):
    """How validation images are carved from the training images; test images are always the given ones."""

    method: Literal["stratified", "last"] = Field(
        default="stratified",
        description="stratified: a seeded draw with the same share of each class; "
        "last: the last of the training images, in the order of the source",
    )
    validation: int | float = Field(
        default=0.1,
        description="how much of the training images becomes the validation set: "
        "a whole number counts images, a share lies between 0 and 1, 0 means no validation set",
    )
    seed: Seed = Field(default=0, description="seed of the stratified draw")

    @field_validator("validation", mode="before")
    @classmethod
    def _is_number_or_share(cls, value: object) -> object:
        expected = "expected a whole number of images (0 for none) or a share between 0 and 1 (1 excluded)"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{value!r} is not a number: {expected}")
        if isinstance(value, int) and value < 0:
            raise ValueError(f"{value} is negative: {expected}")
        if isinstance(value, int) and value > LARGEST_COUNT:
            raise ValueError(f"expected at most {LARGEST_COUNT} images, or a share between 0 and 1")
        if isinstance(value, float) and not 0 <= value < 1:
            raise ValueError(f"{value} is not a share: {expected}")
        return value


class ImageOptions(Section):
    """What every image of a source is turned into."""

    size: Side | tuple[Side, Side] | Literal["auto"] = Field(
        default=28, description="side of the square images in pixels, or [height, width]"
    )
    channels: Literal[1, 3] = Field(default=1, description="1: grey, 3: red, green and blue")

    @field_validator("size", "channels", mode="before")
    @classmethod
    def _is_no_boolean(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError(f"expected a whole number, found {value}")
        return value

    @property
    def height_and_width(self) -> tuple[int, int]:
        """Height and width in pixels, however the size was given."""
        size = USUAL_SIDE if self.size == "auto" else self.size
        return (size, size) if isinstance(size, int) else size
