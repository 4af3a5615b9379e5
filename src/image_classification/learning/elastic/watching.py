"""A process that ends with another one, however that ends."""

import os
import threading
from collections.abc import Callable

# tells the processes of a training the number of their agent's
AGENT = "IMAGE_CLASSIFICATION_AGENT"
INTERVAL = 0.3  # seconds between two looks


def end_with(parent: int, last: Callable[[], None] = lambda: None) -> None:
    """Have this process end at once when the parent that it has now has ended.

    Args:
        parent: its number.
        last: what is to be done before.
    """

    def watch() -> None:
        while os.getppid() == parent:
            threading.Event().wait(INTERVAL)
        last()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
