"""The folder of all data as it may be written: ~ is the home folder wherever that is done."""

from contextlib import ExitStack, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from image_classification.errors import UserError
from image_classification.files.paths import shortened, with_home

NAME = "data_folder"
# the folder of locks in it, by which it is known
LOCKS = ".locks"
# of git, in a data folder that a run has made: nothing in it belongs into a repository, nor this file
_IGNORED = ".gitignore"
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


def make_data_folder(folder: Path) -> None:
    """Make the folder of all data if there is none, so that git leaves it alone.

    Raises:
        OSError: it cannot be made.
    """
    is_new = not folder.exists() or not any(folder.iterdir())
    (folder / LOCKS).mkdir(parents=True, exist_ok=True)
    if is_new:
        _ignore(folder)


def remove_if_unused(folder: Path) -> None:
    """Remove a data folder in which nothing is but what runs begin with, unless another one begins there."""
    with suppress(OSError, Timeout), ExitStack() as held:
        if not {entry.name for entry in folder.iterdir()} <= {LOCKS, _IGNORED}:
            return
        locks = [
            held.enter_context(FileLock(path, blocking=False)) for path in (folder / LOCKS).glob("*.lock")
        ]
        for lock in locks:  # who waits for one that is removed takes a new one
            Path(lock.lock_file).unlink()
        (folder / LOCKS).rmdir()
        (folder / _IGNORED).unlink(missing_ok=True)
        try:
            folder.rmdir()
        except OSError:  # another run has begun meanwhile
            _ignore(folder)


def _ignore(folder: Path) -> None:
    (folder / _IGNORED).write_text("# the data of runs\n*\n", encoding="utf-8")


def is_data_folder(folder: Path) -> bool:
    """Whether this is a data folder of runs, or holds nothing else."""
    if (folder / LOCKS).is_dir():
        return True
    try:
        inside = [*folder.iterdir()] if folder.is_dir() and not folder.is_symlink() else []
    except OSError:
        return False
    return bool(inside) and all(each.is_dir() and (each / LOCKS).is_dir() for each in inside)


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
