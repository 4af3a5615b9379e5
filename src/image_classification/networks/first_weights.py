"""What families of pretrained networks share: what weights were trained with, which part stays as it is."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from image_classification.options import ModellingSection, NamesFile, of_the_form

# a drawn body that is frozen would know nothing
WeightsPath = Annotated[
    str,
    of_the_form(r"(?s).*\.(safetensors|pth|pt|bin)", "the path of a .safetensors, .pth, .pt or .bin file"),
    NamesFile(),
]
Freeze = Literal["none", "body"] | Annotated[int, Field(ge=1, le=1000)]


class Recommendation(NamedTuple):
    """What pretrained weights were trained with, and so expect.

    Attributes:
        mean: of each channel, on the scale from 0 to 1: three of them.
        std: the same.
        size: height and width in pixels.
        interpolation: how images are resized: bilinear or bicubic.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: tuple[int, int]
    interpolation: str

    def normalisation(self, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return mean and standard deviation for images of so many channels; grey ones have their average."""
        if channels == len(self.mean):
            return self.mean, self.std
        return tuple((sum(values) / len(values),) * channels for values in (self.mean, self.std))  # type: ignore[return-value]


class PretrainedWeights(BaseModel):
    """Where the first weights of a network came from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str  # of the model, such as resnet18.a1_in1k, or of the file
    source: str  # the address that it was published at, or the path
    sha256: str  # of the file
    licence: str | None  # as its publisher names it; None if nobody says


class PretrainedOptions(ModellingSection):
    """Options of networks that may start from weights of somebody else."""

    freeze: Freeze = Field(
        default="none",
        description="What keeps the weights that it starts from: none; body: everything but the last layer; "
        "or a number: so many stages of the body, counted from the image.",
    )

    @property
    def has_weights(self) -> bool:
        """Whether the network starts from weights that were trained before."""
        raise NotImplementedError

    def recommendation(self) -> Recommendation | None:
        """Return what the weights were trained with; None if there are none, or nobody knows."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _what_is_frozen_has_weights(self) -> Self:
        if self.freeze != "none" and not self.has_weights:
            raise ValueError(
                f"expected weights where freeze is {self.freeze}: what is drawn and frozen knows nothing"
            )
        return self
