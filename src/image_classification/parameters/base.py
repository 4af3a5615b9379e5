"""The base of every section of the parameters."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of parameters that knows exactly which keys it has; every other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @classmethod
    def without_effect(cls, values: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG003
        """The options that do nothing beside these values, as what they belong to is off.

        They are left out of the record of a run: two runs that differ in nothing else are the same.
        """
        return frozenset()
