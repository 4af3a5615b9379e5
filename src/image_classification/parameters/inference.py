"""What may be configured about classifying new images."""

from typing import Literal

from pydantic import Field

from image_classification.parameters.base import Section
from image_classification.parameters.sources import PositiveInt
from image_classification.parameters.table import PathTableParameters


class InferenceParameters(Section):
    """Classifying images with the network that was trained last."""

    images: str = Field(
        default="",
        description="the folder of new images, whatever folders it has inside; a table of files (.csv, .tsv, "
        ".txt, .parquet); or one image",
    )
    table: PathTableParameters = Field(
        default=PathTableParameters(), description="how a table is read, if images is one"
    )
    probabilities: Literal["best", "all"] = Field(
        default="best",
        description="best: the probability of the most probable class; all: a column `probability: <class>` "
        "for each class as well",
    )
    batch_size: PositiveInt = Field(
        default=256, description="images that are decoded and classified at once; no effect on results"
    )
