"""Shortcuts for a process in which many sessions of Kedro begin, where a person's has one.

What is left out there costs a person nothing, or protects what no test cares for: files after a power cut.
"""

import importlib.util
import io
import os
import pickle
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from sqlite3 import Connection
from types import FrameType, SimpleNamespace
from typing import Any, BinaryIO, TextIO

from matplotlib.figure import Figure
from omegaconf import OmegaConf
from PIL import Image
from sqlalchemy import Engine, event

Patch = Callable[[object, str, object], None]


def take(patch: Patch = setattr) -> None:
    """Take all of them in this process.

    Args:
        patch: sets an attribute, as `setattr` does.
    """
    # Kedro's settings library asks for the files on the stack: all modules are looked through for each
    for module in ("dynaconf.utils.files", "dynaconf.loaders.py_loader"):
        patch(import_module(module), "inspect", SimpleNamespace(stack=files_on_the_stack))
    # MLflow reads its fifty migrations for each store that is opened, only to find the last of them
    versions = import_module("mlflow.store.db.utils")
    patch(versions, "_get_latest_schema_revision", cache(versions._get_latest_schema_revision))
    # Kedro looks for it whenever a parameter is kept, in all folders
    if "ibis" not in sys.modules and importlib.util.find_spec("ibis") is None:
        sys.modules["ibis"] = None
    patch(os, "fsync", lambda descriptor: None)
    event.listen(Engine, "connect", _do_not_wait_for_the_disk)
    patch(OmegaConf, "load", _loaded_once(OmegaConf.load))


def save_undrawn(figure: Figure, file: BinaryIO, **options: object) -> None:
    """Save one black pixel for a picture: to draw one takes longer than the rest of a short pipeline."""
    Image.new("RGB", (1, 1)).save(file, "PNG")


def files_on_the_stack() -> list[SimpleNamespace]:
    """Return what `inspect.stack` does, as far as Kedro's settings library looks at it."""
    files = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        files.append(SimpleNamespace(filename=frame.f_code.co_filename))
        frame = frame.f_back
    return files


def _do_not_wait_for_the_disk(connection: object, record: object) -> None:
    if isinstance(connection, Connection):
        connection.execute("PRAGMA synchronous = OFF")


def _loaded_once(load: Callable[[TextIO], Any]) -> Callable[[TextIO | str | Path], Any]:
    """Make a configuration of each text once, which takes long; who gets it may change it."""
    known = lru_cache(maxsize=1000)(lambda text: pickle.dumps(load(io.StringIO(text))))

    def load_known(file: TextIO | str | Path) -> Any:
        text = Path(file).read_text(encoding="utf-8") if isinstance(file, (str, Path)) else file.read()
        return pickle.loads(known(text))

    return load_known
