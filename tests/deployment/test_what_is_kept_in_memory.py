"""A dataset that nothing but a process holds is known, however the catalog says it, or does not."""

import pytest
from kedro.io import CachedDataset, DataCatalog, MemoryDataset, SharedMemoryDataset

from image_classification.deployment.memory import is_in_memory

FILE = {"type": "kedro_datasets.json.JSONDataset", "filepath": "data/{name}.json"}
MEMORY = {"type": "MemoryDataset", "copy_mode": "assign"}


def cached(dataset):
    return {"type": "CachedDataset", "dataset": dataset}


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        ("{name}_table", FILE, False),
        ("{name}_table", MEMORY, True),
        ("{name}_table", cached(FILE), False),
        ("{name}_table", cached(MEMORY), True),
        ("{name}_table", cached(cached(MEMORY)), True),
        ("{name}_table", cached(cached(FILE)), False),
        ("{name}", MEMORY, True),
        ("{name}", FILE, False),
        ("an_other_{name}", FILE, True),
    ],
)
@pytest.mark.parametrize("dataset", ["one_table", "a.b.two_table"])
def test_of_entries_and_patterns(dataset, name, entry, expected):
    catalog = DataCatalog.from_config({name: entry})

    assert is_in_memory(dataset, catalog) is expected


@pytest.mark.parametrize("dataset", [MemoryDataset(), MemoryDataset([1]), SharedMemoryDataset()])
def test_of_datasets(dataset):
    assert is_in_memory("one", DataCatalog({"one": dataset}))


def test_each_form_of_a_transcoded_dataset_has_its_own_entry():
    file = {**FILE, "filepath": "data/table.json"}
    catalog = DataCatalog.from_config({"table@rows": file, "table@columns": cached(MEMORY)})

    assert not is_in_memory("table@rows", catalog)
    assert is_in_memory("table@columns", catalog)
    assert is_in_memory("table@other", catalog)


def test_a_cache_of_a_file_is_one(tmp_path, in_files):
    catalog = in_files(["one"])
    both = DataCatalog({"one": CachedDataset(catalog.get("one"))})

    assert not is_in_memory("one", both)
