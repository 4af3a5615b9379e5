"""One line says which dataset cannot be loaded, which file it is, what is wrong and what makes it again."""

import numpy as np
import pandas as pd
import pytest
import torch
from tests.disk import files_of_at_most

from image_classification.datasets import messages
from image_classification.datasets.archives import ArchivesDataset
from image_classification.datasets.atomic import (
    CSVDataset,
    HtmlDataset,
    JSONDataset,
    MarkdownDataset,
    ParquetDataset,
    PlotlyDataset,
)
from image_classification.datasets.images import ImageDictDataset, SplitMemoryDataset, TensorSetDataset
from image_classification.datasets.network import NetworkDataset
from image_classification.errors import UserError
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.networks import NetworkDescription, build_classifier

LARGE = "x" * 100_000
TABLE = pd.DataFrame({"a": np.random.default_rng(0).random(20_000)})
ATOMIC = [
    (ParquetDataset, TABLE),
    (JSONDataset, {"a": LARGE}),
    (CSVDataset, TABLE),
    (HtmlDataset, LARGE),
    (MarkdownDataset, LARGE),
]
REMEDY = "Make it again: kedro run --pipeline first (node make)"


@pytest.fixture(autouse=True)
def in_a_run():
    """A hook has said which dataset is loaded, and what makes it again."""
    messages.begin_loading("facts", lambda name: REMEDY)
    yield
    messages.end_loading()


def said(dataset):
    with pytest.raises(UserError) as refused:
        dataset.load()
    (line,) = str(refused.value).splitlines()
    return line


@pytest.mark.parametrize("kind", [ParquetDataset, JSONDataset, CSVDataset, PlotlyDataset])
@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (lambda path: None, "there is no file "),
        (lambda path: path.mkdir(), " is a folder, and a file is expected"),
        (lambda path: path.write_bytes(b""), " is empty"),
    ],
)
def test_what_can_be_seen_from_outside(tmp_path, monkeypatch, kind, damage, trouble):
    monkeypatch.chdir(tmp_path)
    damage(tmp_path / "facts.file")
    line = said(kind(filepath=str(tmp_path / "facts.file")))
    assert line.startswith("facts cannot be loaded: ")
    assert trouble in line
    assert "facts.file" in line
    assert line.endswith(f". {REMEDY}")


@pytest.mark.parametrize("kind", [ParquetDataset, JSONDataset, PlotlyDataset])
@pytest.mark.parametrize("content", [b"<html>no</html>", b"PAR1\x00\x00", b'{"a": ', b"\xff\xfe\x00"])
def test_what_is_no_such_file(tmp_path, kind, content):
    (tmp_path / "facts.file").write_bytes(content)
    line = said(kind(filepath=str(tmp_path / "facts.file")))
    assert line.startswith(
        f"facts cannot be loaded: {tmp_path / 'facts.file'} is damaged, or of another kind: "
    )
    assert line.endswith(f" {REMEDY}")


def test_a_table_with_a_flipped_bit(tmp_path):
    dataset = ParquetDataset(filepath=str(tmp_path / "facts.parquet"))
    dataset.save(TABLE)
    content = bytearray((tmp_path / "facts.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "facts.parquet").write_bytes(content)
    assert "CRC checksum verification failed" in said(dataset)


def test_without_a_run_the_file_is_named_all_the_same(tmp_path):
    messages.end_loading()
    (tmp_path / "facts.json").write_text("{")
    line = said(JSONDataset(filepath=str(tmp_path / "facts.json")))
    assert line.startswith(f"{tmp_path / 'facts.json'} is damaged, or of another kind: ")


@pytest.mark.parametrize(("kind", "content"), ATOMIC)
def test_a_disk_without_room(tmp_path, kind, content):
    dataset = kind(filepath=str(tmp_path / "facts.file"))
    with files_of_at_most(30_000), pytest.raises(UserError, match=r"There is no room for .*facts\.file: "):
        dataset.save(content)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def images(tmp_path):
    def fill(block, advance):
        return ["ok"] * len(block)

    plan = ImageDictPlan(
        names=[str(number) for number in range(100)],
        labels=np.zeros(100, dtype=np.int64),
        class_names=["a"],
        given_splits=[""] * 100,
        data_name="black",
        image_shape=(1, 30, 30),
        digest="ab",
        fill=fill,
    )
    dataset = ImageDictDataset(filepath=str(tmp_path / "images.safetensors"))
    with (
        files_of_at_most(50_000),
        pytest.raises(UserError, match=r"There is no room for the image store .*, and"),
    ):
        dataset.save(plan)
    assert list(tmp_path.iterdir()) == []
    dataset.save(plan)
    return dataset


def test_images(images, tmp_path):
    path = tmp_path / "images.safetensors"
    content = bytearray(path.read_bytes())
    content[50_000] ^= 1
    path.write_bytes(content)
    assert said(images) == (
        f"The image store {path} is damaged: its bytes are not those that were written. {REMEDY}"
    )


@pytest.mark.parametrize(
    ("rows", "trouble"),
    [
        ({"rows": torch.tensor([0, 100])}, "is damaged: rows 0 to 100 of 100 images"),
        ({"rows": torch.tensor([-1])}, "is damaged: rows -1 to -1 of 100 images"),
        ({"rows": torch.tensor([0.5])}, "is damaged: rows are (n,) int64, not (1,) torch.float32"),
        ({"row": torch.tensor([0])}, "is damaged ("),
    ],
)
def test_a_split_with_other_rows(images, tmp_path, monkeypatch, rows, trouble):
    split = TensorSetDataset(filepath=str(tmp_path / "split.safetensors"), pipeline="numbers")
    save = "image_classification.datasets.images.save"
    from safetensors.torch import save as really_save  # noqa: PLC0415

    monkeypatch.setattr(save, lambda _, metadata: really_save(rows, metadata))
    split.save(ImageTensorDataset(images.load(), torch.tensor([0])))
    line = said(split)
    assert trouble in line
    assert line.endswith("Run again: kedro run --pipeline numbers")


def test_a_network_that_does_not_fit_on_the_disk_or_is_damaged(tmp_path):
    about = {"mean": (0.5,), "std": (0.5,), "data_name": "made up", "index_digest": "ab"}
    network = build_classifier(
        NetworkDescription(network="convnet", options={}, image_shape=(1, 8, 8), class_names=("a",), **about)
    )
    path = tmp_path / "network.safetensors"
    dataset = NetworkDataset(filepath=str(path))
    with files_of_at_most(20_000), pytest.raises(UserError, match=r"no room for .*, and it needs 58\.3 kB"):
        dataset.save(network)
    assert list(tmp_path.iterdir()) == []
    dataset.save(network)
    path.write_bytes(path.read_bytes()[:-1])
    line = said(dataset)
    assert line.startswith(f"{path} does not hold a classifier that this version can rebuild: ")
    assert line.endswith(REMEDY)


def test_a_memory_of_splits_says_what_removing_it_means(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "memory.parquet")
    line = said(SplitMemoryDataset(filepath=str(tmp_path / "memory.parquet")))
    assert "it has no columns sha256 and split, but a" in line
    assert line.endswith("then the splits are drawn anew, and images may change theirs.")


@pytest.mark.parametrize(
    "record", ["", "{}", '{"data_name": "a", "digest": "b", "files": {"a": {"md5": "", "mirror": ""}}}']
)
def test_a_record_of_archives(tmp_path, record):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "archives.json").write_text(record)
    line = said(ArchivesDataset(filepath=str(tmp_path / "mnist")))
    assert line.endswith("no usable archives.json. Run the pipeline that gets it: kedro run --pipeline mnist")
