"""Whether the learning rate is found by a test, and between which rates."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from image_classification.options import ModellingSection, Positive

# fewer say nothing, and nobody waits for more
FEWEST_UPDATES, MOST_UPDATES = 20, 100_000
Updates = Annotated[int, Field(ge=FEWEST_UPDATES, le=MOST_UPDATES)]
# YAML takes a bare `off` for false
Mode = Annotated[
    Literal["off", "suggest", "use"], BeforeValidator(lambda value: "off" if value is False else value)
]


class FindLearningRateOptions(ModellingSection):
    """A range test: a copy of the network is trained while the learning rate rises, and the loss watched."""

    mode: Mode = Field(
        default="off",
        description="off: no test; suggest: test, draw and print the learning rate at which the loss falls "
        "fastest; use: train with that instead of the lr of the optimizer.",
    )
    lowest: Positive = Field(default=1e-6, description="The first learning rate of the test.")
    highest: Positive = Field(
        default=10.0, description="The last one; the test ends before it where the loss explodes."
    )
    updates: Updates = Field(
        default=100,
        description="Updates of the weights between the two; where an epoch has fewer, further ones follow.",
    )

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """All of it, where nothing is tested."""
        return frozenset(cls.model_fields) if values.get("mode", "off") == "off" else frozenset()

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError("expected lowest to be below highest")
        return self
