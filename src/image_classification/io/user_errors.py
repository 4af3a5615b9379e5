"""Letting a message to a person through Kedro unchanged."""

from collections.abc import Iterator
from contextlib import contextmanager

from kedro.io import DatasetError

from image_classification.errors import UserError


class UserDatasetError(UserError, DatasetError):
    """A message to a person that arose while a dataset was loaded or saved.

    Kedro wraps every exception of a dataset that is no DatasetError into one of its own, with the message
    behind a line about the dataset; and the cause of an exception is lost on the way out of a worker process.
    """


@contextmanager
def passing_user_errors() -> Iterator[None]:
    """Turn a UserError of the block into one that Kedro passes on as it is."""
    try:
        yield
    except UserError as error:
        raise UserDatasetError(str(error)) from error
