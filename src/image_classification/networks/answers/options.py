"""How a network is calibrated, and what its answers have to keep to."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from image_classification.options import ModellingSection

_Promise = Annotated[float, Field(ge=0.5, le=0.9999, allow_inf_nan=False)]


class CalibrationOptions(ModellingSection):
    """What is fitted on the validation images once the weights are chosen, and stored with the network."""

    enabled: bool | Literal["auto"] = Field(
        default="auto",
        description="auto: where there are enough validation images; true: or else an error that says how "
        "many are needed; false: off.",
    )
    coverage: _Promise = Field(
        default=0.95, description="Share of the images whose set of classes has their own, at least."
    )
    right: _Promise = Field(
        default=0.95, description="Share of the answers that are right, at least; other images are unsure."
    )
    confidence: _Promise = Field(
        default=0.9, description="How sure that share is: the chance is taken over the validation images."
    )
    strangers: float = Field(
        default=0.02,
        ge=0.0,
        le=0.5,
        allow_inf_nan=False,
        description="Share of ordinary images that may be taken for something else than the classes, by what "
        "they look like or what the network says, and be unsure; 0: none, and strangers are answered.",
    )

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """All but the switch, where it is off."""
        return frozenset(cls.model_fields) - {"enabled"} if values.get("enabled") is False else frozenset()
