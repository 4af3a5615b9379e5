"""Which datasets are kept in the memory of a process, so that no other process finds them."""

from typing import Any

from kedro.io import AbstractDataset, CachedDataset, DataCatalog


def is_in_memory(name: str, catalog: DataCatalog) -> bool:
    """Whether nothing but the memory of the process that makes a dataset holds it.

    That is so of what the catalog does not name, neither itself nor by a pattern, and of datasets that say so
    of themselves, alone or inside a cache.
    """
    if name not in catalog:
        return True
    dataset: Any = catalog.get(name)
    while isinstance(dataset, CachedDataset):  # which calls itself ephemeral, whatever it caches
        dataset = dataset._dataset
    return isinstance(dataset, AbstractDataset) and bool(getattr(dataset, "_EPHEMERAL", False))
