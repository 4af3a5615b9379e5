"""What may be said about a table of images: which column is what, and where its paths start."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from image_classification.options import Section

Split = Literal["train", "validation", "test", "none"]


class PathTableOptions(Section):
    """How a table of files is read."""

    path: str = Field(
        default="",
        description="column of the table with the files' paths, or their names without an ending; empty: "
        "path, or the one whose name or values say so",
    )
    root: str = Field(
        default="",
        description="folder that the paths in the table start from; empty: the folder that the table lies in",
    )


class TableOptions(PathTableOptions):
    """How a table of files and labels is read."""

    label: str = Field(
        default="",
        description="column of the table with the classes; empty: label, or the one whose name says so",
    )
    split: str = Field(
        default="",
        description="column of the table that says train, validation or test; empty: split; none: no column "
        "does, splits are drawn",
    )
    split_values: dict[str, Split] = Field(
        default={},
        description="what the values of that column mean where they do not say it, such as "
        "{0: train, 1: validation, 2: test}; none: these images are left out",
    )
    group: str = Field(
        default="",
        description="column of the table; images with the same value (of one patient, one film) stay in one "
        "split; empty: each image by itself",
    )

    @field_validator("split_values", mode="before")
    @classmethod
    def _names_values_as_text(cls, value: object) -> object:
        # YAML reads 0 and true as what they are, while the cells of a table are text
        return {str(key): split for key, split in value.items()} if isinstance(value, Mapping) else value
