"""A store that is given up where nothing comes of it any more; libraries of fsspec may wait for ever."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from functools import wraps
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, TypeVar

from image_classification.remote.options import RemoteOptions

T = TypeVar("T")

# what libraries call for each page or folder of a long listing: that shows that it goes on
_STEPS = ("ls", "_ls", "_iterdir", "_call", "_call_s3", "_list_objects")
# bytes a second at which a file is sent at least: how much of it has left is not seen
_SLOWEST = 100_000
# seconds after which it is looked again whether something came
_TICK = 1.0


class PatientStore:
    """A file system of fsspec each of whose calls raises TimeoutError once there was no progress for a time.

    Progress of any call counts for all of them: they may wait for one another.
    """

    def __init__(self, store: Any, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._moved = monotonic()
        for name in _STEPS:
            if method := getattr(store, name, None):
                setattr(store, name, self._noticed(method))

    def info(self, address: str) -> Mapping[str, Any]:
        """Describe what is at an address."""
        return dict(self._wait(lambda: self._store.info(address)))

    def find(self, address: str, **options: Any) -> Mapping[str, Mapping[str, Any]]:
        """List all that is below an address."""
        return dict(self._wait(lambda: self._store.find(address, **options)))

    def ls(self, address: str, **options: Any) -> list[Any]:
        """List what is in a folder."""
        return list(self._wait(lambda: self._store.ls(address, **options)))

    def get_file(self, address: str, path: str, came: Callable[[int], None] = lambda _: None) -> None:
        """Fetch a file; `came` is told now and then how many bytes of it are here."""
        counter = self._counter()

        def size() -> int:
            here = 0
            with suppress(OSError):
                here = Path(path).stat().st_size
            came(found := counter.value or here)
            return found

        self._wait(lambda: self._store.get_file(address, path, callback=counter), size)
        size()

    def put_file(self, path: str, address: str) -> None:
        """Copy a file of this machine to an address."""
        counter, size = self._counter(), Path(path).stat().st_size
        self._wait(
            lambda: self._store.put_file(path, address, callback=counter), more_seconds=size / _SLOWEST
        )

    def cat_file(self, address: str) -> bytes:
        """Return the content of a file."""
        return bytes(self._wait(lambda: self._store.cat_file(address)))

    def pipe_file(self, address: str, content: bytes) -> None:
        """Write a file."""
        self._wait(lambda: self._store.pipe_file(address, content), more_seconds=len(content) / _SLOWEST)

    def rm_file(self, address: str) -> None:
        """Remove a file."""
        self._wait(lambda: self._store.rm_file(address))

    def _wait(self, call: Callable[[], T], size: Callable[[], int] = int, more_seconds: float = 0) -> T:
        return wait_for(call, self._seconds + more_seconds, size, self)

    def moved(self) -> None:
        """Note that there is progress."""
        self._moved = monotonic()

    @property
    def last_moved(self) -> float:
        """When there was progress last, in seconds of a clock that goes on."""
        return self._moved

    def _counter(self) -> Any:
        from fsspec.callbacks import Callback  # noqa: PLC0415

        store = self

        class Counter(Callback):  # type: ignore[misc]
            def relative_update(self, inc: int = 1) -> None:
                super().relative_update(inc)
                store.moved()

        return Counter()

    def _noticed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isasyncgenfunction(method):

            @wraps(method)
            async def noticed(*args: Any, **options: Any) -> Any:
                async for each in method(*args, **options):
                    self.moved()
                    yield each

            return noticed
        if inspect.iscoroutinefunction(method):

            @wraps(method)
            async def awaited(*args: Any, **options: Any) -> Any:
                found = await method(*args, **options)
                self.moved()
                return found

            return awaited

        @wraps(method)
        def called(*args: Any, **options: Any) -> Any:
            found = method(*args, **options)
            self.moved()
            return found

        return called


def wait_for(
    call: Callable[[], T], seconds: float, size: Callable[[], int] = int, store: PatientStore | None = None
) -> T:
    """Return what a call returns, which is made in a thread that is left behind where it does not end.

    Args:
        call: what may wait for ever.
        seconds: without progress until it is given up.
        size: grows with its progress, as far as that is seen from outside.
        store: knows the progress of other calls too.

    Raises:
        TimeoutError: there was no progress for so long.
    """
    done = Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def make() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    moved, before = monotonic(), 0
    # not of a pool: the process would wait for it at its end
    Thread(target=copy_context().run, args=(make,), name="remote", daemon=True).start()
    while not done.wait(min(seconds / 10, _TICK)):
        if (now := size()) != before:
            before, moved = now, monotonic()
            if store:
                store.moved()
        if monotonic() - max(moved, store.last_moved if store else moved) > seconds:
            raise TimeoutError(f"nothing came for {seconds:.3g} s ({RemoteOptions.named('timeout_s')})")
    if errors:
        raise errors[0]
    return results[0]
