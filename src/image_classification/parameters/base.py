"""The base of every section of the parameters."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of parameters that knows exactly which keys it has; every other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
