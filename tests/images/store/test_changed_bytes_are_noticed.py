"""A store is compared with the digest that was written with it, wherever it is opened."""

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from image_classification.errors import UserError
from image_classification.files import stamp
from image_classification.images.store import content
from image_classification.images.store.image_store import ImageDictPlan, save_image_store
from image_classification.images.store.opened_store import open_image_store, reopen_image_store

PIXELS = np.random.default_rng(0).integers(0, 256, (50, 3, 8, 8), dtype=np.uint8)


def fill(block, advance):
    block.write(0, PIXELS)
    return ["ok"] * len(block)


PLAN = ImageDictPlan(
    names=[f"{number}.png" for number in range(50)],
    labels=np.arange(50) % 2,
    class_names=["even", "odd"],
    given_splits=[""] * 50,
    data_name="numbers",
    image_shape=(3, 8, 8),
    digest="ab" * 32,
    fill=fill,
)


@pytest.fixture
def path(tmp_path):
    save_image_store(PLAN, tmp_path / "images.safetensors")
    return tmp_path / "images.safetensors"


def change(path, place, keep_times=False):
    state = path.stat()
    with path.open("r+b") as file:
        file.seek(place, os.SEEK_END if place < 0 else os.SEEK_SET)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    if keep_times:
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize("keep_times", [False, True])
@pytest.mark.parametrize("place", [4096, 4096 + 400, 4096 + 400 + 5000, -1])
def test_one_bit_is_enough(path, place, keep_times):
    open_image_store(path)
    change(path, place, keep_times)
    with pytest.raises(
        UserError, match=rf"image store {path} is damaged: its bytes are not those that were w"
    ):
        open_image_store(path)


def test_what_is_damaged_is_rebuilt_by_whoever_makes_it(path):
    change(path, 6000)
    assert save_image_store(PLAN, path)
    np.testing.assert_array_equal(open_image_store(path).images.numpy(), PIXELS)
    assert not save_image_store(PLAN, path)


@pytest.mark.parametrize("key", ["data_name", "resize", "digest"])
def test_the_header_counts(path, key):
    header, start = content.read_header(path)
    header["__metadata__"][key] = "other"
    write_header(path, header, start)
    with pytest.raises(UserError, match="is damaged"):
        open_image_store(path)


def test_a_store_of_before_there_were_digests_is_read(path):
    header, start = content.read_header(path)
    del header["__metadata__"]["content"]
    write_header(path, header, start)
    assert len(open_image_store(path)) == 50
    assert not save_image_store(replace(PLAN, fill=None), path)


def test_a_process_reads_a_file_once(path, monkeypatch):
    monkeypatch.setattr(stamp, "_TICK", -1)
    open_image_store(path)
    monkeypatch.setattr(content, "content_digest", lambda *_: "none")
    open_image_store(path)
    path.touch()
    with pytest.raises(UserError, match="is damaged"):
        open_image_store(path)
    assert len(reopen_image_store(path)) == 50  # whoever sent it has read it


def test_a_file_that_has_just_been_written_is_read_again(path, monkeypatch):
    monkeypatch.setattr(stamp, "_TICK", 10**18)
    open_image_store(path)
    assert (path, stamp.stamp_of(path)) not in content._checked


@pytest.fixture
def read_again(monkeypatch):
    """Have stores of all sizes taken for checked; tells which are read to be compared with their digest."""
    monkeypatch.setattr(content, "_WORTH_WAITING", 0)
    monkeypatch.setattr(content, "_LONGEST_WAIT", 10)
    read, digest = [], content.content_digest
    monkeypatch.setattr(
        content, "content_digest", lambda path, *rest: read.append(path) or digest(path, *rest)
    )
    return read


def test_who_has_written_a_store_does_not_read_it_again(tmp_path, read_again):
    save_image_store(PLAN, tmp_path / "images")
    assert len(open_image_store(tmp_path / "images")) == 50
    assert not read_again


@pytest.mark.parametrize("keep_times", [False, True])
def test_what_is_changed_after_it_was_written_is_noticed_at_once(tmp_path, read_again, keep_times):
    save_image_store(PLAN, tmp_path / "images")
    change(tmp_path / "images", 4096, keep_times)
    with pytest.raises(UserError, match="is damaged"):
        open_image_store(tmp_path / "images")
    assert read_again


def test_what_another_one_has_put_there_is_read(tmp_path, read_again):
    save_image_store(PLAN, tmp_path / "images")
    content._checked.clear()
    content.trust_written(tmp_path / "images", number=-1)
    open_image_store(tmp_path / "images")
    assert read_again


@pytest.mark.parametrize("limit", ["_LONGEST_WAIT", "_WORTH_WAITING"])
def test_a_small_store_is_read_again_and_where_no_clock_ticks(tmp_path, read_again, monkeypatch, limit):
    monkeypatch.setattr(content, limit, 0 if limit == "_LONGEST_WAIT" else 2**24)
    save_image_store(PLAN, tmp_path / "images")
    open_image_store(tmp_path / "images")
    assert read_again


def test_the_digest_does_not_depend_on_the_number_of_chunks_that_are_read_at_once(path, monkeypatch):
    header, start = content.read_header(path)
    first = content.content_digest(path, header, start)
    monkeypatch.setattr("image_classification.threads.usable_cores", lambda: 1)
    assert content.content_digest(path, header, start) == first == header["__metadata__"]["content"]


def write_header(path, header, start):
    text = json.dumps(header).encode().ljust(start - 8)
    path.write_bytes((start - 8).to_bytes(8, "little") + text + path.read_bytes()[start:])


@pytest.mark.parametrize("ticks", [0, 1])
def test_a_store_is_read_again_as_long_as_the_clock_of_the_disk_stands_still(
    path, read_again, monkeypatch, ticks
):
    (state,) = stamp.stamp_of(path)
    now = max(state.modified, state.changed) + ticks
    monkeypatch.setattr(content, "_LONGEST_WAIT", 0.01)
    monkeypatch.setattr(content, "os", SimpleNamespace(fstat=lambda _: SimpleNamespace(st_mtime_ns=now)))
    content.trust_written(path, state.number)
    assert ((path, stamp.stamp_of(path)) in content._checked) is bool(ticks)
