"""How a dataset reads or writes its file: its class, and what the catalog says of it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from kedro.io import AbstractDataset

from image_classification.origins.bound import described
from image_classification.origins.code import code_of
from image_classification.origins.source import digest

# where the file is, who may see it, how it is shown: what is in it does not depend on these
_SHOWN = ("image_classification.evaluation", "image_classification.images.store.image_grid")  # by previews
_BESIDE = frozenset({"filepath", "version", "versioned", "credentials", "metadata"})


def handling_of(dataset: AbstractDataset[Any, Any], *, is_read: bool) -> str:
    """Return a digest of the class of a dataset and of its settings.

    Args:
        dataset: as the catalog made it.
        is_read: `save_args` do not matter, else `load_args` do not.
    """
    left_out = _BESIDE | {"save_args" if is_read else "load_args"}
    kinds, text = described(_settings(dataset, left_out))
    codes = "".join(map(_code_of, [type(dataset), *kinds]))
    return digest(f"{codes} {text}".encode("utf-8", "surrogateescape"))


def _settings(dataset: Any, left_out: frozenset[str]) -> dict[str, Any]:
    """Return what a dataset was made with; another dataset in it, which it caches, by its own settings."""
    flat: dict[str, Any] = {}
    for name, value in getattr(dataset, "_init_args", {}).items():
        # Kedro notes further options as one argument
        flat |= value if name in ("kwargs", "options") and isinstance(value, Mapping) else {name: value}
    return {
        name: (type(value), _settings(value, left_out)) if isinstance(value, AbstractDataset) else value
        for name, value in sorted(flat.items())
        if name not in left_out and value not in (None, {}, ())
    }


@cache
def _code_of(kind: Any) -> str:
    """Return the code of a class; libraries, whose versions say little of the files they write, left out."""
    parts = code_of(kind).parts.items()
    return repr(sorted((name, part) for name, part in parts if not name.startswith(_SHOWN)))
