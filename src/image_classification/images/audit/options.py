"""What is looked for among the images of a folder before anything is learnt from them."""

from typing import Annotated, Literal

from pydantic import Field

from image_classification.options import LARGEST_FLOAT, Section

Similarity = Annotated[float, Field(strict=True, ge=0.0, le=1.0, allow_inf_nan=False)]


class AuditOptions(Section):
    """Which duplicates and oddities are found, and what happens to those that would spoil the evaluation."""

    leaks: Literal["warn", "drop", "fail"] = Field(
        default="warn",
        description="what happens to one picture, or group, in several splits, or to one picture under "
        "several labels: warn reports pictures and refuses groups; drop leaves the copies out of training "
        "(test images always stay); fail stops. drop and fail heed equal files and copies beyond doubt only",
    )
    near_duplicates: bool = Field(
        default=True,
        strict=True,
        description="look for pictures that were resized, recompressed, brightened, made grey, mirrored, "
        "turned or cropped by up to 5 %, not for equal files only; not among pictures with a side below 32 "
        "pixels, as small digits resemble one another anyway. All are compared with all: time grows with "
        "the square of their number, half a minute for 20,000 on two cores; later on only what is new is",
    )
    near_duplicate_similarity: Similarity = Field(
        default=0.93,
        description="lowest correlation between the details of near duplicates, from 0 to 1, with one laid "
        "over the other",
    )
    imbalance: Annotated[float, Field(strict=True, ge=1.0, le=LARGEST_FLOAT, allow_inf_nan=False)] = Field(
        default=10.0, description="warn if the largest class has this many times the images of the smallest"
    )

    @property
    def copies(self) -> str:
        """The rule for what a copy is, in words."""
        if not self.near_duplicates:
            return "equal files"
        return f"near duplicates from {self.near_duplicate_similarity:g}"
