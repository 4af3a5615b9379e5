"""Which permission is missing, where a file or a folder may not be read or written."""

import os
import stat
from pathlib import Path


def missing_permission(path: Path, *, to_write: bool = False) -> str | None:
    """Say which permission this process lacks to read a file or folder, or to write it anew; None if none."""
    path = path.absolute()
    for folder in (*reversed(path.parents), path):
        try:
            mode = folder.stat().st_mode
        except PermissionError:
            parent = folder.parent
            return f"the folder {parent} may not be entered, permission x is missing ({_who(parent)})"
        except (OSError, ValueError):  # not there; no name at all
            break
        if folder == path and not to_write:
            return _unreadable(path, is_folder=stat.S_ISDIR(mode))
    if not to_write:
        return None
    folder = nearest_folder(path)
    if may(folder, os.W_OK | os.X_OK):
        return None
    if _is_read_only(folder):
        return f"the file system of {folder} is mounted read-only"
    return f"no file can be made in the folder {folder}, permission w is missing ({_who(folder)})"


def nearest_folder(path: Path) -> Path:
    """Return the folder that a file is in or will be in; the nearest above it that exists already."""
    folder = path.absolute().parent
    while folder != folder.parent and not os.path.isdir(folder):  # noqa: PTH112  (Path.is_dir raises)
        folder = folder.parent
    return folder


def _unreadable(path: Path, *, is_folder: bool) -> str | None:
    if may(path, os.R_OK | os.X_OK if is_folder else os.R_OK):
        return None
    needed = "rx" if is_folder else "r"
    return f"permission {needed} is missing ({_who(path)})"


def may(path: Path, mode: int) -> bool:
    """Whether this process may do to a file what `mode` says: os.R_OK, os.W_OK, os.X_OK, or several."""
    effective = os.access in os.supports_effective_ids
    return os.access(path, mode, effective_ids=effective)


def _is_read_only(folder: Path) -> bool:
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _who(path: Path) -> str:
    """Describe whose a file is and what they allow."""
    try:
        state = path.stat()
        owner = path.owner()
    except (OSError, KeyError, NotImplementedError):  # a number without a name; Windows
        return "somebody else's"
    return f"{stat.filemode(state.st_mode)}, of {owner}"
