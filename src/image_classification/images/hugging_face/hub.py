"""Getting a data set from the Hugging Face hub, by its own library, into that library's own folder."""

import logging
import os
import re
from pathlib import Path
from typing import Any

from image_classification.errors import UserError
from image_classification.files.troubles import first_line
from image_classification.images.hugging_face.options import HuggingFaceOptions
from image_classification.images.hugging_face.shards import Shard
from image_classification.words import some

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)?")
_CHOICES = re.compile(r"\[(.*?)\]", re.DOTALL)


def is_name(text: str) -> bool:
    """Whether a text may be the name of a data set on the hub: `owner/name`, or `name` of the oldest."""
    return _NAME.fullmatch(text) is not None and not text.endswith((".zip", ".parquet", ".csv"))


def download(options: HuggingFaceOptions) -> list[Shard]:
    """Download a data set, unless the library has it already, and return its files.

    No code of a data set is run: the library knows no such thing any more (from 4.0 on). HF_HUB_OFFLINE=1
    keeps it to what is there, HF_HOME says where that is.

    Raises:
        UserError: The library is not installed, the hub cannot be reached, or there is no such data set.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if _is_on("HF_DATASETS_OFFLINE"):  # its name before there were other things on the hub
        os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import datasets  # noqa: PLC0415  (a second, and not everybody has it)
    except ImportError as error:
        raise UserError(
            f"{HuggingFaceOptions.named('path')} = {options.path} is downloaded by the library datasets, "
            "which is not installed: pip install -e '.[hugging-face]'\nOr name a folder that holds a copy."
        ) from error
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it warns of each try again
    logger.info("Loading %s from the Hugging Face hub, or from what was loaded before.", options.path)
    try:
        loaded = datasets.load_dataset(
            options.path, options.config or None, revision=options.revision or None
        )
    except Exception as error:  # of the library, of the hub, of the network
        raise UserError(_why(error, options)) from error
    return shards_of(loaded, options.config)


def shards_of(loaded: Any, config: str = "") -> list[Shard]:
    """Return the Arrow files that a data set of the library lies in, in their order."""
    return [
        Shard(Path(file["filename"]), config, str(split))
        for split, rows in loaded.items()
        for file in rows.cache_files
    ]


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").upper() in {"1", "ON", "YES", "TRUE"}


def _why(error: Exception, options: HuggingFaceOptions) -> str:
    what = f"The data set {options.path} of the Hugging Face hub ({HuggingFaceOptions.named('path')})"
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "Config name is missing" in str(error) or "BuilderConfig" in str(error):
        found = _CHOICES.search(str(error))
        names = some(re.findall(r"'([^']*)'", found[1]), 20) if found else "several"
        return f"{what} has these configurations: {names}.\nSay which one: {options.setting(config='<name>')}"
    if "ConnectionError" in kinds or "OfflineModeIsEnabled" in kinds:
        why = "HF_HUB_OFFLINE is set" if _is_on("HF_HUB_OFFLINE") else "the hub cannot be reached"
        return (
            f"{what} is not on this machine, and {why}.\nConnect to the network, or name a folder that holds "
            f"a copy: {options.setting(path='<folder>')}"
        )
    return (
        f"{what} cannot be loaded: {first_line(error)}.\nExpected a name as on huggingface.co/datasets, "
        "owner/name, of a set that you may read; or a folder that holds a copy."
    )
