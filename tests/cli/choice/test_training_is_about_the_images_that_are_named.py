"""`--pipeline training` with a folder among the parameters, wherever they are, trains on that folder."""

from functools import partial

import pytest
from kedro.framework.project import pipelines

from image_classification.cli.choice.named_source import loader_of, of_named_source
from image_classification.cli.choice.selection import DEFAULT
from image_classification.cli.explanations import CommandError


@pytest.fixture(autouse=True)
def _pipelines_of_the_project(project):
    """They are those of this process."""


FOLDER, IDX = {"image_folder": {"path": "/photos"}}, {"idx": {"path": "https://host/fashion", "split": {}}}


@pytest.mark.parametrize(
    ("pipeline", "params", "expected"),
    [
        ("training", FOLDER, "folder_training"),
        ("training", IDX, "idx_training"),
        (DEFAULT, IDX, "idx_training"),
        (DEFAULT, FOLDER | {"modelling": {"seed": 1}}, "folder_training"),
        ("modelling", FOLDER, "folder_modelling"),
        ("reporting", IDX, "idx_reporting"),
        ("export", FOLDER, "folder_export"),
        ("export", {}, "export"),
        # nothing is named, or something else is asked for
        ("training", {}, "training"),
        ("training", {"image_folder": {"path": ""}}, "training"),
        ("training", {"idx": {"path": None, "name": "a"}}, "training"),
        ("training", {"image_folder": 3, "modelling": {"path": "/photos"}}, "training"),
        ("mnist", FOLDER, "mnist"),
        ("folder_training", IDX, "folder_training"),
        ("comparison", FOLDER, "comparison"),
        ("trainin", FOLDER, "trainin"),
    ],
)
def test_the_pipeline_is_that_of_the_images(pipeline, params, expected):
    assert of_named_source(pipeline, params).pipeline == expected


@pytest.mark.parametrize("pipeline", ["training", "modelling", "reporting", "export"])
@pytest.mark.parametrize("params", [FOLDER, IDX])
def test_there_is_such_a_pipeline(pipeline, params):
    assert of_named_source(pipeline, params).pipeline in pipelines


def test_two_sources_are_one_too_many():
    with pytest.raises(CommandError, match=r"image_folder\.path and idx\.path: give one"):
        of_named_source("training", FOLDER | IDX)


def given(project, params=None, env=None, **files):
    """The pipeline and the origin that are meant with such files of parameters in conf/."""
    # whose own files set all paths to nothing
    for source in ("image_folder", "idx", "hugging_face") if "base" in files else ():
        (project / "conf" / "base" / f"parameters_{source}.yml").unlink()
    for layer, content in files.items():
        (project / "conf" / layer).mkdir(exist_ok=True)
        (project / "conf" / layer / "parameters.yml").write_text(content)
    options = {"conf_source": None, "env": env, "params": params or {}}
    return of_named_source("training", params or {}, partial(loader_of, project, options))


FOLDER_FILE = "image_folder: {path: /photos}"
OTHER_FILES = {
    "hugging_face": "hugging_face:\n  path:\n    owner/name\n",
    "idx": 'idx:\n  "path": "2024"\n',
    "folder": "image_folder:\n  layout: classes\n  path: s3://shop/photos # of 2024\n",
}


@pytest.mark.parametrize(("source", "content"), OTHER_FILES.items())
@pytest.mark.parametrize("layer", ["local", "fast", "base"])
def test_files_name_images_too(project, source, content, layer):
    found = given(project, env="fast", **{layer: content})
    option = "image_folder.path" if source == "folder" else f"{source}.path"
    assert found == (f"{source}_training", f"conf/{layer}/parameters.yml names images by {option}")


def test_an_environment_of_the_variable(project, monkeypatch):
    monkeypatch.setenv("KEDRO_ENV", "photos")
    assert given(project, photos=FOLDER_FILE).pipeline == "folder_training"


LAYOUT = {"image_folder": {"layout": "classes"}}
NOTHING = {"image_folder": {"path": ""}}
IDX_FILE = OTHER_FILES["idx"]
OPTION = {"folder_training": "image_folder.path", "idx_training": "idx.path"}


@pytest.mark.parametrize(
    ("params", "files", "expected", "origin"),
    [
        (IDX, {"local": FOLDER_FILE}, "idx_training", "--params"),
        (FOLDER, {"local": FOLDER_FILE}, "folder_training", "--params"),
        ({"modelling": {"seed": 1}}, {"local": FOLDER_FILE}, "folder_training", "conf/local/parameters.yml"),
        (LAYOUT, {"fast": FOLDER_FILE}, "folder_training", "conf/fast/parameters.yml"),
        ({}, {"local": FOLDER_FILE, "fast": IDX_FILE}, "idx_training", "conf/fast/parameters.yml"),
        ({}, {"base": FOLDER_FILE, "local": IDX_FILE}, "idx_training", "conf/local/parameters.yml"),
        # taken back
        (NOTHING, {"local": FOLDER_FILE}, "training", ""),
        ({}, {"local": FOLDER_FILE, "fast": "image_folder: {path: ''}"}, "training", ""),
        (NOTHING, {"local": FOLDER_FILE, "base": IDX_FILE}, "idx_training", "conf/base/parameters.yml"),
        # of something else
        ({}, {"local": "inference: {table: {path: name}}"}, "training", ""),
        ({}, {"photos": FOLDER_FILE}, "training", ""),
    ],
)
def test_the_innermost_counts(project, params, files, expected, origin):
    found = given(project, params, "fast", **files)
    assert found.pipeline == expected
    assert found.why == (origin and f"{origin} names images by {OPTION[expected]}")


@pytest.mark.parametrize("asked", ["training", DEFAULT])
def test_it_is_told_what_names_them_and_what_was_asked_for(asked):
    assert of_named_source(asked, FOLDER).instead_of(asked) == (
        "--params names images by image_folder.path, and training is about MNIST: running the pipeline "
        "folder_training."
    )


@pytest.mark.parametrize("layer", ["local", "fast"])
def test_two_sources_in_one_place_are_one_too_many(project, layer):
    with pytest.raises(CommandError, match=rf"conf/{layer}/parameters\.yml names the images of two sources"):
        given(project, env="fast", **{layer: f"{FOLDER_FILE}\n{OTHER_FILES['idx']}"})


def test_what_is_wrong_with_the_files_is_told_by_the_run(project):
    assert given(project, local="image_folder: [path: ]x").pipeline == "training"
    assert given(project, FOLDER, local="image_folder: [path: ]x").pipeline == "folder_training"
    assert given(project, env="no-such", local=FOLDER_FILE).pipeline == "training"
