"""Of a folder that has been prepared before, only files that were written since are read and decoded."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from image_classification.files import stamp
from image_classification.images.folder import folder_images
from image_classification.images.folder.folder_images import plan_folder_images
from image_classification.images.folder.headers import known
from image_classification.images.folder.headers.known import KnownFiles
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.reading.options import FolderImageOptions
from image_classification.images.store.image_store import save_image_store
from image_classification.images.store.opened_store import open_image_store


def write(path: Path, seed: int, side: int = 12) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


class Prepared:
    """A folder that is prepared again and again; `read` and `decoded` are what the last time has taken."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.memory = folder, None
        self.read: list[str] = []
        self.decoded: list[str] = []
        self._count(monkeypatch, known, "read_header", self.read)
        self._count(monkeypatch, folder_images, "decode_image", self.decoded)

    def _count(self, monkeypatch, module, name, counted) -> None:
        function = getattr(module, name)

        def counting(path, *arguments, **options):
            counted.append(Path(path).relative_to(self.folder).as_posix())
            return function(path, *arguments, **options)

        monkeypatch.setattr(module, name, counting)

    def again(self, store: Path, *, reader: str = "1", code: str = "1", **options) -> pd.DataFrame:
        self.read.clear()
        self.decoded.clear()
        files = KnownFiles(self.folder, self.memory, made_by=reader)
        table = index_image_files(self.folder, known=files)
        self.memory = files.table.sample(frac=1, random_state=0)  # whatever order it is in
        plan = plan_folder_images(table, self.folder, FolderImageOptions(size=8, **options))
        save_image_store(replace(plan, code=code), store)
        return table

    def takes(self) -> tuple[set[str], set[str]]:
        assert len(set(self.read)) == len(self.read)
        assert len(set(self.decoded)) == len(self.decoded)
        return set(self.read), set(self.decoded)


@pytest.fixture
def prepared(tmp_path, monkeypatch) -> Prepared:
    """Three classes of four pictures, prepared once."""
    monkeypatch.setattr(stamp, "_TICK", 0)  # nothing waits until files are old enough to be known again
    for place, name in enumerate(("ant", "bee", "cat")):
        for number in range(4):
            write(tmp_path / "set" / name / f"{number}.png", 10 * place + number)
    prepared = Prepared(tmp_path / "set", monkeypatch)
    prepared.again(tmp_path / "store")
    assert len(prepared.read) == len(prepared.decoded) == 12
    return prepared


def add(folder):
    write(folder / "ant" / "-1.png", 100)
    write(folder / "cat" / "9.png", 101)
    return {"ant/-1.png", "cat/9.png"}, {"ant/-1.png", "cat/9.png"}


def remove(folder):
    for name in ("ant/0.png", "bee/2.png", "cat/3.png"):
        (folder / name).unlink()
    return set(), set()


def rename(folder):
    (folder / "ant" / "0.png").rename(folder / "ant" / "zebra ä.png")
    return {"ant/zebra ä.png"}, set()


def relabel(folder):
    (folder / "ant" / "1.png").rename(folder / "cat" / "11.png")
    return {"cat/11.png"}, set()


def rename_class(folder):
    (folder / "bee").rename(folder / "wasp")
    return {f"wasp/{number}.png" for number in range(4)}, set()


def remove_class(folder):
    shutil.rmtree(folder / "bee")
    return set(), set()


def exchange(folder):
    one, other = folder / "ant" / "0.png", folder / "cat" / "0.png"
    one.rename(folder / "ant" / "away")
    other.rename(one)
    (folder / "ant" / "away").rename(other)
    return {"ant/0.png", "cat/0.png"}, set()


def copy(folder):
    shutil.copy2(folder / "ant" / "0.png", folder / "ant" / "7.png")
    return {"ant/7.png"}, set()


def touch(folder):
    (folder / "bee" / "1.png").touch()
    return {"bee/1.png"}, set()


def rewrite(folder):
    write(folder / "bee" / "1.png", 102, side=13)
    return {"bee/1.png"}, {"bee/1.png"}


def rewrite_in_disguise(folder):
    """Other pixels in a file of the same size, whose times are set back."""
    path = folder / "bee" / "1.png"
    before, content = path.stat(), bytearray(path.read_bytes())
    Image.fromarray(np.zeros((12, 12, 3), np.uint8)).save(path, pnginfo=None)
    path.write_bytes(path.read_bytes().ljust(len(content), b"\0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    return {"bee/1.png"}, {"bee/1.png"}


def replace_by_link(folder):
    target = write(folder.parent / "elsewhere.png", 103)
    (folder / "cat" / "1.png").unlink()
    (folder / "cat" / "1.png").symlink_to(target)
    return {"cat/1.png"}, {"cat/1.png"}


def damage(folder):
    (folder / "cat" / "1.png").write_bytes((folder / "cat" / "1.png").read_bytes()[:-40])
    return {"cat/1.png"}, {"cat/1.png"}


def add_what_is_no_picture(folder):
    (folder / "cat" / "notes.txt").write_text("a")
    (folder / "cat" / "broken.png").write_bytes(b"\x89PNG")
    return {"cat/notes.txt", "cat/broken.png"}, set()


def replace_all(folder):
    names = {f"{name}/{number}.png" for name in ("ant", "bee", "cat") for number in range(4)}
    for seed, name in enumerate(sorted(names)):
        write(folder / name, 200 + seed)
    return names, names


def do_nothing(folder):
    return set(), set()


CHANGES = [
    *(add, remove, rename, relabel, rename_class, remove_class, exchange, copy, touch, rewrite),
    *(rewrite_in_disguise, replace_by_link, damage, add_what_is_no_picture, replace_all, do_nothing),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_store_is_equal_to_one_made_afresh(prepared, tmp_path, change):
    read, decoded = change(prepared.folder)

    table = prepared.again(tmp_path / "store")

    assert prepared.takes() == (read, decoded)
    prepared.memory = None
    assert prepared.again(tmp_path / "afresh").equals(table)
    assert (tmp_path / "store").read_bytes() == (tmp_path / "afresh").read_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_one_change_after_another(prepared, tmp_path, seed):
    generator = np.random.default_rng(seed)
    for step in range(8):
        for number in range(generator.integers(1, 4)):
            files = sorted(prepared.folder.rglob("*.png"))
            chosen = files[generator.integers(len(files))]
            new = prepared.folder / ("ant", "bee", "cat")[number] / f"{step}-{number}.png"
            match generator.integers(4):
                case 0:
                    write(new, 100 * step + number)
                case 1:
                    write(chosen, 100 * step + number)
                case 2:
                    chosen.rename(new)
                case 3:
                    chosen.unlink()
        prepared.again(tmp_path / "store")
        assert len(prepared.decoded) <= 3

    known_names = set(prepared.memory["name"])
    prepared.memory = None
    prepared.again(tmp_path / "afresh")
    assert (tmp_path / "store").read_bytes() == (tmp_path / "afresh").read_bytes()
    assert set(prepared.memory["name"]) == known_names


def test_what_other_code_has_read_or_made_does_not_count(prepared, tmp_path):
    write(prepared.folder / "ant" / "9.png", 100)
    prepared.again(tmp_path / "store", reader="2")
    assert [len(each) for each in prepared.takes()] == [13, 1]

    write(prepared.folder / "ant" / "10.png", 101)
    prepared.again(tmp_path / "store", reader="2", code="2")
    assert [len(each) for each in prepared.takes()] == [1, 14]


@pytest.mark.parametrize("options", [{"channels": 1}, {"resize": "crop"}, {"interpolation": "bicubic"}])
def test_what_was_made_in_another_way_does_not_count(prepared, tmp_path, options):
    prepared.again(tmp_path / "store", **options)

    assert [len(each) for each in prepared.takes()] == [0, 12]


def test_images_are_not_taken_from_a_store_that_is_damaged(prepared, tmp_path):
    store = tmp_path / "store"
    content = bytearray(store.read_bytes())
    places = {"images": 5000, "what they were made from": len(content) - 40}
    write(prepared.folder / "ant" / "9.png", 100)
    for place in places.values():
        damaged = content.copy()
        damaged[place] ^= 1
        store.write_bytes(damaged)
        prepared.again(store)
        assert len(prepared.decoded) == 13
        assert (open_image_store(store).images != 0).any(dim=(1, 2, 3)).all()


def test_a_store_of_before_that_was_known_is_made_anew_once(prepared, tmp_path):
    from image_classification.images.store import image_store  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_store, "recipe_of", lambda *_: "")
        (tmp_path / "store").unlink()
        prepared.again(tmp_path / "store")
    before = open_image_store(tmp_path / "store")
    write(prepared.folder / "ant" / "9.png", 100)

    prepared.again(tmp_path / "store")
    assert len(prepared.decoded) == 13
    (prepared.folder / "ant" / "9.png").unlink()
    prepared.again(tmp_path / "store")
    assert prepared.takes() == (set(), set())
    assert open_image_store(tmp_path / "store").digest == before.digest  # what made it is no part of it


def test_a_file_that_was_written_a_moment_before_is_read_again(tmp_path, monkeypatch):
    for name in ("ant", "bee"):
        write(tmp_path / "set" / name / "0.png", len(name))
    prepared = Prepared(tmp_path / "set", monkeypatch)
    monkeypatch.setattr(stamp, "_TICK", 10**18)  # another change could have the same time
    prepared.again(tmp_path / "store")

    prepared.again(tmp_path / "store")

    assert len(prepared.read) == 2


def test_another_folder_with_the_same_names_is_read(prepared, tmp_path):
    shutil.copytree(prepared.folder, tmp_path / "other")
    files = KnownFiles(tmp_path / "other", prepared.memory, made_by="1")

    assert not any(name in files for name in prepared.memory["name"])


@pytest.mark.parametrize("column", ["name", "size", "changed", "sha256", "made_by"])
def test_a_memory_without_a_column_is_none(prepared, tmp_path, column):
    prepared.memory = prepared.memory.drop(columns=column)

    prepared.again(tmp_path / "store")

    assert [len(each) for each in prepared.takes()] == [12, 0]
