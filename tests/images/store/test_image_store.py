"""The store holds what the plan says, is reused when it does already, and is rebuilt when it does not."""

import errno
import json
import logging
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open

from image_classification.errors import UserError
from image_classification.images.store.content import read_header
from image_classification.images.store.image_store import (
    ImageDictPlan,
    open_image_store,
    save_image_store,
    store_digest,
)

NAMES = ["a/1", "ä/2", "c\n/3", "\udcff"]  # the name of a file need not be text
PIXELS = np.arange(4 * 3 * 2 * 5, dtype=np.uint8).reshape(4, 3, 2, 5)


def fill(block, advance):
    block.write(0, PIXELS)
    advance(len(block))
    return ["ok", "ok", "truncated file", "ok"]


def refuse_to_fill(block, advance):
    raise AssertionError("the store is up to date")


PLAN = ImageDictPlan(
    names=NAMES,
    labels=np.array([0, 1, 2, 1]),
    class_names=["a", "ä", "c"],
    given_splits=["train", "", "", "test"],
    data_name="some data",
    image_shape=(3, 2, 5),
    digest=store_digest("abc", size=(2, 5)),
    fill=fill,
)


def made_from(path):
    return read_header(path)[0]["__metadata__"]["digest"]


def write_header(path, header, start):
    text = json.dumps(header).encode().ljust(start - 8)
    path.write_bytes((start - 8).to_bytes(8, "little") + text + path.read_bytes()[start:])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "primary" / "images.safetensors"


def test_what_was_planned_comes_back(path):
    assert save_image_store(PLAN, path)

    images = open_image_store(path)

    np.testing.assert_array_equal(images.images.numpy(), PIXELS)
    assert images.images.dtype == torch.uint8
    assert images.labels.tolist() == [0, 1, 2, 1]
    assert images.labels.dtype == torch.int64
    assert images.labels.data_ptr() % 8 == 0
    assert images.names == NAMES
    assert images.class_names == ["a", "ä", "c"]
    assert images.given_splits == ["train", "", "", "test"]
    assert images.status == ["ok", "ok", "truncated file", "ok"]
    assert images.image_shape == (3, 2, 5)
    assert (images.data_name, images.path) == ("some data", path)
    assert made_from(path) == PLAN.digest
    assert list(path.parent.iterdir()) == [path]


def test_it_reads_as_a_dict_of_images(path):
    save_image_store(PLAN, path)

    images = open_image_store(path)

    assert len(images) == 4
    assert list(images) == NAMES
    [(label, image)] = images["ä/2"].items()
    assert label == 1
    assert image.data_ptr() == images.images[1].data_ptr()  # a view
    assert "b" not in images
    with pytest.raises(KeyError):
        images["b"]


def test_any_reader_of_safetensors_can_open_it(path):
    save_image_store(PLAN, path)

    with safe_open(path, framework="numpy") as store:
        np.testing.assert_array_equal(store.get_tensor("images"), PIXELS)
        assert store.metadata()["data_name"] == "some data"


def test_an_empty_store(path):
    plan = replace(PLAN, names=[], labels=np.zeros(0, dtype=np.int64), given_splits=[], class_names=[])
    save_image_store(plan, path)

    images = open_image_store(path)

    assert images.images.shape == (0, 3, 2, 5)
    assert (images.names, images.class_names, images.status) == ([], [], [])


def test_it_is_reused_while_the_digest_agrees(path, caplog):
    save_image_store(PLAN, path)
    before = path.stat().st_ino

    with caplog.at_level(logging.INFO):
        assert not save_image_store(replace(PLAN, fill=refuse_to_fill), path)

    assert path.stat().st_ino == before
    assert "reused" in caplog.text


@pytest.mark.parametrize("earlier", ["", "first", None])
def test_it_is_rebuilt_when_other_code_has_made_it(path, caplog, earlier):
    save_image_store(replace(PLAN, code=earlier or ""), path)
    if earlier is None:  # of before there was a code in it
        header, start = read_header(path)
        del header["__metadata__"]["code"]
        write_header(path, header, start)
        assert open_image_store(path).digest == PLAN.digest
    before = made_from(path)

    with caplog.at_level(logging.INFO):
        assert save_image_store(replace(PLAN, code="second"), path)
        assert not save_image_store(replace(PLAN, code="second", fill=refuse_to_fill), path)

    told = [line for line in caplog.messages if "built anew" in line]
    said = "was made by other code or libraries" if earlier else "does not say what code has made it"
    assert told == [f"The image store {path} {said}, so its pixels may be others: it is built anew."]
    assert made_from(path) == before


def test_whoever_does_not_know_the_code_reuses_what_is_there(path):
    save_image_store(replace(PLAN, code="first"), path)
    assert not save_image_store(replace(PLAN, fill=refuse_to_fill), path)


def test_equal_images_have_equal_digests_whatever_has_made_them(path):
    save_image_store(replace(PLAN, code="first"), path)
    before = open_image_store(path).digest

    save_image_store(replace(PLAN, code="second"), path)
    assert open_image_store(path).digest == before

    def fill_otherwise(block, advance):
        status = PLAN.fill(block, advance)
        block.write(0, PIXELS[:1] ^ 1)
        return status

    save_image_store(replace(PLAN, code="third", fill=fill_otherwise), path)
    assert open_image_store(path).digest != before


def test_it_is_rebuilt_when_the_digest_differs(path):
    save_image_store(PLAN, path)

    assert save_image_store(replace(PLAN, digest=store_digest("abc", size=(2, 6)), data_name="new"), path)

    assert open_image_store(path).data_name == "new"


@pytest.mark.parametrize("keep", [0, 5, 3000, -1])
def test_a_damaged_store_is_an_error_and_rebuilt_on_save(path, keep):
    save_image_store(PLAN, path)
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(UserError, match="damaged"):
        open_image_store(path)

    assert save_image_store(PLAN, path)
    assert len(open_image_store(path)) == 4


def test_a_failure_while_filling_keeps_the_old_store(path):
    save_image_store(PLAN, path)

    with pytest.raises(AssertionError):
        save_image_store(replace(PLAN, digest="other", fill=refuse_to_fill), path)

    assert made_from(path) == PLAN.digest
    assert len(open_image_store(path)) == 4
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_noticed_before_anything_is_filled(path, monkeypatch):
    save_image_store(PLAN, path)

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    with pytest.raises(UserError, match="no room for the image store"):
        save_image_store(replace(PLAN, digest="other", fill=refuse_to_fill), path)

    assert made_from(path) == PLAN.digest
    assert len(open_image_store(path)) == 4


def test_a_missing_store(path):
    with pytest.raises(UserError, match="no image store"):
        open_image_store(path)


def test_whoever_has_the_old_store_open_keeps_it(path):
    save_image_store(PLAN, path)
    old = open_image_store(path)

    save_image_store(replace(PLAN, digest="other", fill=lambda block, advance: ["ok"] * len(block)), path)

    np.testing.assert_array_equal(old.images.numpy(), PIXELS)
    assert open_image_store(path).images.sum() == 0


def test_writing_to_an_opened_image_does_not_change_the_file(path):
    save_image_store(PLAN, path)

    open_image_store(path).images.zero_()

    np.testing.assert_array_equal(open_image_store(path).images.numpy(), PIXELS)


def test_another_process_gets_the_path_and_not_the_pixels(path):
    count = 1000
    names = [str(number) for number in range(count)]
    plan = replace(
        PLAN,
        names=names,
        labels=np.zeros(count, dtype=np.int64),
        given_splits=names,
        image_shape=(3, 64, 64),
        fill=lambda block, advance: ["ok"] * len(block),
    )
    save_image_store(plan, path)

    sent = pickle.dumps(open_image_store(path))

    assert len(sent) < 1000
    assert pickle.loads(sent).names == names


def test_a_name_that_could_not_be_told_from_two_is_refused(path):
    with pytest.raises(ValueError, match="NUL"):
        save_image_store(replace(PLAN, names=["a\0b", *NAMES[1:]]), path)

    assert not path.exists()
