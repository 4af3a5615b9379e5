"""Plan the image dict of a folder: its files are decoded by all cores, straight into the store."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from image_classification.files.paths import is_file
from image_classification.images.audit.near.detail_pictures import detail_of
from image_classification.images.audit.near.evidence import DETAIL_SIDE
from image_classification.images.audit.near.thumbnails import small_picture
from image_classification.images.folder.archives.kinds import without_ending
from image_classification.images.folder.image_files import folder_of
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.deep_pixels import is_deep
from image_classification.images.reading.file_status import OK, OnBadImage, refuse_bad_images, unreadable
from image_classification.images.reading.memory import MemoryBudget, budget_of
from image_classification.images.reading.options import FolderImageOptions, ResizeMode
from image_classification.images.reading.pixels import fit
from image_classification.images.reading.value_survey import choose_value_range
from image_classification.images.store.filling.image_block import ImageBlock
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import ImageDictPlan, store_digest
from image_classification.threads import map_in_threads
from image_classification.value_range import ValueRange
from image_classification.words import natural_key, printable

# counted up when the decoder changes, or anything that gives other pixels for the same file and parameters
_DECODER = 3
_MORE_MEMORY = 16.0  # GiB, as an example
_WHOLE_SIDE, _HARDLY_CROPPED = 64, 0.98


@dataclass
class _FillFromFiles:
    path: Path
    files: pd.DataFrame
    parameters: FolderImageOptions
    on_bad_image: OnBadImage

    @cached_property
    def deep(self) -> pd.DataFrame:
        """The files of more than 8 bits a channel."""
        return self.files[self.files["mode"].map(is_deep).astype(bool)]

    @cached_property
    def budget(self) -> MemoryBudget:
        """The memory that all threads share."""
        remedy = FolderImageOptions.setting(decode_memory=_MORE_MEMORY)
        return budget_of(self.parameters.decode_memory, remedy)

    @cached_property
    def value_range(self) -> ValueRange | None:
        if self.deep.empty:
            return None
        # what is not given as validation or test may become a training image
        are_training = ~self.deep["given_split"].isin(["validation", "test"])
        names, chosen = self.deep["name"].tolist(), self.parameters.value_range
        return choose_value_range(folder_of(self.path), names, are_training.tolist(), chosen, self.budget)

    def __call__(
        self, block: ImageBlock, advance: Callable[[int], None], rows: Sequence[int] | None = None
    ) -> Sequence[str]:
        folder, names = folder_of(self.path), self.files["name"].tolist()
        _, channels, height, width = block.shape
        value_range, budget, options = self.value_range, self.budget, self.parameters
        is_whole = options.resize == "stretch" and block.look.small is not None

        def decode(row: int) -> str:
            shape = channels, height, width
            try:
                image = decode_image(
                    folder / names[row],
                    shape,
                    options.resize,
                    value_range,
                    budget,
                    interpolation=options.kernel,
                )
            except UnreadableImageError as error:
                return unreadable(str(error))
            if is_whole:  # for the audit; later the pixels are no longer at hand
                block.look.see_small(row, small_picture(image))
            block.write(row, image[None].numpy())
            return OK

        rows = range(len(names)) if rows is None else rows
        status = [OK] * len(names)
        for row, found in zip(rows, map_in_threads(decode, rows, advance), strict=True):
            status[row] = found
        table = pd.DataFrame({"name": names, "status": status}, dtype="str")
        remedy = ImageFolderOptions.setting(on_bad_image="skip")
        refuse_bad_images(table, "status", self.on_bad_image, self.path, remedy)
        return status


def plan_folder_images(
    image_files: pd.DataFrame,
    path: Path,
    parameters: FolderImageOptions,
    on_bad_image: OnBadImage = "skip",
) -> ImageDictPlan:
    """Plan an image dict of the files with the header of an image, in the order of the table.

    An image that turns out to be broken when it is decoded keeps its row, black, and the reason as status.
    The digest depends on names, contents, classes and splits of the files and on the parameters, so the
    store is built again exactly if one of these has changed.

    Args:
        image_files: As `index_image_files` made it.
        path: The folder or table that it was made from.
        parameters: Size, channels and how images are made to fit.
        on_bad_image: "fail" to keep what was there before if an image cannot be decoded.
    """
    files = image_files[image_files["header_status"] == OK]
    class_names = sorted(files["class_name"].unique(), key=natural_key)
    label_of = {name: label for label, name in enumerate(class_names)}
    size = parameters.height_and_width
    fill = _FillFromFiles(path, files, parameters, on_bad_image)
    # what auto decides follows from the files
    facts = parameters.facts | {"value_range": None if fill.deep.empty else parameters.value_range}
    return ImageDictPlan(
        names=files["name"].tolist(),
        labels=np.array([label_of[name] for name in files["class_name"]], dtype=np.int64),
        class_names=class_names,
        given_splits=files["given_split"].tolist(),
        data_name=data_name(path),
        image_shape=(parameters.channels, *size),
        digest=store_digest(_files_digest(files), name=data_name(path), **facts, decoder=_DECODER),
        fill=fill,
        fill_rows=fill,
        made_from=files["sha256"].tolist(),
        recipe=store_digest("", **parameters.facts, decoder=_DECODER),
        resize=parameters.resize,
        interpolation=parameters.kernel,
        value_range=lambda: fill.value_range,
    )


def detail_reader(path: Path, images: ImageDict) -> Callable[[int], Tensor]:
    """Return a function that gives the picture of a row, stretched to (3, 128, 128) uint8, for its details.

    It is read anew from its file, unless the image dict has it whole and larger.
    """
    folder, size = folder_of(path), (DETAIL_SIDE, DETAIL_SIDE)
    channels, *sides = images.image_shape
    if channels == 3 and min(sides) >= DETAIL_SIDE and images.resize == "stretch":
        return lambda row: detail_of(images.images[row])

    def read(row: int) -> Tensor:
        try:
            return decode_image(folder / images.names[row], (3, *size), "stretch", images.value_range)
        except UnreadableImageError:  # gone since: what was made of it has to do
            return detail_of(images.images[row])

    return read


def whole_reader(path: Path, images: ImageDict, image_files: pd.DataFrame) -> Callable[[int], Tensor] | None:
    """Return a function that gives all of the picture of a row, small; None if the image dict has all of it.

    The bars of a letterbox are cut off; what was cropped is read anew from its file, unless that is hardly
    anything.

    Args:
        path: The folder or table of the files.
        images: What was made of them.
        image_files: Their sizes: name, width, height.
    """
    if images.resize == "stretch":
        return None
    folder, (channels, *side) = folder_of(path), images.image_shape
    sizes = image_files.set_index("name").loc[images.names, ["height", "width"]].to_numpy(dtype=np.int64)
    resize: ResizeMode = "crop" if images.resize == "crop" else "letterbox"

    def whole(row: int) -> Tensor:
        image, (height, width) = images.images[row], sizes[row].tolist()
        box, (rows, columns) = fit(height, width, (side[0], side[1]), resize)
        if resize == "letterbox":
            top, left = (side[0] - rows) // 2, (side[1] - columns) // 2
            return image[:, top : top + rows, left : left + columns]
        if box.height * box.width >= _HARDLY_CROPPED * height * width:
            return image
        try:
            small = (channels, _WHOLE_SIDE, _WHOLE_SIDE)
            return decode_image(folder / images.names[row], small, "stretch", images.value_range)
        except UnreadableImageError:  # gone since: what was made of it has to do
            return image

    return whole


def data_name(path: Path) -> str:
    """Return the name of the data: that of its folder or table, or of the archive that it was in."""
    resolved = path.resolve()
    return printable(resolved.stem if is_file(resolved) else without_ending(resolved.name) or "images")


def _files_digest(files: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for column in ("name", "sha256", "class_name", "given_split"):
        digest.update("\0".join([column, *files[column], ""]).encode())
    return digest.hexdigest()
