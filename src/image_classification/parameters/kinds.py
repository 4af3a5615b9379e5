"""Kinds of numbers that parameters have: no number is a word or a truth value."""

from typing import Annotated

from pydantic import ConfigDict, Field

from image_classification.parameters.base import Section


class ModellingSection(Section):
    """A section whose numbers are numbers: neither `true` nor `"5"` passes for one."""

    model_config = ConfigDict(strict=True)


Width = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
# YAML knows lists only; torch wants a pair
Betas = Annotated[tuple[Probability, Probability], Field(strict=False)]
