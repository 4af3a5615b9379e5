"""The archives as a dataset: saving downloads, loading reads nothing yet."""

import json

import pytest

from image_classification.datasets.archives import ArchivesDataset
from image_classification.errors import UserError
from image_classification.images.idx import mnist
from image_classification.images.idx.mnist import MnistPlan


def plan(mirror, named=True):
    return MnistPlan(mnist.ARCHIVES, (mirror,), named, 20.0, "digits")


@pytest.fixture
def dataset(tmp_path):
    return ArchivesDataset(filepath=str(tmp_path / "raw" / "mnist"))


def test_what_was_downloaded_is_read(dataset, tiny_mnist):
    dataset.save(plan(tiny_mnist.as_uri()))

    archives = dataset.load()

    assert archives.record.data_name == "mnist"
    assert archives.read_images().shape == (250, 28, 28)
    assert dataset.exists()


def test_the_record_is_the_preview(dataset, tiny_mnist):
    dataset.save(plan(tiny_mnist.as_uri()))

    record = json.loads(dataset.preview())

    assert record["data_name"] == "mnist"
    assert record["files"][mnist.ARCHIVES[0].name] == {
        "md5": mnist.ARCHIVES[0].md5,
        "mirror": tiny_mnist.as_uri(),
    }
    assert type(dataset).preview.__annotations__["return"].__name__ == "JSONPreview"


def test_the_digits_give_way_to_mnist_and_come_back_without_it(dataset, tiny_mnist, tmp_path, capsys):
    gone = f"file://{tmp_path}/gone"

    dataset.save(plan(gone, named=False))
    assert dataset.load().record.data_name == "digits"
    assert dataset.exists()
    dataset.save(plan(tiny_mnist.as_uri()))
    assert dataset.load().record.data_name == "mnist"
    (tmp_path / "raw" / "mnist" / mnist.ARCHIVES[0].name).unlink()
    assert not dataset.exists()
    dataset.save(plan(gone, named=False))

    assert dataset.load().record.data_name == "digits"


def test_a_failed_download_keeps_the_record_and_says_why_in_its_first_line(dataset, tiny_mnist, tmp_path):
    dataset.save(plan(tiny_mnist.as_uri()))
    archive = tmp_path / "raw" / "mnist" / mnist.ARCHIVES[0].name
    archive.write_bytes(b"damaged later")

    with pytest.raises(UserError) as caught:
        dataset.save(plan(f"file://{tmp_path}/gone"))

    assert str(caught.value).startswith("MNIST cannot be downloaded")
    assert dataset.load().record.data_name == "mnist"


@pytest.mark.parametrize("record", [None, "", "{}", '{"data_name": "mnist", "files": {}}'])
def test_without_a_usable_record_it_says_what_to_run(dataset, tmp_path, record):
    if record is not None:
        (tmp_path / "raw" / "mnist").mkdir(parents=True)
        (tmp_path / "raw" / "mnist" / "archives.json").write_text(record)

    assert not dataset.exists()
    with pytest.raises(UserError, match="--pipeline mnist"):
        dataset.load()
