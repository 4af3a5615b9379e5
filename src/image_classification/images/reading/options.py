"""What every image of a folder is turned into."""

import math
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field

from image_classification.images.reading.portable import modes
from image_classification.images.store.options import USUAL_SIDE, ImageOptions, Side

# beyond what is ever measured
LARGEST_PIXEL = 1e19

ResizeMode = modes.ResizeMode
Interpolation = modes.Interpolation


def _is_range(value: object) -> object:
    if isinstance(value, str) and value in ("auto", "dtype"):
        return value
    numbers = list(value) if isinstance(value, list | tuple) else []
    if len(numbers) != 2 or any(
        isinstance(each, bool) or not isinstance(each, int | float) for each in numbers
    ):
        raise ValueError(f"expected auto, dtype or [low, high], such as [0, 4095]; found {value!r}")
    if not numbers[0] < numbers[1] or not all(map(math.isfinite, numbers)):
        raise ValueError(f"expected two numbers of which the first is smaller; found {value!r}")
    if max(map(abs, numbers)) > LARGEST_PIXEL:
        raise ValueError(f"expected numbers between {-LARGEST_PIXEL:g} and {LARGEST_PIXEL:g}")
    return value


Gibibytes = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]

ValueRangeChoice = Annotated[Literal["auto", "dtype"] | tuple[float, float], BeforeValidator(_is_range)]


class PictureOptions(ImageOptions):
    """What every image of a source of picture files is turned into."""

    size: Side | tuple[Side, Side] | Literal["auto"] = Field(
        default="auto",
        description="side of the square images in pixels, or [height, width]; auto: that of the images which "
        f"pretrained weights were trained on, where the network starts from some, else {USUAL_SIDE}",
    )
    channels: Literal[1, 3] = Field(default=3, description="1: grey, 3: red, green and blue")
    resize: ResizeMode = Field(
        default="stretch",
        description="stretch: to the size, whatever the proportions; crop: the shorter side to the size, "
        "then the centre; letterbox: the longer side to the size, the rest black",
    )
    interpolation: Interpolation | Literal["auto"] = Field(
        default="auto",
        description="how pixels between pixels are found, antialiased; auto: as for the images which "
        "pretrained weights were trained on, where the network starts from some, else bilinear",
    )

    @property
    def kernel(self) -> Interpolation:
        """The interpolation, however it was given."""
        return "bilinear" if self.interpolation == "auto" else self.interpolation

    def as_expected(self, size: tuple[int, int], interpolation: Interpolation) -> Self:
        """Return the options with what pretrained weights expect in the place of auto."""
        height, width = size if self.size == "auto" else self.height_and_width
        kernel = interpolation if self.interpolation == "auto" else self.interpolation
        return self.model_copy(
            update={"size": height if height == width else (height, width), "interpolation": kernel}
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What a digest of the images depends on; the usual interpolation is not named, as it was before."""
        facts = {"size": self.height_and_width, "channels": self.channels, "resize": self.resize}
        return facts if self.kernel == "bilinear" else facts | {"interpolation": self.kernel}


class FolderImageOptions(PictureOptions):
    """What every image of a folder is turned into."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"decode_memory"})

    value_range: ValueRangeChoice = Field(
        default="auto",
        description="which numbers become black and white in images of more than 8 bits a channel. auto: "
        "those that the training images use, 0 to 255, 1023, 4095, 16383 or 65535 of whole numbers; dtype: "
        "all that their type holds, 0 to 1 of floats; or [low, high]",
    )
    decode_memory: Gibibytes | None = Field(
        default=None,
        description="GiB of memory that decoding may take in all threads together: large images wait for "
        "each other, and one that needs more is decoded alone if so much is free; null: a quarter of "
        "what is free",
    )
