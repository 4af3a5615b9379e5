"""A project that was copied or moved has its files with it, while its database says where they were."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.entities import Experiment

from image_classification.tracking.store.place import Store

# MLflow keeps whole addresses, and knows no way to change them
_ADDRESSES = {
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
    "experiments": "artifact_location",
}

logger = logging.getLogger(__name__)


def follow_the_project(store: Store, experiment: Experiment) -> str:
    """Have a database that came into this folder with its project name the files here, not those there.

    Otherwise a copy would write into its original. Nothing changes where both are the same folder, as through
    a link, nor for a database that several projects share. Files that are still there only are named as ever.

    Returns:
        Where the experiment's files are.
    """
    before = str(experiment.artifact_location)
    root, old = store.artifact_root, _folder(before)
    if not (store.database and root and old) or store.database.parent != root.parent:
        return before
    if old == root or old.name != root.name or (root.exists() and old.exists() and old.samefile(root)):
        return before
    after = root.as_uri()
    changed = 0
    with closing(sqlite3.connect(store.database)) as database, database:
        for table, column in _ADDRESSES.items():
            rows = database.execute(
                f"SELECT DISTINCT {column} FROM {table} WHERE substr({column}, 1, ?) = ?",  # noqa: S608
                (len(before) + 1, f"{before}/"),
            ).fetchall()
            found = [(after + address[len(before) :], address) for (address,) in rows]
            moved = [(new, address) for new, address in found if _is_here(new, address)]
            if table == "experiments":
                moved = [(after, before)]
            database.executemany(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", moved)  # noqa: S608
            changed += len(moved) if table == "runs" else 0
    logger.warning(
        "This project was copied or moved from %s. Its runs' files are in %s now (earlier runs: %d).",
        old.parent,
        root,
        changed,
    )
    return after


def _is_here(new: str, address: str) -> bool:
    here, there = _folder(new), _folder(address)
    return bool(here and (here.exists() or not (there and there.exists())))


def _folder(address: str) -> Path | None:
    """Return the folder of this machine that an address names, None for any other."""
    parts = urlsplit(address)
    is_folder = parts.scheme in {"", "file"} and not parts.netloc
    return Path(url2pathname(parts.path)) if is_folder else None
