"""What to do about image files that cannot be read."""

from pathlib import Path
from typing import Literal

import pandas as pd

from image_classification.errors import UserError
from image_classification.images.file_status import are_unreadable

OnBadImage = Literal["skip", "fail"]

_NAMED = 10


def refuse_bad_images(table: pd.DataFrame, column: str, on_bad_image: OnBadImage, path: Path) -> None:
    """Stop if some images are broken and that is to be an error.

    Args:
        table: A row per file, with its name.
        column: Where the status of each is.
        on_bad_image: "skip" to go on.
        path: The folder or table, for the message.

    Raises:
        UserError: Naming the first of them with the reasons.
    """
    bad = table[are_unreadable(table[column])]
    if on_bad_image == "skip" or bad.empty:
        return
    lines = [f"  {name}: {status}" for name, status in zip(bad["name"], bad[column], strict=True)][:_NAMED]
    if len(bad) > _NAMED:
        lines.append(f"  … and {len(bad) - _NAMED} more")
    raise UserError(
        "\n".join(
            [
                f"{len(bad)} of the {len(table)} files of {path} should be images and cannot be read.",
                *lines,
                "Repair or remove them, or have them left out: --params image_folder.on_bad_image=skip",
            ]
        )
    )
