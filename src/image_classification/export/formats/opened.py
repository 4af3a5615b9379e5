"""What every format becomes once it is opened."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor


class Opened(NamedTuple):
    """A network that can be run.

    run: from images (N, C, H, W) uint8 of the training size to probabilities (N, classes) float32.
    facts: what it says itself of the preprocessing, as JSON keeps it.
    """

    run: Callable[[Tensor], Tensor]
    facts: Mapping[str, Any]


class ExportFormat(NamedTuple):
    """A format.

    file: its name in the folder.
    opens: reads it.
    needs: the library without which it cannot be run; "" for none beside this project's own.
    is_trusting: opening it may run code that is in it, so a file that has changed is not opened.
    """

    file: str
    opens: Callable[[Path], Opened]
    needs: str = ""
    is_trusting: bool = False
