"""The folder of all data as it may be written: ~ is the home folder wherever that is done."""

from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.paths import shortened, with_home

NAME = "data_folder"
# what a project has beside its data, and what its tools make there
OTHERS = ("conf", "src", "tests", "notebooks", "build", "dist", "mlartifacts", "mlpending")


def path_of_data(written: object, origin: str) -> str:
    """Return the path of the data folder, with ~ replaced by the home folder.

    Args:
        written: what was given for it.
        origin: where, for messages.

    Raises:
        UserError: it is no path of a folder on this machine, or begins with the ~ of nobody.
    """
    if isinstance(written, int) and not isinstance(written, bool):
        written = str(written)  # such as a year
    if not isinstance(written, str) or not written.strip():
        shown = "nothing (as ~ without quotes is)" if written is None else shortened(repr(written))
        raise UserError(f"{NAME} (from {origin}) is {shown}, expected the path of a folder.")
    what = f"{NAME} (from {origin}) is {shortened(written)}, which"
    if "://" in written:
        raise UserError(f"{what} is not a folder on this machine, as this project needs it.")
    folder = str(with_home(written)) if written.startswith("~") else written
    if folder.startswith("~"):
        raise UserError(
            f"{what} begins with the home folder of somebody whom this machine does not know.\n"
            f"If a folder is called that, write ./{shortened(written)}"
        )
    return folder


def require_place_for_data(folder: str, project: Path) -> None:
    """Refuse a data folder that is the project, or in a folder of it which is for something else.

    Raises:
        UserError: naming that.
    """
    place, root = (project / folder).resolve(), project.resolve()
    inside = place.relative_to(root).parts if place.is_relative_to(root) else ("elsewhere",)
    if inside and inside[0] not in OTHERS and not inside[0].startswith("."):
        return
    there = f"in {inside[0]}, which is not for data" if inside else "the folder of the project itself"
    raise UserError(
        f"{NAME} is {shortened(folder)}, {there}.\nExpected a folder of its own, such as data or ~/data."
    )


def require_outside_of_images(folder: str, project: Path, images: Path) -> None:
    """Refuse a data folder that is the folder of the images or in it: it would be taken for classes.

    Raises:
        UserError: naming both.
    """
    place = (project / folder).resolve()
    if images.is_dir() and place.is_relative_to(images.resolve()):
        raise UserError(
            f"{NAME} is {shortened(folder)}, in the folder of the images {shortened(str(images))}: what is "
            f"written there would be taken for images of classes.\nExpected a folder outside: "
            f"--params {NAME}=<folder>"
        )
