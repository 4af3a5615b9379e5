"""A place of runs that is opened to read, and never created: MLflow makes a database where there is none."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow import MlflowClient

from image_classification.errors import UserError
from image_classification.files.troubles import require_readable
from image_classification.tracking.failures import explained
from image_classification.tracking.store.place import Store

TRAIN_FIRST = "Train first: kedro run --pipeline training"


@contextmanager
def opened_to_read(
    store: Store, timeout: float, trouble: str = "No recorded run can be read"
) -> Iterator[MlflowClient]:
    """Open a store for a block; whatever goes wrong with it there is told in a line.

    Args:
        store: where the runs are.
        timeout: seconds that a server may take to answer.
        trouble: what the message begins with.

    Raises:
        UserError: it does not answer, there is none, or it fails in the block.
    """
    with explained(store, trouble):
        store.require_answer(timeout)
        if store.database:
            require_readable(store.database)
        if store.database and not store.database.is_file():
            raise UserError(f"There are no runs yet: {store.database} does not exist.\n{TRAIN_FIRST}")
        yield MlflowClient(store.uri)
