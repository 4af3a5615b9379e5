"""Which network is built, and how it normalises its images."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from image_classification.networks.family import NETWORKS
from image_classification.options import Choice, ModellingSection, Positive


class FixedNormalisation(ModellingSection):
    """Mean and standard deviation given as numbers, per channel, on the scale from 0 to 1."""

    mean: list[Annotated[float, Field(allow_inf_nan=False)]] = Field(
        min_length=1, description="Mean of each channel."
    )
    std: list[Positive] = Field(min_length=1, description="Standard deviation of each channel.")

    @model_validator(mode="after")
    def _has_one_pair_per_channel(self) -> Self:
        if len(self.mean) != len(self.std):
            raise ValueError("expected as many numbers in mean as in std, one of each per channel")
        return self


class NetworkOptions(Choice, of=NETWORKS, default="convnet"):
    """Which network is built, and with which options."""

    normalisation: Literal["auto"] | FixedNormalisation = Field(
        default="auto",
        description="auto: mean and standard deviation of the training images; or {mean: […], std: […]}.",
    )
