"""A folder full of broken, odd and mislabelled files: all are accounted for, or the run stops clearly."""

import hashlib
import struct
import zlib

import numpy as np
import pytest
from kedro.framework.session import KedroSession
from PIL import Image

from image_classification.cli.explanations import user_message
from image_classification.errors import UserError

BROKEN = {
    "train/cat/truncated.jpg": "unreadable: image file is truncated",
    "train/cat/empty.jpg": "unreadable: the file is empty",
    "train/cat/text.jpg": "unreadable: not an image, although its name ends in .jpg",
    "train/dog/bomb.png": "unreadable: so many pixels that it may be a decompression bomb",
    "train/dog/gone.png": "unreadable: a link that leads nowhere",
}
IGNORED = {
    "train/.DS_Store": "ignored: hidden",
    "train/.git/": "ignored: hidden",
    "train/dog/loop/": "ignored: a link to a folder that it lies in",
    "train/dog/notes.txt": "ignored: not an image",
    "train/top.png": "ignored: in no folder of a class",
    "labels.csv": "ignored: in no folder of a class",
    "extra/1.png": "ignored: in none of the folders of splits",
}
ODD = (
    "train/cat/animated.gif",
    "train/cat/sixteen.png",
    "train/cat/cmyk.jpg",
    "train/dog/palette.png",
    "train/dog/rotated.jpg",
    "train/dog/deep/er/ünïcode 猫.webp",
    "train/dog/no_ending",
)


def noise(seed, size=(20, 16)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def bomb():
    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "broken"
    cat, dog = root / "train" / "cat", root / "train" / "dog"
    for place in (cat, dog / "deep" / "er", root / "extra", root / "train" / ".git"):
        place.mkdir(parents=True)
    for split, count in (("train", 30), ("test", 8)):
        for class_name in ("cat", "dog"):
            (root / split / class_name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                picture = noise(hash((split == "test", class_name == "cat", number)) % 2**32)
                picture.save(root / split / class_name / f"{number}.png")

    noise(1, (200, 200)).save(cat / "truncated.jpg")
    (cat / "truncated.jpg").write_bytes((cat / "truncated.jpg").read_bytes()[:-3000])
    (cat / "empty.jpg").touch()
    (cat / "text.jpg").write_text("I am no picture.")
    (dog / "bomb.png").write_bytes(bomb())
    (dog / "gone.png").symlink_to(root / "nowhere.png")

    (root / "train" / ".DS_Store").touch()
    noise(2).save(root / "train" / ".git" / "1.png")
    (dog / "loop").symlink_to(root)
    (dog / "notes.txt").write_text("good dog")
    noise(3).save(root / "train" / "top.png")
    (root / "labels.csv").write_text("a,b")
    noise(4).save(root / "extra" / "1.png")

    noise(5).save(cat / "animated.gif", save_all=True, append_images=[noise(6), noise(7)])
    Image.fromarray(np.arange(320, dtype=np.uint16).reshape(16, 20) * 200).save(cat / "sixteen.png")
    noise(8).convert("CMYK").save(cat / "cmyk.jpg")
    noise(9).quantize(16).save(dog / "palette.png", transparency=3)
    exif = Image.Exif()
    exif[0x0112] = 6
    noise(10).save(dog / "rotated.jpg", exif=exif)
    noise(11).save(dog / "deep" / "er" / "ünïcode 猫.webp")
    noise(12).save(dog / "no_ending", format="PNG")
    # the same picture in both splits
    (root / "test" / "dog" / "again.png").write_bytes((dog / "7.png").read_bytes())
    return root


def run(project, folder, pipeline="image_folder", **parameters):
    values = {
        "image_folder": {"path": str(folder), "images": {"size": 16}} | parameters,
        "modelling": {"training": {"epochs": 1}},
    }
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=[pipeline])
        return session.load_context().catalog


def test_every_file_is_accounted_for(project, folder):
    catalog = run(project, folder)

    index = catalog["image_folder.image_index"].load().set_index("name")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    found -= {"train/.git/1.png"}  # its folder is named instead
    assert found <= set(index.index)
    assert set(index.index) - found == {"train/.git/", "train/dog/loop/", "train/dog/gone.png"}
    for name, reason in (BROKEN | IGNORED).items():
        assert index.loc[name, "left_out_reason"].startswith(reason), name
        assert index.loc[name, "split"] == ""
    used = index[index["left_out_reason"] == ""]
    assert set(index.index) - set(used.index) == set(BROKEN) | set(IGNORED)
    assert set(ODD) <= set(used.index)
    assert (used["split"] != "").all()
    statistics = catalog["image_folder.image_statistics"].load()
    assert statistics["left_out"] == {"unreadable": len(BROKEN), "ignored": len(IGNORED)}
    images = catalog["image_folder.images"].load()
    for name in ODD:
        ((_, image),) = images[name].items()
        assert image.float().std() > 10, name
    assert index.loc["train/dog/rotated.jpg", ["width", "height"]].tolist() == [16, 20]
    again, original = index.loc["test/dog/again.png"], index.loc["train/dog/7.png"]
    assert again["sha256"] == original["sha256"]
    assert again["duplicate_group"] == original["duplicate_group"]
    findings = catalog["image_folder.audit_table"].load().set_index("kind")
    assert findings.loc["exact duplicates", "leak"]
    assert "train/dog/7.png" in findings.loc["exact duplicates", "names"]


def test_a_leak_is_dropped_from_training_or_stops_the_run(project, folder):
    index = run(project, folder, audit={"leaks": "drop"})["image_folder.image_index"].load().set_index("name")

    assert index.loc["test/dog/again.png", "split"] == "test"
    assert index.loc["train/dog/7.png", "split"] == ""
    assert index.loc["train/dog/7.png", "left_out_reason"].startswith("leak: ")
    with pytest.raises(UserError, match=r"several splits(?s:.*)train/dog/7\.png"):
        run(project, folder, audit={"leaks": "fail"})


@pytest.mark.slow
def test_a_network_is_trained_on_what_is_left(project, folder):
    catalog = run(project, folder, pipeline="folder_training")

    assert catalog["metrics"].load()["images"] == 17
    assert catalog["trained_network"].load().description.class_names == ("cat", "dog")


def test_fail_stops_before_anything_is_built_and_names_the_files(project, folder):
    with pytest.raises(Exception, match="cannot be read") as caught:
        run(project, folder, on_bad_image="fail")

    message = user_message(caught.value)
    assert message is not None
    # what is truncated shows only when it is decoded
    for name in set(BROKEN) - {"train/cat/truncated.jpg"}:
        assert f"  {name}: unreadable: " in message
    assert not (project / "data" / "02_intermediate" / "image_folder").exists()


@pytest.mark.slow
def test_fail_stops_at_what_shows_only_when_decoded_and_keeps_the_images_that_were_there(project, folder):
    run(project, folder)
    store = project / "data" / "03_primary" / "image_folder" / "images.safetensors"
    built = store.stat().st_ino
    for name in set(BROKEN) - {"train/cat/truncated.jpg"}:
        (folder / name).unlink()

    for _ in range(2):
        with pytest.raises(UserError, match=r"1 of the \d+ files .* cannot be read") as caught:
            run(project, folder, on_bad_image="fail")
        assert "train/cat/truncated.jpg: unreadable: image file is truncated" in str(caught.value)

    assert store.stat().st_ino == built
    run(project, folder)
    with pytest.raises(UserError, match=r"1 of the \d+ files .* cannot be read"):
        run(project, folder, on_bad_image="fail")  # though the images of the run before would do


def test_no_file_is_changed(project, folder):
    def state():
        return {
            path: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for path in sorted(folder.rglob("*"))
        }

    before = state()
    run(project, folder)

    assert state() == before
