"""The paths of people's own files, which only a person can name."""

from pathlib import Path

from image_classification.errors import UserError
from image_classification.paths import exists, with_home
from image_classification.suggestions import did_you_mean, nearest_names

EXPECTED = {
    "image_folder.path": "a folder with a folder of images per class, or a table of files: "
    "--params image_folder.path=<folder>",
    "inference.images": "a folder of images, a table of files, or one image: "
    "--params inference.images=<folder>",
}
"""Parameter -> what it has to name."""


def given_path(parameter: str, value: str) -> Path:
    """The path that a parameter names; ~ is the home folder.

    Raises:
        UserError: It names nothing, or nothing that exists: then with the nearest names that do.
    """
    if not value:
        raise UserError(f"{parameter} names nothing yet.\nExpected {EXPECTED[parameter]}")
    path = with_home(value)
    if exists(path):
        return path
    missing = path.absolute()
    while missing != missing.parent and not exists(missing.parent):
        missing = missing.parent
    try:
        siblings = [entry.name for entry in missing.parent.iterdir()]
    except OSError:
        siblings = []
    nearest = [str(missing.parent / name) for name in nearest_names(missing.name, siblings)]
    raise UserError(
        f"{parameter} = {value}: there is no {missing}{did_you_mean(nearest)}\nExpected {EXPECTED[parameter]}"
    )
