"""What families of pretrained networks share: what weights were trained with, which part stays as it is."""

import re
from abc import abstractmethod
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from image_classification.options import ModellingSection, NamesFile, of_the_form

# a drawn body that is frozen would know nothing
WeightsPath = Annotated[
    str,
    of_the_form(r"(?s).*\.(safetensors|pth|pt|bin)", "the path of a .safetensors, .pth, .pt or .bin file"),
    NamesFile(),
]
# as publishers write it: cc-by-nc-4.0, research-only, apple-amlr (for research)
_NOT_COMMERCIAL = re.compile(r"(?<![a-z])(nc|non-?commercial|research|amlr)(?![a-z])", re.IGNORECASE)
_NAMES_NOTHING = frozenset({"", "unknown", "other", "none"})
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
    interpolation: Literal["bilinear", "bicubic"]

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

    @property
    def forbids_commercial_use(self) -> bool:
        """Whether the licence says so in its name."""
        return _NOT_COMMERCIAL.search(self.licence or "") is not None

    @property
    def licence_in_words(self) -> str:
        """Which licence they have, in a few words."""
        if self.licence is None or self.licence.lower() in _NAMES_NOTHING:
            return "nobody names a licence"
        forbids = ", which forbids commercial use" if self.forbids_commercial_use else ""
        return f"licence {self.licence}{forbids}"

    @property
    def caution(self) -> str:
        """What somebody has to heed who passes on a network that began with them; "" if nothing is known."""
        if self.forbids_commercial_use:
            return (
                f"The weights that it started from may not be used commercially ({self.licence}). Take that "
                "for true of this network too, unless their publisher says otherwise."
            )
        if self.licence_in_words.startswith("nobody"):
            return (
                "Nobody names a licence of the weights that it started from: find out what they may be used "
                "for before you pass this network on."
            )
        return ""


class PretrainedOptions(ModellingSection):
    """Options of networks that may start from weights of somebody else."""

    freeze: Freeze = Field(
        default="none",
        description="What keeps the weights that it starts from: none; body: everything but the last layer; "
        "or a number: so many stages of the body, counted from the image.",
    )

    @property
    def has_weights(self) -> bool:
        """Whether the network starts from weights that were trained before: each family has that option."""
        return getattr(self, "weights", None) is not None

    @property
    def without_weights(self) -> str:
        """How to draw all weights, which then have to be trained."""
        thawed = {"freeze": "none"} if self.freeze != "none" else {}
        return self.setting(weights=None, **thawed)

    @abstractmethod
    def recommendation(self) -> Recommendation | None:
        """Return what the weights were trained with; None if there are none, or nobody knows."""

    @model_validator(mode="after")
    def _what_is_frozen_has_weights(self) -> Self:
        if self.freeze != "none" and not self.has_weights:
            raise ValueError(
                f"expected weights where freeze is {self.freeze}: what is drawn and frozen knows nothing. "
                f"Name some, or train everything: {self.setting(freeze='none')}"
            )
        return self
