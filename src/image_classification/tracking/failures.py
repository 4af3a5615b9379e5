"""What happens when MLflow cannot be reached or fails: tracking never costs a person the training.

- Before the work nothing can be lost yet: `opened` stops the run with a message, as an hour of work without
  a record would be worse; or, as the person has set (`required: false`), goes on and says so.
- During the work and at its end nothing is raised. What is written goes through `Attempts`, which say the
  first failure in one line with what is missing; later ones are in the log file. A server that has gone is
  not asked again, as every time-out would hold up the work, except once to end the run. What can be sent
  later, the metrics of epochs, goes through `PatientAttempts`.
- A pipeline that only reads recorded runs has nothing to go on with: `explained` stops it with a message.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

from image_classification.errors import UserError
from image_classification.tracking.store.settings import Store, root_cause

Result = TypeVar("Result")

# a store that fails may cost the training at most one part in this many of its time
PATIENCE = 10

logger = logging.getLogger(__name__)


def opened(open_run: Callable[[], Result], *, required: bool) -> Result | None:
    """Open a run; where none can be opened, say in one line that there will be no record.

    Raises:
        UserError: the run cannot be opened, and a record is required.
    """
    try:
        return open_run()
    except UserError as error:
        if required:
            raise
        reason = str(error).splitlines()[0]
        logger.warning("This run goes on WITHOUT A RECORD (mlflow.yml: required: false). %s", reason)
        return None


@contextmanager
def explained(store: Store, trouble: str = "No run can be recorded") -> Iterator[None]:
    """Turn whatever goes wrong with a store in the block into a `UserError` that names the store."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        hint = (
            f"Take a copy of it, then run `mlflow db upgrade {store.shown}`."
            if "out-of-date" in str(error)
            else "Put that right, or set MLFLOW_TRACKING_URI, or tracking_uri in conf/base/mlflow.yml, to "
            "another place; required: false there runs without a record."
        )
        raise UserError(f"{trouble} at {store.shown}: {_reason(error)}\n{hint}") from error


class Attempts:
    """Pieces of recording in one run, none of which raises what fails.

    Args:
        run_id: of the run.
        store: where it is.
    """

    def __init__(self, run_id: str, store: Store) -> None:
        self.run_id = run_id
        self.store = store
        self._has_warned = False
        self._server_is_gone = False

    def attempt(self, what: str, action: Callable[[], Result]) -> Result | None:
        """Do one piece of recording and return its result, None if it fails."""
        return None if self._server_is_gone else self.attempt_once_more(what, action)

    def attempt_once_more(self, what: str, action: Callable[[], Result]) -> Result | None:
        """Do a piece of recording that is worth another try, should the server have gone before."""
        try:
            result = uninterrupted(action)
        except Exception as error:
            self.say(what, error)
            self._server_is_gone = self.store.is_server and not self.store.is_reachable(timeout=2.0)
            return None
        self._server_is_gone = False
        return result

    @contextmanager
    def going_on(self, what: str) -> Iterator[None]:
        """Go on after the block, which makes attempts, even if it fails beside them."""
        try:
            yield
        except Exception as error:
            self.say(what, error)

    def say(self, what: str, error: Exception) -> None:
        """Say once what could not be recorded and why; later failures are only in the log file."""
        level = logging.DEBUG if self._has_warned else logging.WARNING
        self._has_warned = True
        logger.log(
            level,
            "%s could not be recorded in the run %s at %s: %s. The run goes on; its record has a gap.",
            what,
            self.run_id,
            self.store.shown,
            _reason(root_cause(error) if self.store.is_server else error),
        )


class PatientAttempts:
    """Attempts at what is kept and sent again later, to a server that may come back.

    A store that is slow to fail is left alone for `PATIENCE` times as long as the failure took.
    """

    def __init__(
        self, say: Callable[[str, Exception], None], clock: Callable[[], float] = perf_counter
    ) -> None:
        self._say = say
        self._clock = clock
        self._wait_until = float("-inf")

    def attempt(self, what: str, action: Callable[[], None]) -> None:
        """Do one piece of recording, unless it is too early to try again."""
        started = self._clock()
        if started < self._wait_until:
            return
        try:
            uninterrupted(action)
        except Exception as error:
            self._say(what, error)
            finished = self._clock()
            self._wait_until = finished + PATIENCE * (finished - started)


def uninterrupted(action: Callable[[], Result]) -> Result:
    """Do something beside the main thread and wait for it; return its result or raise its error.

    Python raises what a signal causes in the main thread, between any two instructions. In the middle of a
    transaction that leaves SQLite locked for the rest of the process, and the end of the run could not be
    recorded any more. So only the waiting is interrupted; the call itself is completed.
    """
    if threading.current_thread() is not threading.main_thread():
        return action()
    outcome: Future[Result] = Future()

    def work() -> None:
        try:
            outcome.set_result(action())
        except BaseException as error:
            outcome.set_exception(error)

    try:
        threading.Thread(target=work, name="tracking", daemon=True).start()
    except RuntimeError:  # no new threads: the interpreter is on its way out
        work()
    return outcome.result()


def _reason(error: BaseException) -> str:
    lines = (str(error).strip() or type(error).__name__).splitlines()
    # SQLAlchemy says first where in its own work the error arose
    return next((line for line in lines if not line.startswith("(raised as a result")), lines[0])
