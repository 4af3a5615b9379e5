"""A set that grows is measured stage by stage, by the seconds and the memory of an image."""

import json

import pytest
from tests.benchmarks.growing_images import growing_folder, growing_store
from tests.benchmarks.growth import compare
from tests.benchmarks.growth_side import main

FIGURES = ("figures of the report",)


@pytest.mark.parametrize(
    ("kind", "stages"),
    [
        ("folder", ["index", "decode and store", "audit", "split and statistics"]),
        (
            "store",
            [
                "open the store",
                "near copies",
                "split",
                "statistics",
                "sets",
                "previews",
                "figures of the report",
            ],
        ),
    ],
)
def test_each_stage_is_measured(tmp_path, capsys, kind, stages):
    path = tmp_path / "images" if kind == "folder" else tmp_path / "images.safetensors"
    (growing_folder if kind == "folder" else growing_store)(path, 1200)

    main(kind, str(path))

    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(measured["seconds"]) == list(measured["megabytes"]) == stages
    assert all(seconds > 0 for seconds in measured["seconds"].values())


def test_an_image_of_many_is_compared_with_one_of_few():
    few = {"index": 1.0, "split": 0.1, "audit": 2.0}
    many = {"index": 10.0, "split": 1.0, "audit": 200.0}
    measured = {
        100: {"seconds": few, "megabytes": dict.fromkeys(few, 7)},
        1000: {"seconds": many, "megabytes": dict.fromkeys(many, 70)},
    }

    rows = compare("folder", measured)

    assert [(row.ratio, row.reached) for row in rows] == [
        (pytest.approx(1), True),
        (pytest.approx(10), False),
    ]
    assert "audit 200.0000 ms an image, 70 MB" in rows[0].notes[0]
