"""What is named as a network and is none is told for what it is, with what to name instead."""

import re
from pathlib import Path

import pytest
from PIL import Image
from tests.serving.conftest import tiny_network

from image_classification.errors import UserError
from image_classification.networks.storage import load_classifier, network_file, save_classifier


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("network.onnx", "a network in ONNX"),
        ("network.pt2", "a graph of torch.export"),
        ("weights.PTH", "a pickle"),
        ("cat.png", "a picture"),
        ("cat.JPG", "a picture"),
        ("readme", "no file of safetensors"),
    ],
)
@pytest.mark.parametrize("has_network", [False, True])
def test_another_kind_of_file(folder, name, what, has_network):
    if "cat" in name:
        Image.new("L", (3, 3)).save(name)
    else:
        Path(name).write_bytes(b"PK\x03\x04 and so on")
    if has_network:
        save_classifier(tiny_network(), folder / "mine.safetensors")
    instead = f"Name the folder, {folder}, or mine.safetensors" if has_network else "format bundle"

    with pytest.raises(UserError, match=f"{re.escape(name)} is {what}.*{re.escape(instead)}"):
        network_file(Path(name))


def test_a_network_of_whatever_name_and_a_damaged_one_are_left_to_who_reads_them(folder):
    save_classifier(tiny_network(), folder / "mine")
    assert load_classifier(network_file(Path("mine"))).description == tiny_network().description
    Path("bad.safetensors").write_bytes(b"\x89PNG and so on")
    assert network_file(Path("bad.safetensors")) == Path("bad.safetensors")


def test_the_id_of_a_run_is_no_file(folder):
    run_id = "0123456789abcdef" * 2
    with pytest.raises(UserError, match=f"There is no file {run_id}.*name it runs:/{run_id}$"):
        network_file(Path(run_id))
    assert network_file(Path("other")) == Path("other")
    save_classifier(tiny_network(), folder / run_id)
    assert network_file(Path(run_id)) == Path(run_id)


@pytest.mark.parametrize("count", [0, 2])
def test_none_or_several_in_a_folder(folder, count):
    for number in range(count):
        save_classifier(tiny_network(), folder / f"{number}.safetensors")
    expected = (
        "There are several networks, 0.safetensors, 1.safetensors, in" if count else "There is no trained"
    )
    with pytest.raises(UserError, match=expected) as told:
        network_file(Path())
    assert str(told.value).endswith(f"in the folder {folder}. Name the file.")
