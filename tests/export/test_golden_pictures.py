"""What goes along as the proof: pictures of as many classes as can be, small, and as their own files."""

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from tests.export.conftest import export, make_network, make_sets, no_file, wrong_stages
from tests.images.made_pictures import photograph

from image_classification.errors import UserError
from image_classification.export.golden.choice import choose
from image_classification.export.golden.files import read_golden
from image_classification.images.reading.decode import decode_image
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.value_range import ValueRange


def a_set(labels):
    store = ImageDict(
        images=torch.zeros((len(labels), 1, 4, 4), dtype=torch.uint8),
        labels=torch.tensor(labels),
        names=[f"{row}.png" for row in range(len(labels))],
        class_names=[f"class {label}" for label in range(1 + max(labels, default=0))],
    )
    return ImageTensorDataset(store, torch.arange(len(labels)))


@pytest.mark.parametrize(
    ("labels", "count", "classes"),
    [
        ([0, 0, 0, 1, 1, 2], 3, [0, 1, 2]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9] * 3, 5, [0, 2, 4, 6, 8]),
        ([0, 0, 0, 0, 0, 0, 1], 4, [0, 0, 0, 1]),
        ([2, 2, 2], 2, [2, 2]),
        ([0, 1], 6, [0, 1]),
        ([], 3, []),
    ],
)
def test_they_are_spread_over_the_classes(labels, count, classes):
    chosen = choose(a_set(labels), count, no_file)

    assert sorted(each.label for each in chosen) == [f"class {label}" for label in classes]
    assert len({each.name for each in chosen}) == len(chosen)


def picture_set(tmp_path, contents, shape, **how):
    """A set of pictures of a folder, as the project reads them."""
    images = []
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        images.append(decode_image(tmp_path / name, shape, "crop", **how))
    store = ImageDict(
        images=torch.stack(images),
        labels=torch.arange(len(images)) % 3,
        names=list(contents),
        class_names=["a", "b", "c"],
    )
    rows = torch.arange(len(images))
    return [ImageTensorDataset(store, each) for each in (rows[:0], rows[:0], rows)]


def encoded(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def lying():
    exif = Image.Exif()
    exif[0x0112] = 8
    return exif


@pytest.fixture
def photographs():
    return {
        "a.JPG": encoded(photograph(1, (300, 200)), "JPEG", exif=lying()),
        "b": encoded(photograph(2, (90, 120)), "PNG"),
        "ü c.webp": encoded(photograph(3, (64, 64)), "WEBP"),
        "grey.jpeg": encoded(photograph(4, (130, 60)).convert("L"), "JPEG"),
    }


@pytest.mark.parametrize("channels", [1, 3])
def test_files_go_along_as_they_are(tmp_path, photographs, channels):
    shape = (channels, 16, 24)
    sets = picture_set(tmp_path, photographs, shape)
    network = make_network(shape=shape, resize="crop", class_names=("a", "b", "c"))

    folder = export(tmp_path / "export", network, sets, originals=lambda name: (tmp_path / name).read_bytes())

    facts = json.loads((folder / "golden" / "golden.json").read_text())
    found = {each["name"]: each for each in facts if each["name"]}
    assert {
        name: (folder / "golden" / each["file"]).read_bytes() for name, each in found.items()
    } == photographs
    assert {name: each["is_lossy"] for name, each in found.items()} == {
        name: name != "b" for name in photographs
    }
    assert {each["what"] for each in found.values()} == {"original file"}
    assert wrong_stages(folder) == set()


def test_each_step_is_what_it_says(tmp_path, photographs):
    shape = (3, 16, 24)
    sets = picture_set(tmp_path, photographs, shape)
    network = make_network(shape=shape, resize="crop", class_names=("a", "b", "c"))
    folder = export(tmp_path / "export", network, sets, originals=lambda name: (tmp_path / name).read_bytes())

    pictures = {each.facts.name: each for each in read_golden(folder).pictures}

    lying_one = pictures["a.JPG"]
    stored = np.asarray(Image.open(tmp_path / "a.JPG").convert("RGB"))
    # EXIF 8: turned by a quarter to the left
    assert np.array_equal(lying_one.decoded.permute(1, 2, 0).numpy(), np.rot90(stored))
    assert lying_one.resized.shape == shape
    with torch.inference_mode():
        assert torch.equal(lying_one.normalised, network.normalise(lying_one.resized[None])[0])


def test_what_this_project_reads_is_compared_with_the_steps(tmp_path, photographs, capsys):
    shape = (3, 16, 24)
    sets = picture_set(tmp_path, photographs, shape)
    network = make_network(shape=shape, resize="crop", class_names=("a", "b", "c"))
    folder = export(tmp_path / "export", network, sets, originals=lambda name: (tmp_path / name).read_bytes())

    pictures = {each.facts.name: each for each in read_golden(folder).pictures}
    stored = dict(zip(sets[2].names, sets[2].tensors[0], strict=True))
    for name in photographs:
        assert torch.equal(pictures[name].read, stored[name]), name
    jpeg = [name for name in photographs if name.lower().endswith(("jpg", "jpeg"))]
    assert not torch.equal(pictures["a.JPG"].read, pictures["a.JPG"].resized)
    with torch.inference_mode():
        as_read, by_steps = (
            network(torch.stack([getattr(pictures[name], step) for name in jpeg])).softmax(1)
            for step in ("read", "resized")
        )
    found = json.loads((folder / "export.json").read_text())["reading"]
    assert found["images"] == len(jpeg)
    assert found["largest_difference"] == pytest.approx((as_read - by_steps).abs().max().item(), abs=1e-6)
    assert found["agreement"] == (as_read.argmax(1) == by_steps.argmax(1)).double().mean().item()
    assert "2 JPEG files as this project reads them" in " ".join(capsys.readouterr().out.split())
    assert "Of 2 JPEG files its probabilities differ by at most" in (folder / "README.md").read_text()


def test_where_no_file_is_a_jpeg_nothing_is_compared(tmp_path, photographs):
    sets = picture_set(tmp_path, {"b": photographs["b"]}, (3, 16, 24))
    network = make_network(shape=(3, 16, 24), resize="crop", class_names=("a", "b", "c"))
    folder = export(tmp_path / "export", network, sets, originals=lambda name: (tmp_path / name).read_bytes())
    assert json.loads((folder / "export.json").read_text())["reading"] is None


def test_what_is_large_does_not_go_along(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8)
    contents = {
        "large.jpg": encoded(Image.new("RGB", (2000, 1500), "red"), "JPEG"),
        "heavy.png": encoded(Image.fromarray(noise), "PNG"),
        "broken.png": b"",
        "fine.png": encoded(photograph(5, (40, 40)), "PNG"),
    }
    readable = {name: content for name, content in contents.items() if content}
    sets = picture_set(tmp_path, readable, (3, 8, 8))
    chosen = choose(sets[2], 3, contents.get)

    assert {each.name: each.what for each in chosen} == {
        "large.jpg": "stored pixels",
        "heavy.png": "stored pixels",
        "fine.png": "original file",
    }
    assert all(len(each.content) < 10_000 for each in chosen)


def test_pixels_of_more_than_8_bits(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 4096, (20, 20)).astype(np.uint16)
    content = encoded(Image.fromarray(pixels), "PNG")
    value_range = ValueRange(integers=(100, 4000))
    sets = picture_set(tmp_path, {"deep.png": content}, (1, 8, 8), value_range=value_range)
    network = make_network(
        shape=(1, 8, 8), resize="crop", value_range=value_range, class_names=("a", "b", "c")
    )

    folder = export(tmp_path / "export", network, sets, originals=lambda _: content)

    assert wrong_stages(folder) == set()
    expected = ((pixels.clip(100, 4000) - 100) / 3900 * 255)[None]
    assert np.abs(read_golden(folder).pictures[0].decoded.numpy() - expected).max() <= 1


@pytest.mark.parametrize(("sizes", "split"), [((6, 5, 0), "validation"), ((6, 0, 0), "training")])
def test_without_test_images_others_go_along(tmp_path, caplog, sizes, split):
    folder = export(tmp_path / "export", make_network(), make_sets(sizes=sizes))

    assert json.loads((folder / "export.json").read_text())["golden_images"].startswith(
        f"{6 if split == 'training' else 5} {split} images"
    )
    assert caplog.messages == [f"There is no test image: the export is proved by {split} images."]
    assert wrong_stages(folder) == set()


def test_without_any_image_there_is_no_proof(tmp_path):
    with pytest.raises(UserError, match="no image that could prove an export"):
        export(tmp_path / "export", make_network(), make_sets(sizes=(0, 0, 0)))


def test_a_file_that_has_changed_since(tmp_path):
    contents = {"a.png": encoded(photograph(1, (40, 40)), "PNG")}
    sets = picture_set(tmp_path, contents, (3, 8, 8))
    network = make_network(resize="crop", class_names=("a", "b", "c"))
    other = encoded(photograph(2, (40, 40)), "PNG")

    with pytest.raises(UserError, match=r"stage decode or resize: a\.png differs by [\d.]+ levels"):
        export(tmp_path / "export", network, sets, originals=lambda _: other)


@pytest.mark.parametrize("rule", [{"resize": "stretch"}, {"resize": "letterbox"}])
def test_a_network_that_was_made_for_another_rule(tmp_path, rule):
    contents = {"a.png": encoded(photograph(1, (120, 40)), "PNG")}
    sets = picture_set(tmp_path, contents, (3, 8, 8))

    with pytest.raises(UserError, match="at the stage decode or resize"):
        network = make_network(class_names=("a", "b", "c"), **rule)
        export(tmp_path / "export", network, sets, originals=contents.get)
