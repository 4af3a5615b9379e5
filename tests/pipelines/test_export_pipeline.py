"""The network that was trained last is exported, whatever images it was trained on and under each runner."""

import json
import shutil
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from kedro.runner import AbstractRunner, ParallelRunner, SequentialRunner, ThreadRunner
from tests.export.conftest import verified, wrong_stages
from tests.images.made_pictures import photograph

from image_classification.errors import UserError


def run(project: Path, name: str, runner: AbstractRunner | None = None, **options) -> None:
    """Run a pipeline; `only_missing_outputs` is an option of the run, everything else are parameters."""
    missing = options.pop("only_missing_outputs", False)
    with KedroSession.create(project, runtime_params=options) as session:
        session.run(pipeline_names=[name], runner=runner or SequentialRunner(), only_missing_outputs=missing)


BUNDLE = {"formats": ["bundle"]}


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training."""
    return Path(shutil.copytree(train_once(epochs=1, lr=0.001), tmp_path / "project"))


@pytest.fixture
def folder(project: Path, tiny_mnist: Path) -> Path:
    """Where the export is written."""
    return project / "data" / "06_models" / "export"


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_it_is_right(project, folder, runner, capsys):
    run(project, "export", runner(), export=BUNDLE)

    assert "how to check them, are in" in capsys.readouterr().out
    assert wrong_stages(folder) == set()
    record = json.loads((folder / "export.json").read_text())
    assert record["data_name"] == "mnist"
    assert record["golden_images"] == "6 test images (0 as their files) and 2 made of the first"
    assert record["compared_on"] == "50 test images"


@pytest.mark.slow
def test_in_processes_and_in_every_format(project, folder):
    formats = {"formats": ["bundle", "pt2", "onnx", "onnx_int8"], "int8": {"largest_loss": 1.0}}
    run(project, "export", ParallelRunner(), export=formats)

    assert wrong_stages(folder) == set()
    assert [each.what for each in verified(folder) if each.stage == "network"] == formats["formats"]


@pytest.mark.slow
def test_it_is_made_again_only_where_something_has_changed(project, folder):
    run(project, "export", export=BUNDLE)
    before = (folder / "export.json").stat().st_mtime_ns

    run(project, "export", export=BUNDLE, only_missing_outputs=True)
    assert (folder / "export.json").stat().st_mtime_ns == before

    run(project, "export", export=BUNDLE | {"golden_images": 3}, only_missing_outputs=True)
    assert json.loads((folder / "export.json").read_text())["golden_images"].startswith("3 test images")

    (folder / "golden" / "000.png").write_bytes(b"damaged")
    run(project, "export", export=BUNDLE | {"golden_images": 3}, only_missing_outputs=True)
    assert wrong_stages(folder) == set()


@pytest.mark.slow
def test_a_folder_of_pictures(project, folder, tmp_path):
    """Its files go along as they are; one of another training's data is refused."""
    pictures = tmp_path / "p ö"
    for number, name in enumerate(("a b", "größe|x") * 9):
        path = pictures / name / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        photograph(number, (40 + number, 30)).save(path)
    modelling = {"training": {"epochs": 1, "batch_size": 4}, "network": {"name": "feed_forward"}}
    images = {"path": str(pictures), "images": {"size": 8, "resize": "crop"}}
    run(project, "folder_training", image_folder=images, modelling=modelling)

    run(project, "folder_export", export=BUNDLE)

    assert wrong_stages(folder) == set()
    facts = json.loads((folder / "golden" / "golden.json").read_text())
    originals = [each for each in facts if each["what"] == "original file"]
    assert {each["label"] for each in originals} == {"a b", "größe|x"}
    for each in originals:
        assert (folder / "golden" / each["file"]).read_bytes() == (pictures / each["name"]).read_bytes()

    with pytest.raises(UserError, match="The network was made for p ö"):
        run(project, "export", export=BUNDLE)
