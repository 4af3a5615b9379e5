"""A byte of whatever file, pictures or weights of another network: the check fails and names the stage."""

import io
import os
import shutil
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tests.export.conftest import export, make_network, make_sets, of_format, seal, verified, wrong_stages

from image_classification.errors import UserError
from image_classification.export import verify
from image_classification.export.formats.all_formats import FORMATS
from image_classification.export.verify import verify_export
from image_classification.networks.storage import load_classifier

FILES = (
    *("README.md", "preprocessing.json", "export.json", "golden/golden.json", "golden/golden.safetensors"),
    *("golden/000.png", "golden/made_larger.png", *(each.file for each in FORMATS.values())),
)


def test_it_is_right_as_it_was_written(exported):
    checked = verified(exported)

    assert [each.trouble for each in checked if each.trouble] == []
    assert [each.stage for each in checked] == [
        *("files", "decode", "resize", "normalise", "read"),
        *("network", "network", "network", "network", "answers"),
    ]
    assert [each.what for each in checked if each.stage == "network"] == list(FORMATS)


@pytest.mark.parametrize("place", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit(exported, name, place):
    content = bytearray((exported / name).read_bytes())
    content[round(place * (len(content) - 1))] ^= 1

    (exported / name).write_bytes(content)

    assert "files" in wrong_stages(exported)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing(exported, name):
    (exported / name).unlink()

    if name == "export.json":
        with pytest.raises(UserError, match=r"is no export: there is no export\.json in it"):
            verified(exported)
    else:
        (said,) = [each.trouble for each in verified(exported) if each.stage == "files" and each.trouble][:1]
        assert f"{name} is missing" in said


def test_a_graph_that_has_changed_is_not_opened(exported):
    path = exported / FORMATS["pt2"].file
    path.write_bytes(path.read_bytes() + b"x")

    assert of_format(verified(exported), "pt2").trouble == "network.pt2 has changed, and is not opened"


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The same network with other weights, in every format."""
    folder = tmp_path_factory.mktemp("other") / "export"
    return export(folder, make_network(seed=5), make_sets(), "bundle", "pt2", "onnx")


@pytest.mark.parametrize("name", ["bundle", "pt2", "onnx"])
def test_the_weights_of_another_network(exported, other, name):
    shutil.copy(other / FORMATS[name].file, exported / FORMATS[name].file)
    seal(exported)

    checked = verified(exported)

    assert of_format(checked, name).trouble == "its probabilities are others: of another network?"
    assert wrong_stages(exported) == {"network"}
    assert all(not each.trouble for each in checked if each.what not in {name, ""})


def test_another_number_of_classes(exported, tmp_path):
    names = ("cat", "dog")
    export(tmp_path / "two", make_network(class_names=names), make_sets(class_names=names), "onnx")
    shutil.copy(tmp_path / "two" / "network.onnx", exported / "network.onnx")
    seal(exported)

    assert of_format(verified(exported), "onnx").largest == float("inf")


@pytest.mark.parametrize("name", ["000.png", "made_larger.png"])
def test_swapped_channels_of_a_golden_file(exported, name):
    path = exported / "golden" / name
    picture = Image.open(io.BytesIO(path.read_bytes()))
    Image.fromarray(np.asarray(picture)[..., ::-1].copy()).save(path, exif=picture.getexif())
    seal(exported)

    assert wrong_stages(exported) == {"decode"}


def test_a_golden_file_without_its_orientation(exported):
    path = exported / "golden" / "made_smaller.png"
    Image.open(io.BytesIO(path.read_bytes())).save(path, exif=b"")
    seal(exported)

    assert wrong_stages(exported) == {"decode"}


@pytest.mark.parametrize(
    ("tensor", "stages"),
    [
        ("0.decoded", {"decode", "resize"}),
        ("0.resized", {"resize", "normalise", "network", "answers"}),
        ("0.normalised", {"normalise"}),
        ("0.read", {"read"}),
        ("probabilities", {"network", "answers"}),
        ("probabilities.onnx_int8", {"network"}),
    ],
)
def test_other_golden_tensors(exported, tensor, stages):
    path = exported / "golden" / "golden.safetensors"
    tensors = load_file(path)
    tensors[tensor] = tensors[tensor].flip(-1).contiguous()
    save_file(tensors, path)
    seal(exported)

    found = wrong_stages(exported)

    assert found
    assert found <= stages


def test_what_cannot_be_run_here_is_named(exported, monkeypatch):
    monkeypatch.setattr(verify, "find_spec", lambda _name: None)

    checked = verified(exported)

    notes = {each.what: each.note for each in checked if each.what}
    said = "not checked: onnxruntime is not installed"
    assert notes == {"bundle": "", "pt2": "", "onnx": said, "onnx_int8": said}
    assert wrong_stages(exported) == set()


def test_a_graph_may_hold_code_and_is_opened_by_request_alone(exported, monkeypatch):
    monkeypatch.setattr(torch.export, "load", None)

    checked = verify_export(exported)

    assert of_format(checked, "pt2").note.startswith(
        "not checked: it may hold code, and is opened by --trust"
    )
    assert not [each for each in checked if each.trouble]


def test_a_folder_that_is_no_export(tmp_path):
    with pytest.raises(UserError, match="There is no folder"):
        verify_export(tmp_path / "none")
    with pytest.raises(UserError, match="is no export"):
        verify_export(tmp_path)


def test_the_bundle_is_the_network(exported):
    loaded = load_classifier(exported / "network.safetensors")

    assert loaded.description == make_network(calibration=loaded.description.calibration).description


class _Dangerous:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_a_graph_with_a_pickle_in_it_executes_nothing(exported, tmp_path, monkeypatch):
    """torch itself would load it in the end: the one who sent it has sealed the folder again, too."""
    monkeypatch.chdir(tmp_path)
    path, content = exported / FORMATS["pt2"].file, io.BytesIO()
    torch.save(_Dangerous(), content)
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(tmp_path / "new", "w") as after:
        for name in before.namelist():
            is_pickle = name.endswith("sample_inputs/model.pt")
            after.writestr(name, content.getvalue() if is_pickle else before.read(name))
    shutil.copy(tmp_path / "new", path)
    seal(exported)

    assert of_format(verified(exported), "pt2").trouble.startswith("it cannot be opened")
    assert not (tmp_path / "executed").exists()
