"""The folder of all data as it may be written: ~ is the home folder wherever that is done."""

from image_classification.errors import UserError
from image_classification.files.paths import shortened, with_home

NAME = "data_folder"


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
