"""When Python looks for garbage: not while things are made that stay, which it would go through each time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect no garbage in a block that makes many objects, nearly all of which stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Start:
    """The start of a command, which imports a million objects that live as long as its process."""

    def __init__(self) -> None:
        self._is_on = False

    def begins(self) -> None:
        """Collect no garbage until the start is over: in a process that ends with the command."""
        self._is_on = True
        gc.disable()

    def is_over(self) -> None:
        """Collect garbage again, among what is made from here on."""
        if self._is_on:
            self._is_on = False
            gc.freeze()
            gc.enable()


START = Start()
