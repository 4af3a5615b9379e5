"""What may be configured about a person's own folder of images."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from image_classification.parameters.audit import AuditParameters
from image_classification.parameters.base import Section
from image_classification.parameters.sources import ImageParameters, PositiveInt
from image_classification.parameters.table import TableParameters

ResizeMode = Literal["stretch", "crop", "letterbox"]
Layout = Literal["auto", "classes", "splits"]


def _is_range(value: object) -> object:
    if isinstance(value, str) and value in ("auto", "dtype"):
        return value
    numbers = list(value) if isinstance(value, list | tuple) else []
    if len(numbers) != 2 or any(
        isinstance(each, bool) or not isinstance(each, int | float) for each in numbers
    ):
        raise ValueError(f"expected auto, dtype or [low, high], such as [0, 4095]; found {value!r}")
    if not numbers[0] < numbers[1] or not all(map(math.isfinite, numbers)):
        raise ValueError(f"expected two numbers of which the first is smaller; found {value!r}")
    return value


ValueRangeChoice = Annotated[Literal["auto", "dtype"] | tuple[float, float], BeforeValidator(_is_range)]

# strict: a truth value is no share; a whole 0 stands for none
Share = Annotated[float, Field(strict=True, ge=0, lt=1, allow_inf_nan=False)]


# YAML reads the name of a folder such as 2019 as a number
FolderName = Annotated[str, BeforeValidator(lambda name: str(name) if type(name) is int else name)]
FolderNames = FolderName | tuple[FolderName, ...]


class FolderImageParameters(ImageParameters):
    """What every image of a folder is turned into."""

    size: PositiveInt | tuple[PositiveInt, PositiveInt] = Field(
        default=64, description="side of the square images in pixels, or [height, width]"
    )
    channels: Literal[1, 3] = Field(default=3, description="1: grey, 3: red, green and blue")
    resize: ResizeMode = Field(
        default="stretch",
        description="stretch: to the size, whatever the proportions; crop: the shorter side to the size, "
        "then the centre; letterbox: the longer side to the size, the rest black",
    )
    value_range: ValueRangeChoice = Field(
        default="auto",
        description="which numbers become black and white in images of more than 8 bits a channel. auto: "
        "those that the training images use, 0 to 255, 1023, 4095, 16383 or 65535 of whole numbers; dtype: "
        "all that their type holds, 0 to 1 of floats; or [low, high]",
    )


class FolderSplitParameters(Section):
    """How splits are made that the folder or table does not give; those that it gives stay as they are."""

    validation: Share = Field(
        default=0.1,
        description="share of the images that becomes the validation set if none is given: of every class "
        "alike, on average; 0: none",
    )
    test: Share = Field(
        default=0.2, description="share of the images that becomes the test set if none is given; 0: none"
    )
    seed: int = Field(
        default=0,
        strict=True,
        ge=0,
        description="with the content of a file it decides the split of the image, whatever other files "
        "there are: adding images never moves old ones",
    )

    @model_validator(mode="after")
    def _leaves_training_images(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("expected validation and test to be less than 1 together: none remain to train")
        return self


class SplitNames(Section):
    """Which folders are the splits: each the name of a folder, its path from image_folder.path, or a list."""

    train: FolderNames = Field(
        default="",
        description="folder or list of folders for training: names, or paths from image_folder.path, which "
        "itself is . (without the folders of the other splits); empty: found by their names",
    )
    validation: FolderNames = Field(default="", description="the same for validation")
    test: FolderNames = Field(default="", description="the same for the test")

    @model_validator(mode="before")
    @classmethod
    def _validation_has_short_names(cls, values: Any) -> Any:
        if isinstance(values, dict) and "validation" not in values:
            return {"validation" if key in ("val", "valid") else key: value for key, value in values.items()}
        return values

    @model_validator(mode="after")
    def _names_training_images(self) -> Self:
        if self.folders and "train" not in self.folders:
            raise ValueError("expected train as well, if validation or test is named")
        return self

    @property
    def folders(self) -> dict[str, tuple[str, ...]]:
        """Split -> its folders, of the splits that are named."""
        given = {"train": self.train, "validation": self.validation, "test": self.test}
        lists = {split: (names,) if isinstance(names, str) else names for split, names in given.items()}
        named = {split: tuple(name for name in names if name.strip()) for split, names in lists.items()}
        return {split: names for split, names in named.items() if names}


class ImageFolderParameters(Section):
    """A person's own images: a folder with a folder per class, or a table of files and labels."""

    path: str = Field(
        default="",
        description="the folder, <path>/<class>/… or <path>/{train,validation,test}/<class>/…, or a table "
        "(.csv, .tsv, .txt, .parquet) with the columns path, label and perhaps split",
    )
    table: TableParameters = Field(
        default=TableParameters(), description="how a table is read, if the path is one"
    )
    layout: Layout = Field(
        default="auto",
        description="auto: by the names of all folders whether they are splits or classes, with a question "
        "where two readings are likely; classes: the first level are classes, none are splits; splits: every "
        "folder with train, val, test or the like in its name is a split",
    )
    splits: SplitNames = Field(
        default=SplitNames(), description="which folders are the splits, if their names do not say it"
    )
    on_bad_image: Literal["skip", "fail"] = Field(
        default="skip",
        description="what happens to image files that cannot be read: skip leaves them out, with the reason "
        "in the image index; fail stops",
    )
    images: FolderImageParameters = Field(
        default=FolderImageParameters(), description="what every image is turned into"
    )
    audit: AuditParameters = Field(
        default=AuditParameters(), description="what is looked for before anything is learnt from the images"
    )
    split: FolderSplitParameters = Field(
        default=FolderSplitParameters(), description="how splits are made that are not given"
    )

    @model_validator(mode="after")
    def _has_splits_or_none(self) -> Self:
        if self.layout == "classes" and self.splits.folders:
            raise ValueError("expected no image_folder.splits together with image_folder.layout = classes")
        return self
