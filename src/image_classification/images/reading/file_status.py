"""The status of a file that was looked at: fine, broken, or not meant to be learnt from."""

from pathlib import Path
from typing import Literal

import pandas as pd

from image_classification.errors import UserError
from image_classification.words import some_lines

OK = "ok"
_UNREADABLE = "unreadable: "
_IGNORED = "ignored: "


def unreadable(reason: str) -> str:
    """Return the status of what should be an image and cannot be read."""
    return _UNREADABLE + " ".join(reason.split())


def ignored(reason: str) -> str:
    """Return the status of a file that was never meant to be learnt from."""
    return _IGNORED + reason


def reason_of(status: str) -> str:
    """Return why a file is not learnt from: its status without the prefix."""
    return status.removeprefix(_UNREADABLE).removeprefix(_IGNORED)


def are_unreadable(statuses: "pd.Series[str]") -> "pd.Series[bool]":
    """Tell which of the statuses speak of broken images."""
    return statuses.str.startswith(_UNREADABLE)


OnBadImage = Literal["skip", "fail"]

_NAMED = 10


def refuse_bad_images(
    table: pd.DataFrame, column: str, on_bad_image: OnBadImage, path: Path, remedy: str
) -> None:
    """Refuse broken images unless they are to be skipped.

    Args:
        table: A row per file, with its name.
        column: The column of the status.
        on_bad_image: "skip" to let them pass.
        path: The folder or table, for the message.
        remedy: How to have them left out instead, for the message.

    Raises:
        UserError: Some are broken; it names the first of them, with the reasons.
    """
    bad = table[are_unreadable(table[column])]
    if on_bad_image == "skip" or bad.empty:
        return
    reasons = (f"{name}: {status}" for name, status in zip(bad["name"], bad[column], strict=True))
    lines = "\n".join(some_lines(reasons, _NAMED))
    raise UserError(
        f"{len(bad)} of the {len(table)} files of {path} should be images and cannot be read.\n{lines}\n"
        f"Repair or remove them, or have them left out: {remedy}"
    )
