"""What happens when MLflow cannot be reached or fails: tracking never costs a person the training.

- Before the work nothing can be lost yet: `opened` stops the run with a message, as an hour of work without
  a record would be worse; or, as the person has set (`required: false`), goes on and says so.
- During the work and at its end nothing is raised. What is data (metrics, parameters, tags, the end) is sent
  in the background and kept until it can be delivered (`delivery`). What needs an answer goes through
  `Attempts`, which say the first failure in one line; later ones are in the log file. A store that does not
  answer is waited for only so long in all, and left alone then until it takes something again.
- A pipeline that only reads recorded runs has nothing to go on with: `explained` stops it with a message.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, perf_counter
from typing import TypeVar

from image_classification.errors import UserError
from image_classification.tracking.delivery.lane import NoAnswerError, lane_of, within
from image_classification.tracking.store.place import Store, root_cause

Result = TypeVar("Result")

# a store that fails may cost the training at most one part in this many of its time
PATIENCE = 10
# seconds that a store may keep a run waiting in all, if nothing else is set
USUAL_WAIT = 10.0
# what could not be done, and what comes of that
GAP = ("recorded in", "its record has a gap")
KEPT = ("recorded in", "what is missing is kept and sent again")
UNREAD = ("read from", "what needs it is left out")

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
        raise UserError(f"{trouble} at {store.shown}: {reason_of(error, store)}\n{hint}") from error


class Attempts:
    """Pieces of recording in one run, none of which raises what fails.

    Args:
        run_id: of the run.
        store: where it is.
        patience: seconds that the store may keep the run waiting in all.

    Attributes:
        missing: what could not be recorded and is not kept either.
    """

    def __init__(self, run_id: str, store: Store, patience: float = USUAL_WAIT) -> None:
        self.run_id = run_id
        self.store = store
        self.patience = patience
        self.missing: list[str] = []
        self._lane = lane_of(store.uri)
        self._said: set[str] = set()
        self._is_given_up = False
        self._wasted = 0.0  # seconds

    def attempt(
        self,
        what: str,
        action: Callable[[], Result],
        *,
        is_lost: bool = True,
        then: tuple[str, str] = GAP,
    ) -> Result | None:
        """Do one piece of recording and return its result, None if it fails.

        Args:
            what: what it is called in a message.
            action: does it.
            is_lost: whether the record lacks something then; what is only read, and what the next run makes
                up for, it does not.
            then: what comes of it, for the message: GAP, KEPT or UNREAD.
        """
        if self._is_given_up:
            self.missing += [what] if is_lost else []
            return None
        started = monotonic()
        try:
            return self._lane.do(action, self.time_left, self.store.is_reachable)
        except Exception as error:
            self._wasted += monotonic() - started
            self.missing += [what] if is_lost else []
            self.say(what, error, then)
            self._is_given_up = (
                isinstance(error, NoAnswerError)
                or self._wasted > self.patience
                or (self.store.is_server and not self._shows_life())
            )
            return None

    def aside(self, what: str, action: Callable[[], Result]) -> Result | None:
        """Do something that is no part of this run's record, or that the next run does if it fails now."""
        try:
            return self._lane.do(action, self.time_left, self.store.is_reachable)
        except Exception as error:
            level = logging.DEBUG if self._said else logging.WARNING
            self._said.add(what)
            reason = reason_of(error, self.store)
            logger.log(
                level,
                "%s could not be recorded at %s yet: %s. The next run tries again.",
                what,
                self.store.shown,
                reason,
            )
            return None

    def locally(self, what: str, action: Callable[[], Result]) -> Result | None:
        """Do what recording needs and the store has no part in, so that it may still be kept for later."""
        try:
            return action()
        except Exception as error:
            self.missing.append(what)
            self.say(what, error)
            return None

    @property
    def time_left(self) -> float:
        """Seconds that the store may still keep the run waiting."""
        return max(self.patience - self._wasted, 0.1)

    def try_again(self) -> None:
        """Give up no longer if the store shows signs of life."""
        if self._is_given_up and self._shows_life():
            self._is_given_up = False
            self._wasted = 0.0

    def _shows_life(self) -> bool:
        seconds = min(2.0, self.time_left)
        return within(seconds, lambda: self.store.is_reachable(seconds))

    @contextmanager
    def going_on(self, what: str) -> Iterator[None]:
        """Go on after the block, which makes attempts, even if it fails beside them."""
        try:
            yield
        except Exception as error:
            self.say(what, error)

    def say(self, what: str, error: Exception, then: tuple[str, str] = GAP) -> None:
        """Say once what could not be recorded, or read, and why; later failures are only in the log file."""
        level = logging.DEBUG if self._said else logging.WARNING
        self._said.add(what)
        logger.log(
            level,
            "%s could not be %s the run %s at %s: %s. The run goes on; %s.",
            what,
            then[0],
            self.run_id,
            self.store.shown,
            reason_of(error, self.store),
            then[1],
        )

    def say_kept(self, what: str, error: Exception) -> None:
        """Say the same of what is kept and will be sent again."""
        self.say(what, error, KEPT)


class PatientAttempts:
    """Attempts at what may be left out, in a thread of its own.

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
            action()
        except Exception as error:
            self._say(what, error)
            finished = self._clock()
            self._wait_until = finished + PATIENCE * (finished - started)


def reason_of(error: BaseException, store: Store) -> str:
    """Return in one line why a store has failed."""
    cause = root_cause(error) if store.is_server else error
    lines = (str(cause).strip() or type(cause).__name__).splitlines()
    # SQLAlchemy says first where in its own work the error arose
    return next((line for line in lines if not line.startswith("(raised as a result")), lines[0])
