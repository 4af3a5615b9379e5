"""The options of a person's own folder of images."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from image_classification.images.audit.options import AuditOptions
from image_classification.images.reading.options import FolderImageOptions
from image_classification.options import NamesFile, NamesPlace, Section, Seed

Layout = Literal["auto", "classes", "splits"]
Split = Literal["train", "validation", "test", "none"]
Allowance = Literal["refuse", "allow"]


# strict: true is not a share; a whole 0 stands for none
Share = Annotated[float, Field(strict=True, ge=0, lt=1, allow_inf_nan=False)]


# YAML reads the name of a folder such as 2019 as a number
FolderName = Annotated[str, BeforeValidator(lambda name: str(name) if type(name) is int else name)]
FolderNames = FolderName | tuple[FolderName, ...]


def _is_encoding(name: str) -> str:
    try:
        b"a".decode(name or "utf-8", "ignore")
    except (LookupError, UnicodeError, ValueError):
        raise ValueError(f"expected an encoding that Python knows, such as cp1252; found {name!r}") from None
    return name


Encoding = Annotated[str, AfterValidator(_is_encoding)]


class FolderSplitOptions(Section):
    """How splits are made that the folder or table does not give; those that it gives stay as they are."""

    validation: Share = Field(
        default=0.1,
        description="share of the images that becomes the validation set if none is given: of every class "
        "alike, on average; 0: none",
    )
    test: Share = Field(
        default=0.2, description="share of the images that becomes the test set if none is given; 0: none"
    )
    seed: Seed = Field(
        default=0,
        description="with the content of a file it decides the split of the image, whatever other files "
        "there are: adding images never moves old ones",
    )

    @property
    def shares(self) -> dict[str, float]:
        """The share of each split that can be drawn."""
        return {"validation": self.validation, "test": self.test}

    @model_validator(mode="after")
    def _leaves_training_images(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("expected validation and test to be less than 1 together: none remain to train")
        return self


class SplitNames(Section):
    """Which folders are the splits: a name or a path from the image folder for each, or a list of them."""

    train: FolderNames = Field(
        default="",
        description="folder or list of folders for training: names, or paths from the image folder, which "
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
        """The folders of each split that is named."""
        given = {"train": self.train, "validation": self.validation, "test": self.test}
        lists = {split: (names,) if isinstance(names, str) else names for split, names in given.items()}
        named = {split: tuple(name for name in names if name.strip()) for split, names in lists.items()}
        return {split: names for split, names in named.items() if names}


class PathTableOptions(Section):
    """How a table of files is read."""

    path: str = Field(
        default="",
        description="column of the table with the files' paths, or their names without an ending; empty: "
        "path, or the one whose name or values say so",
    )
    root: Annotated[str, NamesPlace()] = Field(
        default="",
        description="folder that the paths in the table start from; empty: the folder that the table lies in",
    )
    encoding: Encoding = Field(
        default="",
        description="encoding of a text table, such as cp1252, shift_jis, gb18030, cp1251; empty: UTF-8, "
        "UTF-16 or UTF-32, else as found, and told",
    )
    separator: Literal["", "comma", "semicolon", "tab", "bar", "space"] = Field(
        default="", description="what is between the columns of a text table; empty: as found"
    )
    allow_outside: bool = Field(
        default=False,
        strict=True,
        description="read files that lie outside of that folder although their paths do not say so: relative "
        "paths with .. in them, and links. Absolute paths are read wherever they lead",
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


class ImageFolderOptions(Section):
    """A person's own images: a folder with a folder per class, or a table of files and labels."""

    path: Annotated[str, NamesPlace()] = Field(
        default="",
        description="the folder, <path>/<class>/… or <path>/{train,validation,test}/<class>/…, or a table "
        "(.csv, .tsv, .txt, .parquet) with the columns path, label and perhaps split; a zip or tar file with "
        "one of these, or part of it, photos.zip/labels.csv; or a pattern of files, '/photos/*/2024/*.jpg'. "
        "Any of these may be in a bucket, s3://<bucket>/<path>",
    )
    table: TableOptions = Field(default=TableOptions(), description="how a table is read, if the path is one")
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
    reread: Literal["changed", "all"] = Field(
        default="changed",
        description="which files are read, when not for the first time: changed, those whose size, times or "
        "number in the file system are others than in the run before, and only these are decoded and "
        "compared again; all",
    )
    images: FolderImageOptions = Field(
        default=FolderImageOptions(), description="what every image is turned into"
    )
    corrections: Annotated[str, NamesFile()] = Field(
        default="",
        description="a table (.csv, .tsv, .txt, .parquet) with the columns file and label, of images whose "
        "label is wrong: file as in the image index, label one of the classes, or leave_out; empty: none. "
        "Its path starts from the current folder or from that of the images",
    )
    corrections_of_test: Allowance = Field(
        default="refuse",
        description="what happens to corrections of test images: refuse stops, as a result that is corrected "
        "where the network is wrong looks better than it is; allow makes them, and the run is compared only "
        "with others that have the same",
    )
    corrections_of_classes: Allowance = Field(
        default="refuse",
        description="what happens to corrections with a label that no image has, or that leave a class "
        "without an image: refuse stops, allow changes the classes",
    )
    audit: AuditOptions = Field(
        default=AuditOptions(), description="what is looked for before anything is learnt from the images"
    )
    split: FolderSplitOptions = Field(
        default=FolderSplitOptions(), description="how splits are made that are not given"
    )

    @model_validator(mode="after")
    def _has_splits_or_none(self) -> Self:
        if self.layout == "classes" and self.splits.folders:
            raise ValueError("expected no splits together with layout = classes")
        return self
