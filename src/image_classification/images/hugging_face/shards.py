"""The files of a data set, parquet or Arrow: which split each is of, and its rows a few at a time."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from image_classification.errors import UserError
from image_classification.files.troubles import first_line
from image_classification.words import natural_key

ENDINGS = (".parquet", ".arrow")
# what programs call files and folders that say nothing
_SAY_NOTHING = re.compile(r"(data|part|shard|file|chunk|batch|partial|default)?[-_.\d]*", re.IGNORECASE)
_NUMBER = re.compile(r"([-_.]\d+)?([-_.]of[-_.]\d+)?$")
# the library's own cache of what was computed
_CACHED = ("cache-", "tmp", "indices-")


class Shard(NamedTuple):
    """A file of a data set.

    config: Which of several sets in the same place it is of; "" if nothing says so.
    split: What its split is called; "" if nothing says so.
    """

    path: Path
    config: str
    split: str


def find_shards(path: Path) -> list[Shard]:
    """Find the files of a data set in a folder, in natural order, or take a single file."""
    if not path.is_dir():
        return [_shard(path, path.parent)] if path.suffix.lower() in ENDINGS else []
    files = [file for ending in ENDINGS for file in path.rglob(f"*{ending}") if _counts(file, path)]
    return [_shard(file, path) for file in sorted(files, key=lambda file: natural_key(str(file)))]


def _counts(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and not file.name.startswith(_CACHED) and file.is_file()


def _shard(file: Path, folder: Path) -> Shard:
    """Tell split and configuration: `data/train-00000-of-00002.parquet`, `<config>/train/0000.parquet`, …"""
    around = [part for part in file.relative_to(folder).parent.parts if not _SAY_NOTHING.fullmatch(part)]
    split = _NUMBER.sub("", file.stem)
    if _SAY_NOTHING.fullmatch(split):
        split = around.pop() if around else ""
    return Shard(file, "/".join(around), split)


def schema_of(path: Path) -> Any:
    """Return the columns of a file.

    Raises:
        UserError: It is damaged, or something else.
    """
    try:
        if path.suffix.lower() == ".parquet":
            return pq.read_schema(path)
        with pa.memory_map(str(path)) as file:
            return pa.ipc.open_stream(file).schema
    except (OSError, pa.ArrowException, ValueError) as error:
        raise _damaged(path, error) from error


def rows_of(path: Path, columns: Sequence[str], at_once: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a file as dicts of a few columns, at most so many at once.

    Raises:
        UserError: It is damaged.
    """
    try:
        for batch in _batches(path, columns, at_once):
            for start in range(0, batch.num_rows, at_once):
                yield batch.slice(start, at_once).to_pylist()
    except (OSError, pa.ArrowException, ValueError) as error:
        raise _damaged(path, error) from error


def _batches(path: Path, columns: Sequence[str], at_once: int) -> Iterator[Any]:
    if path.suffix.lower() == ".parquet":
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=at_once, columns=list(columns))
        return
    with pa.memory_map(str(path)) as memory:
        for batch in pa.ipc.open_stream(memory):
            yield batch.select(list(columns))


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(
        f"{path} cannot be read: {first_line(error)}.\n"
        "Expected a parquet file, or one that save_to_disk of the library datasets has written."
    )
