"""~ in the path of the data folder is the home folder, in whichever layer it is written."""

from pathlib import Path

import pytest
from kedro.framework.session import KedroSession

from image_classification.config_loader import LayeredConfigLoader
from image_classification.errors import UserError
from image_classification.settings import CONFIG_LOADER_ARGS


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "at home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


def write(project, layer, text):
    folder = project / "conf" / layer
    folder.mkdir(exist_ok=True)
    (folder / "globals.yml").write_text(text)


def folders(project, env=None, **params):
    """Where the parameters say that the data are, and where the catalog puts them."""
    context = KedroSession.create(project, env=env, runtime_params=params).load_context()
    file = context.catalog.get("trained_network")._filepath
    return context.config_loader["parameters"]["data_folder"], Path(file).parents[1].as_posix()


@pytest.mark.parametrize(
    "layer", ["local", *(pytest.param(layer, marks=pytest.mark.slow) for layer in ("base", "fast"))]
)
@pytest.mark.parametrize("written", ["'~'", "~/zz", "'~/a folder/of data'", "${place}/zz\nplace: ~/deep/er"])
def test_in_every_layer(project, home, layer, written):
    write(project, layer, f"data_folder: {written}")
    said, used = folders(project, env="fast")
    text = written.splitlines()[0].strip("'").replace("${place}", "~/deep/er")
    assert said == used == str(home) + text[1:]
    assert not list(project.rglob("~*"))


def test_on_the_command_line(project, home):
    write(project, "local", "data_folder: ~/not/this")
    assert folders(project, data_folder="~/zz") == (f"{home}/zz", f"{home}/zz")


@pytest.mark.parametrize("written", ["./~", "a/~", "data~"])
def test_elsewhere_it_is_a_part_of_a_name(project, home, written):
    write(project, "local", f"data_folder: {written}")
    said, used = folders(project)
    assert said == written
    assert Path(used) == project / written


@pytest.mark.parametrize(
    ("written", "there"),
    [
        ("conf", "in conf, which is not for data"),
        ("./src/../src/data", "in src, which is not for data"),
        ("data/../tests", "in tests, which is not for data"),
        (".git", "in .git, which is not for data"),
        (".venv/data", "in .venv, which is not for data"),
        ("mlartifacts/data", "in mlartifacts, which is not for data"),
        (".", "the folder of the project itself"),
        ("data/..", "the folder of the project itself"),
    ],
)
@pytest.mark.parametrize("is_absolute", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_folder_that_is_for_something_else_is_refused(project, written, there, is_absolute):
    folder = str(project / written) if is_absolute else written
    with pytest.raises(UserError, match=there):
        folders(project, data_folder=folder)


@pytest.mark.parametrize("written", ["", "out", "out/of/many"])
@pytest.mark.parametrize("through", [pytest.param("pets", marks=pytest.mark.slow), "a link"])
def test_a_folder_among_the_images_is_refused(project, tmp_path, written, through):
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    (tmp_path / "a link").symlink_to(tmp_path / "pets")
    folder = str(tmp_path / through / written)
    with pytest.raises(UserError, match=r"in the folder of the images .*: what is written there would"):
        folders(project, data_folder=folder, image_folder={"path": str(tmp_path / "pets")})


@pytest.mark.parametrize(
    ("pattern", "refused"),
    [
        ("**/*.png", True),
        ("*/*/*.png", True),
        ("cat*/*.jpg", False),
        ("*/2024/*.png", False),
        ("cat[1]", False),
    ],
)
def test_a_folder_that_a_pattern_meets_is_refused(project, tmp_path, pattern, refused):
    (tmp_path / "pets" / "cat[1]").mkdir(parents=True)
    folder, path = str(tmp_path / "pets" / "out" / "of"), str(tmp_path / "pets" / pattern)
    if refused:
        with pytest.raises(UserError, match=r"in the folder of the images .*: what is written there would"):
            folders(project, data_folder=folder, image_folder={"path": path})
    else:
        assert folders(project, data_folder=folder, image_folder={"path": path})[0] == folder


@pytest.mark.parametrize("written", ["data/conf", "../conf", "confidential", "my tests"])
def test_names_that_are_alike_are_free(project, written):
    assert folders(project, data_folder=written)[0] == written


def test_a_year_is_a_name_too(project):
    write(project, "local", "data_folder: 2024")
    assert folders(project) == ("2024", f"{project.as_posix()}/2024")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("~nobody-of-this-name/data", "whom this machine does not know"),
        ("s3://bucket/data", "is not a folder on this machine"),
        ("", "is nothing (as ~ without quotes is), expected the path of a folder"),
        ("~", "is nothing (as ~ without quotes is), expected the path of a folder"),
        ("''", "is '', expected the path of a folder"),
        ("[a, b]", "expected the path of a folder"),
        ("{a: b}", "expected the path of a folder"),
        ("true", "is True, expected the path of a folder"),
    ],
)
def test_what_is_no_folder_is_refused(tmp_path, written, why):
    for layer in ("base", "local"):
        (tmp_path / "conf" / layer).mkdir(parents=True)
    (tmp_path / "conf/local/globals.yml").write_text(f"data_folder: {written}")
    with pytest.raises(UserError, match=r"data_folder \(from globals\.yml\)") as refused:
        LayeredConfigLoader(tmp_path / "conf", **CONFIG_LOADER_ARGS)["globals"]
    assert why in str(refused.value)


def test_so_it_is_on_the_command_line(project):
    with pytest.raises(UserError, match=r"data_folder \(from --params\) is ~nobody-of-this-name"):
        folders(project, data_folder="~nobody-of-this-name")
