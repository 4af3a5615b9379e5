"""An export takes the place of another one whole, and only once it is known to be right."""

import json

import pytest
from tests.export.conftest import make_network, make_sets, no_file, wrong_stages

from image_classification.datasets.export import ExportDataset
from image_classification.errors import UserError
from image_classification.export.options import ExportOptions
from image_classification.export.plan import ExportPlan


@pytest.fixture
def dataset(tmp_path):
    return ExportDataset(filepath=str(tmp_path / "models" / "export"))


def plan(seed=0, **changes):
    options = ExportOptions(formats=("bundle",))
    return ExportPlan(make_network(seed=seed), *make_sets(), options, changes.get("originals", no_file))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_loads_as_its_record(dataset, tmp_path):
    assert not dataset.exists()
    assert dataset.preview() is None

    dataset.save(plan())

    assert dataset.exists()
    assert list(dataset.load().formats) == ["bundle"]
    assert json.loads(dataset.preview())["network"] == "feed_forward"
    assert wrong_stages(tmp_path / "models" / "export") == set()


def test_the_next_one_replaces_it_whole(dataset, tmp_path):
    folder = tmp_path / "models" / "export"
    dataset.save(plan())
    (folder / "notes.txt").write_text("of the old one")

    dataset.save(plan(seed=1))

    assert not (folder / "notes.txt").exists()
    assert list(folder.parent.iterdir()) == [folder]
    assert wrong_stages(folder) == set()


def test_one_that_is_not_right_replaces_nothing(dataset, tmp_path):
    dataset.save(plan())
    before = contents(tmp_path)

    with pytest.raises(Exception, match="at the stage decode or resize"):
        # a picture of another kind in the place of each file
        other = (tmp_path / "models" / "export" / "golden" / "made_larger.png").read_bytes()
        dataset.save(plan(seed=1, originals=lambda _: other))

    assert contents(tmp_path) == before


def test_a_record_that_is_damaged(dataset, tmp_path):
    dataset.save(plan())
    (tmp_path / "models" / "export" / "export.json").write_text("{}")

    with pytest.raises(Exception, match="There is no whole export in") as refused:
        dataset.load()
    assert isinstance(refused.value, UserError) or isinstance(refused.value.__cause__, UserError)
