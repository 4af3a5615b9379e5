"""Planning the images of a data set in the form of Hugging Face's library `datasets`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from image_classification.errors import UserError
from image_classification.files.paths import exists
from image_classification.images.hugging_face.columns import Columns, choose_columns, image_columns
from image_classification.images.hugging_face.hub import download, is_name
from image_classification.images.hugging_face.options import HuggingFaceOptions
from image_classification.images.hugging_face.rows import Used, digest_of, read_rows
from image_classification.images.hugging_face.shards import ENDINGS, Shard, find_shards, rows_of, schema_of
from image_classification.images.hugging_face.splits import Row, split_meanings
from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.file_status import OK, unreadable
from image_classification.images.reading.options import PictureOptions
from image_classification.images.store.filling.image_block import ImageBlock
from image_classification.images.store.image_store import ImageDictPlan, store_digest
from image_classification.images.store.source import SOURCES
from image_classification.remote.fetched import here
from image_classification.threads import map_in_threads
from image_classification.words import printable, some

_AT_ONCE = 64  # images whose files are in memory
_ELSEWHERE = "its content is not in the data set"
_LOOKED_AT = 1000  # a copy has few files
# counted up when rows are named or decoded in another way
_FORMAT = 1


@SOURCES.register("hugging_face", HuggingFaceOptions)
def plan_hugging_face(options: HuggingFaceOptions) -> ImageDictPlan:
    """Plan the images of a folder of parquet or Arrow files, or of a name on the hub, which is downloaded.

    Raises:
        UserError: There is nothing, or it is not clear what of it is meant.
    """
    path = here(options.path)
    is_local = bool(options.path) and exists(path)
    shards = _of_one_config(_local(path) if is_local else _of_hub(options), options)
    name = printable(path.stem if path.is_file() else path.resolve().name) if is_local else options.path
    meaning = split_meanings([shard.split for shard in shards], options, name)
    shards = [shard for shard in shards if meaning[shard.split] != "none"]
    columns = _columns(shards, options, name)
    used = read_rows(shards, meaning, columns, options, name)
    rows = used.flat()
    label_of = {class_name: label for label, class_name in enumerate(used.class_names)}
    return ImageDictPlan(
        names=[row.name for row in rows],
        labels=np.array([label_of[row.class_name] for row in rows], dtype=np.int64),
        class_names=list(used.class_names),
        given_splits=[row.split for row in rows],
        data_name=name.rpartition("/")[2],
        image_shape=(options.images.channels, *options.images.height_and_width),
        digest=store_digest(
            digest_of(used.shards),
            columns=columns[:2],
            splits=[(shard.split, meaning[shard.split]) for shard in shards],
            drawn=[options.test, options.split.seed] if options.test else None,
            **options.images.facts,
            version=_FORMAT,
        ),
        # what the library has downloaded may lie beside its own files
        fill=_Fill(used, columns, options.images, may_name_files=not is_local),
        resize=options.images.resize,
        interpolation=options.images.kernel,
    )


def is_copy(path: Path) -> bool:
    """Whether a folder or file is a copy of such a data set: parquet or Arrow files with images in them."""
    near = [path] if path.is_file() else islice(path.rglob("*"), _LOOKED_AT)
    shard = next((file for file in near if file.suffix.lower() in ENDINGS and file.is_file()), None)
    try:
        return shard is not None and bool(image_columns(schema_of(shard)))
    except UserError:
        return False


def _local(path: Path) -> list[Shard]:
    if shards := find_shards(path):
        return shards
    raise UserError(
        f"{HuggingFaceOptions.named('path')} = {path}: there is no file {' or '.join(ENDINGS)} in it.\n"
        "Expected a folder of parquet files, or one that save_to_disk of the library datasets has written."
    )


def _of_hub(options: HuggingFaceOptions) -> list[Shard]:
    if is_name(options.path):
        return download(options)
    what = HuggingFaceOptions.model_fields["path"].description
    named = options.named("path")
    found = (
        f"{named} = {options.path}: there is no such folder" if options.path else f"{named} names nothing yet"
    )
    raise UserError(f"{found}.\nExpected {what}: {options.setting(path='<path>')}")


def _of_one_config(shards: list[Shard], options: HuggingFaceOptions) -> list[Shard]:
    configs = list(dict.fromkeys(shard.config for shard in shards))
    wanted = options.config if options.config or len(configs) != 1 else configs[0]
    chosen = [shard for shard in shards if shard.config == wanted]
    if chosen:
        return chosen
    raise UserError(
        f"{HuggingFaceOptions.named('config')} = {options.config or 'nothing'}: the data set has "
        f"{some((each or '(no name)' for each in configs), 20)}.\n"
        f"Say which one: {options.setting(config=next(filter(None, configs), '<name>'))}"
    )


def _columns(shards: Sequence[Shard], options: HuggingFaceOptions, name: str) -> Columns:
    """Choose the columns, which are those of all files.

    Raises:
        UserError: They are not clear, or files differ in them, or in the names of the classes.
    """
    first = choose_columns(schema_of(shards[0].path), options, name)
    for shard in shards[1:]:
        other = choose_columns(schema_of(shard.path), options, name)
        if other != first:
            what = "columns" if other[:2] != first[:2] else "names of classes"
            raise UserError(
                f"The files of {name} have different {what}: {shards[0].path} {first[:2]}, "
                f"{some(first.class_names)}; {shard.path} {other[:2]}, {some(other.class_names)}.\n"
                f"Expected the files of one data set; or say which configuration: "
                f"{options.setting(config='<name>')}"
            )
    return first


@dataclass
class _Fill:
    used: Used
    columns: Columns
    options: PictureOptions
    may_name_files: bool

    def __call__(self, block: ImageBlock, advance: Callable[[int], None]) -> Sequence[str]:
        status: list[str] = []
        for shard, rows in zip(self.used.shards, self.used.rows, strict=True):
            place = 0
            for found in rows_of(shard.path, [self.columns.image], _AT_ONCE):
                named: list[Row | None] = list(rows[place : place + len(found)])
                images = [
                    (len(status) + number, each[self.columns.image])
                    for number, each in enumerate(
                        each for each, row in zip(found, named, strict=True) if row is not None
                    )
                ]
                place += len(found)
                status += map_in_threads(lambda item: self._write(block, *item), images, advance)
        if set(status) == {unreadable(_ELSEWHERE)}:
            raise UserError(
                f"None of the {len(status)} images is in {self.used.shards[0].path} or the files beside it: "
                "they only say where the images were.\nExpected their content too, as save_to_disk of the "
                "library datasets writes it; or name the folder of the images as that of any images."
            )
        return status

    def _write(self, block: ImageBlock, row: int, image: Any) -> str:
        try:
            content = self._content(image)
            name = Path(str((image.get("path") if isinstance(image, dict) else None) or "image.png"))
            shape, kernel = block.shape[1:], self.options.kernel
            decoded = decode_image(name, shape, self.options.resize, content=content, interpolation=kernel)
        except (UnreadableImageError, OSError) as error:
            return unreadable(str(error))
        block.write(row, decoded[None].numpy())
        return OK

    def _content(self, image: Any) -> bytes:
        """Return the content of a picture file, which stands in the row or, downloaded, beside it."""
        if isinstance(image, bytes):
            return image
        if isinstance(image, dict) and image.get("bytes"):
            return bytes(image["bytes"])
        path = image.get("path") if isinstance(image, dict) else None
        if path and self.may_name_files:
            return Path(path).read_bytes()
        raise UnreadableImageError(_ELSEWHERE if path else "there is no image")
