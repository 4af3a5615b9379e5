"""The parts of classified images on the disk: each is written whole, and named after what is in it."""

import hashlib
import io
import json
import logging
import os
import re
import shutil
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from image_classification.errors import UserError
from image_classification.files import replacing
from image_classification.files.troubles import cannot_be_written

logger = logging.getLogger(__name__)

RECORD = "classified.json"
SUSPECTS = b"image_classification.suspects"
_DIGITS = 16
_IDENTITY = re.compile(r"[0-9a-f]{16}")


class PartStore:
    """A folder of the parts of one work; their names have digests of what is in them.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208  (a thousand)
        self._names = {name.partition("-")[0]: name for name in sorted(names) if name.endswith(".parquet")}

    def name(self, number: int) -> str | None:
        """Return the name of a part if it is there and whole; one that is damaged is made again."""
        name = self._names.get(f"{number:06d}")
        if name is None:
            return None
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            return None
        if is_whole(name, content):
            return name
        logger.warning("%s is damaged: it is made again.", self.folder / name)
        (self.folder / name).unlink(missing_ok=True)
        return None

    def write(self, number: int, rows: pa.Table, suspects: list[str]) -> str:
        """Write a part, and return its name.

        Args:
            number: Of the part.
            rows: What is in it.
            suspects: Files whose numbers seem to have another range than those of the training images.
        """
        content = io.BytesIO()
        about = {SUSPECTS: json.dumps(suspects).encode()}
        pq.write_table(rows.replace_schema_metadata(about), content, compression="zstd")
        name = f"{number:06d}-{_digest(content.getvalue())}.parquet"
        with replacing(self.folder / name, len(content.getvalue())) as temporary:
            temporary.write_bytes(content.getvalue())
        return name


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def is_whole(name: str, content: bytes) -> bool:
    """Whether this is what was written to the part of a name."""
    return _digest(content) == name.removesuffix(".parquet").partition("-")[2]


def clear_other_works(home: Path, identity: str) -> None:
    """Remove the record and the parts of other works than this one, which begins.

    Raises:
        UserError: They may not be removed.
    """
    try:
        (home / RECORD).unlink(missing_ok=True)
        for folder in home.iterdir() if home.is_dir() else ():
            is_ours = bool(_IDENTITY.fullmatch(folder.name)) and folder.name != identity
            if is_ours and folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder)
    except OSError as error:
        raise UserError(cannot_be_written(home, error.errno, reason=error.strerror or "")) from error
