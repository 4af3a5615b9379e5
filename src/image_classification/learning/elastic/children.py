"""The processes of a training: how they are started and called, and that none outlives its parent."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from image_classification.processes.forking import Loaded, is_forked

AGENT = "image_classification.learning.elastic.agent"
WORKER = "image_classification.learning.elastic.worker"
# To load torch takes seconds: once is enough for all processes of a machine, and for those that replace them.
# The last two come with the first step of an optimizer, and of several processes.
LOADED = Loaded(
    (AGENT, WORKER, "torch._dynamo", "torch.nn.parallel.distributed"), {"TORCH_CPP_LOG_LEVEL": "ERROR"}
)
# tells processes that were not forked the number of their agent's
_PARENT = "IMAGE_CLASSIFICATION_AGENT"
INTERVAL = 0.3  # seconds between two looks


def worker_command(folder: str) -> list[str]:
    """Return the command of one process of the training, for the agent, which is this process."""
    os.environ[_PARENT] = str(os.getpid())
    return LOADED.command(WORKER, folder, with_parent=True)


def end_with_agent() -> None:
    """Have this process, one of a training, end with its agent, or with the server that ends both."""
    end_with(os.getppid() if is_forked() else int(os.environ[_PARENT]))


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


def call_this_process(name: str) -> None:
    """Give this process a name of at most 15 characters, as `top` and `ps -e` show on Linux."""
    if sys.platform == "linux":
        Path("/proc/self/comm").write_text(name, encoding="utf-8")
