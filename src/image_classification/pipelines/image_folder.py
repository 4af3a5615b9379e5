"""The pipeline `image_folder`: a person's own images, from their folder to the datasets for torch."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from kedro.pipeline import Node, Pipeline

from image_classification.images.audit import audit as auditing
from image_classification.images.audit.near.memory import PictureMemory
from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.corrections.corrected import correct_files
from image_classification.images.folder.corrections.table import corrections_path
from image_classification.images.folder.folder_images import detail_reader, plan_folder_images, whole_reader
from image_classification.images.folder.folder_split import make_folder_index
from image_classification.images.folder.headers.header import read_header
from image_classification.images.folder.headers.known import KnownFiles
from image_classification.images.folder.image_files import folder_of, index_image_files
from image_classification.images.folder.layout.decision import LayoutChoice
from image_classification.images.folder.new_images import find_new_images
from image_classification.images.folder.options import (
    Allowance,
    FolderSplitOptions,
    ImageFolderOptions,
    Layout,
    SplitNames,
    TableOptions,
)
from image_classification.images.folder.places.opened import PlacePlan
from image_classification.images.folder.places.place import ImagePlace, given_place, what_is_read
from image_classification.images.reading.file_status import OK, OnBadImage, refuse_bad_images
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.split import refuse_torn_groups
from image_classification.inference.options import InferenceOptions
from image_classification.origins.declared import depends_on
from image_classification.origins.source import digest
from image_classification.pipelines import image_source

logger = logging.getLogger(__name__)


def create_pipeline() -> Pipeline:
    """From a person's folder to `image_folder.train_set`, `.validation_set` and `.test_set`."""
    opened = Node(open_image_place, "params:path", "place", name="open_image_place")
    index = Node(
        index_image_folder,
        [
            "place",
            "file_memory_before",
            *_options("path", "layout", "splits", "table", "on_bad_image", "audit", "reread"),
            *_options("corrections", "corrections_of_test", "corrections_of_classes"),
        ],
        ["image_files", "file_memory"],
        name="index_image_folder",
    )
    build = Node(
        build_image_dict,
        ["image_files", "place", *_options("images", "on_bad_image")],
        "images",
        name="build_image_dict",
    )
    audit = Node(
        audit_images,
        ["image_files", "images", "place", "audit_memory_before", *_options("audit", "reread")],
        ["audit_table", "audit_marks", "audit_figure", "audit_memory"],
        name="audit_images",
    )
    split = Node(
        split_images,
        [
            *("image_files", "images", "audit_marks", "split_memory_before", "place"),
            *_options("split", "on_bad_image", "corrections_of_test"),
        ],
        ["image_index", "split_memory"],
        name="split_images",
    )
    return image_source.in_namespace("image_folder", [opened, index, build, audit, split], with_index=True)


def _options(*names: str) -> list[str]:
    return [f"params:{name}" for name in names]


@depends_on(outside=lambda given: what_is_read(given_place(given["path"])))
def open_image_place(path: str) -> PlacePlan:
    """Plan where the images are read: a folder or table stays where it is, an archive is unpacked."""
    return PlacePlan(given_place(path))


def _pictures(given: Mapping[str, Any]) -> Sequence[Path]:
    place = given_place(given["path"])
    named = TableOptions(**given["table"])
    corrections = corrections_path(given["corrections"], place.beside)
    if read := what_is_read(place):
        return [*read, *([corrections] if corrections else [])]
    found = (file.path for file in find_new_images(place.path, named).files)
    return [place.path, *([corrections] if corrections else []), *found]


@depends_on(outside=_pictures)
def index_image_folder(
    place: ImagePlace,
    file_memory_before: pd.DataFrame,
    path: str,  # noqa: ARG001  (declared above: what is read there)
    layout: Layout,
    splits: SplitNames,
    table: TableOptions,
    on_bad_image: OnBadImage,
    audit: AuditOptions,
    reread: Literal["changed", "all"] = "changed",
    corrections: str = "",
    corrections_of_test: Allowance = "refuse",
    corrections_of_classes: Allowance = "refuse",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List every file: its class, given split, checksum and size, or why it is not an image.

    Classes are those of the folder or table, or those of the table of corrections, where it has others. What
    was found in files that nobody has written since an earlier run is taken from the memory of that.
    """
    choice = LayoutChoice(layout, splits.folders)
    corrected = corrections_path(corrections, place.beside)
    known = KnownFiles(
        folder_of(place.path),
        file_memory_before if reread == "changed" else None,
        made_by=image_source.code_digest(read_header),
    )
    image_files = index_image_files(place, on_bad_image, table, choice, _to_classify, corrected, known)
    if corrected:
        image_files = correct_files(
            image_files,
            corrected,
            folder_of(place.path),
            of_test=corrections_of_test,
            of_classes=corrections_of_classes,
        )
    if audit.leaks != "drop":
        # before anything is decoded
        refuse_torn_groups(
            image_files[image_files["header_status"] == OK], AuditOptions.setting(leaks="drop")
        )
    return image_files, known.table


def _to_classify(folder: Path) -> str:
    command = f"kedro run --pipeline inference {InferenceOptions.setting(images=str(folder))}"
    return f"To classify the pictures in {folder} after training: {command}"


def build_image_dict(
    image_files: pd.DataFrame, place: ImagePlace, images: FolderImageOptions, on_bad_image: OnBadImage
) -> ImageDictPlan:
    """Plan the image dict, name -> {label: image}, resized; saving the plan fills the store if it has to."""
    return image_source.with_code(plan_folder_images(image_files, place.path, images, on_bad_image))


def audit_images(
    image_files: pd.DataFrame,
    images: ImageDict,
    place: ImagePlace,
    audit_memory_before: PictureMemory | None,
    audit: AuditOptions,
    reread: Literal["changed", "all"] = "changed",
) -> tuple[pd.DataFrame, pd.DataFrame, Any, PictureMemory]:
    """Look for what spoils a result: copies in several splits or with several labels, and odd images.

    Returns the findings, a row each; the marks of each image that the split heeds; a picture of it all, a
    figure of matplotlib; and what comparing pictures has shown, for the next time.
    """
    # it imports matplotlib, a fifth of a second, for those alone who audit
    from image_classification.images.audit.figure import audit_figure  # noqa: PLC0415

    found = auditing.audit_images(
        image_files,
        images,
        audit,
        read=detail_reader(place.path, images),
        whole=whole_reader(place.path, images, image_files),
        before=audit_memory_before if reread == "changed" else None,
        made_by=_compared_by(images),
    )
    for sentence in found.summary:
        logger.warning("Audit: %s", sentence)
    return found.table, found.marks, audit_figure(found, image_files, images), found.memory


def _compared_by(images: ImageDict) -> str:
    """Return a digest of the code and the options by which pictures are compared."""
    code = image_source.code_digest(auditing.audit_images, plan_folder_images)
    options = (images.image_shape, images.resize, images.interpolation, images.value_range)
    return digest(repr((code, options)).encode())


def split_images(
    image_files: pd.DataFrame,
    images: ImageDict,
    audit_marks: pd.DataFrame,
    split_memory_before: pd.DataFrame,
    place: ImagePlace,
    split: FolderSplitOptions,
    on_bad_image: OnBadImage,
    corrections_of_test: Allowance = "refuse",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put every image into the training, the validation or the test set, or say why it is in none.

    Splits that the folder gives stay; the others are drawn by a hash of seed and content. Copies of a
    picture stay together. Images that an earlier run has split stay where they are, unless they now belong
    to others in another way, and are remembered for the next run. Corrections move no image.
    """
    made = make_folder_index(
        image_files,
        images,
        split,
        marks=audit_marks,
        memory=split_memory_before,
        corrections_of_test=corrections_of_test,
    )
    # the images may be those of an earlier run, which left the broken ones out
    remedy = ImageFolderOptions.setting(on_bad_image="skip")
    refuse_bad_images(made.index, "left_out_reason", on_bad_image, place.shown, remedy)
    return made.index, made.memory
