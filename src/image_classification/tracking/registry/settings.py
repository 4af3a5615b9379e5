"""Whether finished trainings are registered, and when the newest version becomes the champion."""

import re
from typing import Literal

from pydantic import Field, field_validator

from image_classification.options import Section

AUTO = "auto"
Promotion = Literal["better", "never", "force"]
# MLflow keeps these for versions
_RESERVED = re.compile(r"latest|v\d+", re.IGNORECASE)


class RegistrySettings(Section):
    """Whether finished trainings are registered, and when the newest version becomes the champion."""

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Register the model of each finished training as a new version of this name; auto: the "
        "name of the data; null: register none.",
    )
    alias: str = Field(
        default="champion",
        min_length=1,
        max_length=100,
        pattern=r"^[\w\-]+$",
        description="The alias that the best version has.",
    )
    promote: Promotion = Field(
        default="better",
        description="When a new version gets the alias. better: if it is right on more of the same test "
        "images than the version that has it, beyond chance; never; force: always, and recorded as forced.",
    )
    level: float = Field(
        default=0.05,
        gt=0,
        le=0.5,
        description="Better is: the p-value of McNemar's exact test is below this one.",
    )
    least_images: int = Field(
        default=30, ge=1, le=10**9, description="Of fewer test images nothing is concluded."
    )

    @field_validator("name")
    @classmethod
    def _is_a_name_of_the_registry(cls, name: str | None) -> str | None:
        if name and (set(name) & set("/:@") or name != name.strip() or not name.isprintable()):
            raise ValueError("expected a name without /, : and @")
        return name

    @field_validator("alias")
    @classmethod
    def _is_an_alias_of_the_registry(cls, alias: str) -> str:
        if _RESERVED.fullmatch(alias):
            raise ValueError("expected a name that is not latest or v and a number, which mean versions")
        return alias
