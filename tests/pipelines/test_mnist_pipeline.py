"""The pipeline `mnist` of the real catalog, from the mirror to the splits, under each of Kedro's runners."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner, ThreadRunner

from image_classification.images.idx import mnist
from image_classification.images.idx.options import MnistOptions
from image_classification.pipelines.idx import create_pipeline

ROOT = Path(__file__).parents[2]
LAYERS = ["raw", "intermediate", "primary", "feature", "model_input"]


def entries():
    return yaml.safe_load((ROOT / "conf" / "base" / "catalog_images.yml").read_text())


def make_catalog(folder, parameters, kind=DataCatalog):
    config = entries()
    for entry in config.values():
        entry["filepath"] = entry["filepath"].replace("${_data}", str(folder / "data"))
    catalog = kind.from_config(config)
    catalog["params:mnist"] = parameters.model_dump()
    for name, value in parameters:
        catalog[f"params:mnist.{name}"] = value
    return catalog


def run(folder, parameters=None, runner=SequentialRunner):
    catalog = make_catalog(folder, parameters or MnistOptions())
    runner().run(create_pipeline("mnist"), catalog)
    return catalog


def run_in_parallel(mirror, folder):
    program = Path(__file__).with_name("run_mnist_in_parallel.py")
    subprocess.run([sys.executable, program, mirror, folder], check=True, timeout=300)
    return make_catalog(folder, MnistOptions())


@pytest.mark.parametrize(
    "runner", [SequentialRunner, ThreadRunner, pytest.param("ParallelRunner", marks=pytest.mark.slow)]
)
def test_from_the_mirror_to_the_splits(tiny_mnist, tmp_path, runner):
    in_parallel = runner == "ParallelRunner"
    catalog = run_in_parallel(tiny_mnist, tmp_path) if in_parallel else run(tmp_path, runner=runner)

    sets = {split: catalog[f"mnist.{split}_set"].load() for split in ("train", "validation", "test")}
    assert {split: len(images) for split, images in sets.items()} == {
        "train": 180,
        "validation": 20,
        "test": 50,
    }
    assert sets["validation"].labels[sets["validation"].rows].bincount().tolist() == [2] * 10
    assert all(name.startswith("test/") for name in sets["test"].names)
    statistics = catalog["mnist.image_statistics"].load()
    assert statistics["data_name"] == "mnist"
    assert statistics["image_shape"] == [1, 28, 28]
    images, _ = sets["train"].tensors
    np.testing.assert_allclose(statistics["mean"], [images.double().mean().item() / 255], rtol=1e-9)
    index = catalog["mnist.image_index"].load()
    assert (index["split"] == "train").sum() == 180
    assert index["name"].tolist() == catalog["mnist.images"].load().names


def test_a_second_run_gives_the_same_and_rebuilds_nothing(tiny_mnist, tmp_path):
    store = tmp_path / "data" / "03_primary" / "mnist" / "images.safetensors"
    first = run(tmp_path)["mnist.image_statistics"].load()
    built = store.stat().st_ino
    for archive in tiny_mnist.iterdir():
        archive.unlink()

    second = run(tmp_path)["mnist.image_statistics"].load()

    assert second == first
    assert store.stat().st_ino == built


def test_other_image_parameters_rebuild_the_images(tiny_mnist, tmp_path):
    run(tmp_path)

    catalog = run(tmp_path, MnistOptions(images={"size": [14, 20], "channels": 3}, split={"validation": 0}))

    images, _ = catalog["mnist.train_set"].load().tensors
    assert images.shape == (200, 3, 14, 20)
    assert torch.equal(images[:, 0], images[:, 2])
    assert len(catalog["mnist.validation_set"].load()) == 0


def test_without_a_mirror_the_digits_stand_in_enlarged(tiny_mnist, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MNIST_MIRROR")
    monkeypatch.setattr(mnist, "PUBLIC_MIRRORS", (f"file://{tmp_path}/gone",))

    catalog = run(tmp_path)

    assert "this is not MNIST" in capsys.readouterr().out
    statistics = catalog["mnist.image_statistics"].load()
    assert statistics["data_name"] == "digits"
    assert statistics["image_shape"] == [1, 28, 28]
    assert sum(statistics["counts"]["test"].values()) == 297
    assert catalog["mnist.images"].load().data_name == "digits"


def test_layers_only_rise_along_the_graph():
    config = entries()

    def layer(dataset):
        entry = config.get(dataset) or config["{source}." + dataset.removeprefix("mnist.")]
        return LAYERS.index(entry["metadata"]["kedro-viz"]["layer"])

    for node in create_pipeline("mnist").nodes:
        for source in node.inputs:
            if not source.startswith("params:"):
                assert all(layer(source) <= layer(output) for output in node.outputs), node.name


def test_every_dataset_between_the_nodes_is_kept_on_disk(tmp_path):
    catalog = make_catalog(tmp_path, MnistOptions())

    for name in create_pipeline("mnist").all_outputs():
        dataset = catalog[name]
        assert str(tmp_path) in str(dataset)
        assert not dataset.exists()
        assert hasattr(dataset, "preview"), name


def test_names_are_grouped_and_documented():
    nodes = create_pipeline("mnist").nodes

    assert [node.name for node in nodes] == [
        "mnist.download_mnist",
        "mnist.build_image_dict",
        "mnist.split_images",
        "mnist.build_tensor_sets",
        "mnist.compute_image_statistics",
    ]
    assert all(node.func.__doc__ for node in nodes)


@pytest.mark.full_mnist
def test_all_of_mnist(tmp_path, monkeypatch):
    beside = ROOT.parent / "shared" / "mnist"
    if "MNIST_MIRROR" not in os.environ:
        if not beside.is_dir():
            pytest.skip("neither MNIST_MIRROR nor a folder shared/mnist beside the project")
        monkeypatch.setenv("MNIST_MIRROR", beside.as_uri())

    catalog = run(tmp_path)

    sets = [catalog[f"mnist.{split}_set"].load() for split in ("train", "validation", "test")]
    assert [len(images) for images in sets] == [54_000, 6_000, 10_000]
    statistics = catalog["mnist.image_statistics"].load()
    # 0.1307 and 0.3081 are the well-known values of all 60,000 training images
    assert statistics["mean"] == pytest.approx([0.1307], abs=2e-4)
    assert statistics["std"] == pytest.approx([0.3081], abs=2e-4)
    assert catalog["mnist.images"].load().labels[:5].tolist() == [5, 0, 4, 1, 9]
