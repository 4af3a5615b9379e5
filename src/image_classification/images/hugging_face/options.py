"""Options of data sets in the form of Hugging Face's library `datasets`."""

from typing import Annotated, Literal

from pydantic import Field

from image_classification.images.reading.options import PictureOptions
from image_classification.images.store.options import SplitOptions
from image_classification.options import NamesPlace, Section

SplitName = Literal["train", "validation", "test", "none"]
Share = Annotated[float, Field(strict=True, ge=0, lt=1, allow_inf_nan=False)]


class HuggingFaceOptions(Section):
    """A data set of the Hugging Face hub, or a copy of one on this machine."""

    path: Annotated[str, NamesPlace()] = Field(
        default="",
        description="a folder of parquet files, or one that `save_to_disk` has written; or a name on the "
        "hub, owner/name, which is downloaded (pip install -e '.[hugging-face]')",
    )
    config: str = Field(default="", description="which of its configurations; empty: the only one")
    revision: str = Field(
        default="", description="branch, tag or commit on the hub; empty: the newest. A commit never changes"
    )
    image: str = Field(default="", description="column of the images; empty: the only one that holds images")
    label: str = Field(
        default="", description="column of the classes; empty: the only one that has classes, or their name"
    )
    splits: dict[str, SplitName] = Field(
        default={},
        description="what its splits are for where their names do not say it, such as {extra: train}; none: "
        "left out. Those that say nothing are left out too",
    )
    test: Share = Field(
        default=0.2,
        description="share of the training images, of each class alike, that becomes the test set if none "
        "is given, or none that has labels; 0: none",
    )
    images: PictureOptions = Field(default=PictureOptions(), description="what every image is turned into")
    split: SplitOptions = Field(default=SplitOptions(), description="how the images are split")
