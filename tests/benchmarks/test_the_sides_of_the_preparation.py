"""Both sides of the preparation see every image, and the memory of the preparation is watched."""

import json

import pytest
from tests.benchmarks.image_preparation import prepare
from tests.benchmarks.memory_side import main
from tests.benchmarks.photographs import photo_folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return photo_folder(tmp_path_factory.mktemp("side") / "photos", None, 40)


def test_the_preparation_leaves_no_image_out_and_accounts_for_its_seconds(photos, tmp_path):
    prepared = prepare(photos, tmp_path / "images.safetensors")

    assert sum(map(len, prepared.sets)) == 40
    assert all(seconds > 0 for seconds in prepared.seconds.values())


def test_the_peak_is_above_the_beginning(photos, tmp_path, capsys):
    main(str(photos), str(tmp_path / "images.safetensors"))

    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert measured["peak"] > measured["before"] > 0
    assert measured["samples"] > 1
