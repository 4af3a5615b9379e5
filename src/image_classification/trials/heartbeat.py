"""A training that says again and again that it is still at work, so that others leave it alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.trial import Trial
from sqlalchemy.exc import SQLAlchemyError

from image_classification.trials.storage import HEARTBEAT


@contextmanager
def alive(storage: RDBStorage, trial: Trial) -> Iterator[None]:
    """Record signs of life of a training within the block.

    One that cannot be recorded, as somebody else keeps the database busy, is followed by the next.
    """
    over = threading.Event()

    def beat() -> None:
        while True:
            with suppress(OptunaError, SQLAlchemyError):
                storage.record_heartbeat(trial._trial_id)
            if over.wait(HEARTBEAT):
                return

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
