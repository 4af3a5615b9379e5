"""What is said when a dataset of ours cannot be loaded: which file, what is wrong, what makes it again."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePath
from typing import NamedTuple

from kedro.io import DatasetError
from kedro.io.core import VersionNotFoundError

from image_classification.console import shown_path
from image_classification.errors import UserError
from image_classification.files.paths import exists, is_folder
from image_classification.files.permissions import missing_permission
from image_classification.files.troubles import NotPermittedError, cannot_be_read, first_line


class UserDatasetError(UserError, DatasetError):
    """A message to a person from a dataset that is loaded or saved.

    Kedro wraps every exception that is not a DatasetError into one of its own, which puts a line about the
    dataset before the message; and the cause of an exception is lost on the way out of a worker process.
    """


@contextmanager
def passing_user_errors() -> Iterator[None]:
    """Turn a UserError of the block into one that Kedro does not wrap."""
    try:
        yield
    except UserError as error:
        raise UserDatasetError(str(error)) from error


class _Loading(NamedTuple):
    """The dataset that a run is about to load: its name, and what says how to make it again."""

    name: str
    remedy: Callable[[str], str]


# a dataset does not know by which name a catalog calls it: the hook that is told of each load says so
_loading: ContextVar[_Loading | None] = ContextVar("loading", default=None)


def begin_loading(name: str, remedy: Callable[[str], str]) -> None:
    """Say which dataset this thread loads next, and what says how to make it again."""
    _loading.set(_Loading(name, remedy))


def end_loading() -> None:
    """Say that it is loaded: what is loaded next has no name that is known."""
    _loading.set(None)


@contextmanager
def explaining(path: PurePath, again: str = "", *, is_local: bool = True) -> Iterator[None]:
    """Turn whatever goes wrong in the block, which loads a dataset, into one message.

    Args:
        path: Of its file.
        again: What to do about it, where the dataset knows; else the name of the dataset tells.
        is_local: Whether the file is on this machine.

    Raises:
        UserDatasetError: with the file, what is wrong with it and how to make it again.
    """
    try:
        yield
    except (UserDatasetError, VersionNotFoundError, MemoryError):
        raise
    except Exception as error:  # what a damaged file leads to is of every kind
        raise UserDatasetError(_message(error, path, again, is_local=is_local)) from error


def _message(error: Exception, path: PurePath, again: str, *, is_local: bool) -> str:
    loading = _loading.get()
    remedy = again or (loading.remedy(loading.name) if loading else "")
    if isinstance(error, NotPermittedError):
        return str(error)
    if isinstance(error, UserError):
        first, _, rest = str(error).partition("\n")
        return " ".join(filter(None, [first, remedy or rest]))
    what = f"{loading.name} cannot be loaded: " if loading else ""
    if is_local and missing_permission(Path(path)):
        return f"{what}{cannot_be_read(Path(path), errno.EACCES)}"
    seen = _trouble(Path(path)) if is_local else ""
    shown = shown_path(Path(path)) if is_local else path
    trouble = seen or f"{shown} is damaged, or of another kind: {_reason(error)}"
    return " ".join(filter(None, [f"{what}{trouble}.", remedy]))


def _trouble(path: Path) -> str:
    """Say what can be seen of a file without reading it; "" if nothing is."""
    shown = shown_path(path)
    if not exists(path):
        return f"there is no file {shown}"
    if is_folder(path):
        return f"{shown} is a folder, and a file is expected"
    return "" if path.stat().st_size else f"{shown} is empty"


def _reason(error: BaseException) -> str:
    """Return the first line of what an error began with: Kedro's own only repeats the dataset."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return first_line(cause)
