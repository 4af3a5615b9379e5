"""What a network was calibrated to: stored with it, and applied wherever it answers."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from torch import Tensor

from image_classification.networks.answers.rule import Floats, answers

View = Literal["horizontal_flip", "vertical_flip", "crops"]


def _are_different(views: tuple[View, ...]) -> tuple[View, ...]:
    if twice := [view for view in views if views.count(view) > 1]:
        raise ValueError(f"expected each view once: {twice[0]} is there {views.count(twice[0])} times")
    return tuple(view for view in get_args(View) if view in views)


# YAML knows lists only; their order says nothing
Views = Annotated[tuple[View, ...], Field(strict=False), AfterValidator(_are_different)]
_Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class Profile(BaseModel):
    """How numbers of images like the training images are distributed.

    mean: of K numbers of each image.
    inverse: of their covariance, K rows of K numbers.
    farthest: the squared Mahalanobis distance beyond which an image is a stranger.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: tuple[FiniteFloat, ...] = Field(min_length=1)
    inverse: tuple[tuple[FiniteFloat, ...], ...]
    farthest: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        if {len(self.inverse), *map(len, self.inverse)} != {len(self.mean)}:
            raise ValueError(f"its inverse is not {len(self.mean)} rows of {len(self.mean)} numbers")
        return self


class Calibration(BaseModel):
    """What a network was calibrated to, on validation images.

    The promises hold for images that are drawn as those were: for no others.

    temperature: by which logits are divided before softmax.
    views: in which each image was seen beside as it is; the probabilities are the mean.
    images: how many validation images there were.
    coverage: the share of the images whose set has their class, at least.
    set_least: a class is in the set from this probability on.
    right: the share of the answers that are right, at least,
    confidence: with this probability over the validation images that might have been drawn.
    answer_above: an image is answered where the highest probability is above; None: no image is.
    strangers: the share of images like the validation images that are taken for strangers, at most.
    outputs: of the logarithms of the largest probabilities, by which a stranger is known; None: for want of
        classes or images by nothing.
    pixels: of `rule.looks_of` the images, by which a stranger is known; None: by nothing.
    answered: the share of the validation images that are answered,
    answered_right: and the share of those that are right; None if there are none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    views: Views = ()
    images: Annotated[int, Field(ge=1)]
    coverage: _Share
    set_least: _Share
    right: _Share
    confidence: _Share
    answer_above: _Share | None
    strangers: _Share
    outputs: Profile | None = None
    pixels: Profile | None = None
    answered: _Share
    answered_right: _Share | None = None

    def probabilities(self, logits: Tensor) -> Tensor:
        """Turn logits (N, classes), of the mean of the views, into calibrated probabilities."""
        return (logits / self.temperature).softmax(dim=1)

    @property
    def rule(self) -> dict[str, Any]:
        """What answers are made by, as JSON keeps it."""
        return self.model_dump(mode="json", include={"answer_above", "set_least", "outputs", "pixels"})

    def answers(
        self, probabilities: Floats, looks: Floats, class_names: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Return answer and set of each image, as `rule.answers` does."""
        return answers(probabilities, looks, self.rule, class_names)

    def named_answers(
        self, probabilities: Floats, looks: Floats, class_names: Sequence[str]
    ) -> tuple[list[str], list[list[str]]]:
        """Return the same, each set as a list of names."""
        words, sets = self.answers(probabilities, looks, class_names)
        return words, [json.loads(each) for each in sets]
