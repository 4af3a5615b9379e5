"""Values of a parquet file become the text that a person would write."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from image_classification.images.folder.tables.read import read_table


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, None, 3], ["1", "", "3"]),
        (np.array([1, np.nan, 3], np.float32), ["1", "", "3"]),
        ([0.1, None, 2.0], ["0.1", "", "2.0"]),
        (np.array([0.1, np.nan, 2], np.float32), ["0.1", "", "2.0"]),
        (pd.array([1, None, 3], dtype="Int64"), ["1", "", "3"]),
        ([True, None, False], ["True", "", "False"]),
        (pd.Categorical(["cat", None, "dog"]), ["cat", "", "dog"]),
        (pd.Categorical([3, None, 1]), ["3", "", "1"]),
        (pd.to_datetime(["2024-01-31", None, "2024-02-01"]), ["2024-01-31", "", "2024-02-01"]),
        (
            pd.to_datetime(["2024-01-31 10:00", None, "2024-02-01 00:00"]),
            ["2024-01-31 10:00:00", "", "2024-02-01 00:00:00"],
        ),
        ([datetime.date(2024, 1, 31), None, datetime.date(2024, 2, 1)], ["2024-01-31", "", "2024-02-01"]),
        ([decimal.Decimal("1.0"), None, decimal.Decimal("2.0")], ["1", "", "2"]),
        ([" a ", None, b"b".decode()], ["a", "", "b"]),
        ([b"a", None, b"b"], ["a", "", "b"]),
    ],
)
def test_values(tmp_path, values, texts):
    pd.DataFrame({"path": list("abc"), "value": values}).to_parquet(tmp_path / "t.parquet")

    table = read_table(tmp_path / "t.parquet")

    assert dict(table.columns) == {"path": list("abc"), "value": texts}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([["a"], ["b", "c"]], "lists"),
        ([{"x": 1}, {"x": 2}], "structures"),
        ([np.zeros(2), np.ones(3)], "lists"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, values, kind):
    pd.DataFrame({"path": ["a", "b"], "value": values}).to_parquet(tmp_path / "t.parquet")

    table = read_table(tmp_path / "t.parquet")

    assert list(table.columns) == ["path"]
    assert dict(table.nested) == {"value": kind}


@pytest.mark.parametrize("kind", ["bytes", "fixed", "large", "view"])
@pytest.mark.parametrize("size", [12, 100_000])
def test_pictures_inside_are_named_as_bytes_and_not_read(tmp_path, kind, size):
    pictures = [b"\x89PNG\r\n\x1a\n" + bytes(size - 8) for _ in range(40)]
    kinds = {
        "bytes": pa.binary(),
        "fixed": pa.binary(size),
        "large": pa.large_binary(),
        "view": pa.binary_view(),
    }
    columns = {
        "image": pa.array([None, *pictures[1:]], kinds[kind]),
        "label": [str(n % 2) for n in range(40)],
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")

    table = read_table(tmp_path / "t.parquet")

    assert list(table.columns) == ["label"]
    assert table.nested == {"image": "bytes"}
