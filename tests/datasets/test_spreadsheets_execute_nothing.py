"""What a table says is text wherever its CSV file is opened, and comes back as it was."""

import csv

import pandas as pd
import pytest

from image_classification.datasets.atomic import CSVDataset, ParquetDataset

FORMULAS = ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''@", "\uff1dx", "=2\nb"]
OTHERS = ["cat", "-2", "+1.5", "a=b", "'quoted'", "a\rb", "a\nb", 'say "x"', "a,b", "NA", "None", "nan", "é"]


@pytest.fixture
def dataset(tmp_path):
    return CSVDataset(filepath=str(tmp_path / "t.csv"), save_args={"index": False})


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_formulas_are_text(dataset, tmp_path, text):
    dataset.save(pd.DataFrame({"name": [text, "x"], text: ["y", text]}))

    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert len(cells) == 6
    assert cells.count(f"'{text}") == 3
    assert dataset.load().equals(pd.DataFrame({"name": [text, "x"], text: ["y", text]}))


@pytest.mark.parametrize("text", OTHERS, ids=ascii)
def test_everything_else_stays_as_it_is(dataset, tmp_path, text):
    dataset.save(pd.DataFrame({"name": [text, "x"], "value": [1.5, None]}))

    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["name", "value"], [text, "1.5"], ["x", ""]]
    assert dataset.load()["name"].tolist() == [text, "x"] or text in ("-2", "+1.5")


def test_usual_files_are_as_pandas_writes_them(dataset, tmp_path):
    table = pd.DataFrame({"name": ["a", ""], "share": [0.5, 1.0], "right": [True, False]})
    dataset.save(table)

    assert (tmp_path / "t.csv").read_bytes() == table.to_csv(index=False).encode()


def test_parquet_stays_raw(tmp_path):
    dataset = ParquetDataset(filepath=str(tmp_path / "t.parquet"))
    table = pd.DataFrame({"name": FORMULAS + OTHERS})
    dataset.save(table)

    assert pd.read_parquet(tmp_path / "t.parquet").equals(table)
