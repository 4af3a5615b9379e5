"""What was made of the digits that stand in for MNIST is out of date once MNIST can be had."""

import shutil
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession

from image_classification.images.idx import mnist
from image_classification.pipelines.idx import download_mnist

FOLDER = Path("data/01_raw/mnist")


@pytest.fixture
def offline(project, tiny_mnist, monkeypatch):
    """A project in which the digits stand in for MNIST; return the folder of the archives."""
    monkeypatch.delenv("MNIST_MIRROR", raising=False)
    monkeypatch.setattr(mnist, "PUBLIC_MIRRORS", (f"file://{project}/gone",))
    run(project)
    assert data_name(project) == "digits"
    return tiny_mnist


def run(project, **parameters):
    values = {"mnist": parameters} if parameters else {}
    with KedroSession.create(project, runtime_params=values) as session:
        session.run(pipeline_names=["mnist"], only_missing_outputs=True)


def data_name(project):
    with KedroSession.create(project) as session:
        return session.load_context().catalog.load("mnist.image_statistics")["data_name"]


def state():
    files = (path for path in Path("data").rglob("*") if path.is_file() and path.parent.name != ".origins")
    return {path: path.stat().st_mtime_ns for path in files}


def reasons(caplog):
    return [line for line in caplog.messages if line.startswith("To be made again")]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["variable", "parameter", "archives"])
def test_it_is_made_of_mnist_once_there_is_a_way_to_it(project, offline, monkeypatch, caplog, way):
    if way == "variable":
        monkeypatch.setenv("MNIST_MIRROR", offline.as_uri())
    if way == "archives":
        shutil.copytree(offline, FOLDER, dirs_exist_ok=True)
    parameters = {"mirrors": [offline.as_uri()]} if way == "parameter" else {}
    caplog.clear()
    with caplog.at_level("INFO"):
        run(project, **parameters)
    assert data_name(project) == "mnist"
    if way != "parameter":
        said = f"named: {offline.as_uri()}" if way == "variable" else f"MNIST are in {FOLDER}"
        [line] = [line for line in reasons(caplog) if "download_mnist" in line]
        assert "mnist.download_mnist (made from scikit-learn's digits, and now" in line
        assert said in line.replace(f"{project}/", "")

    before = state()
    monkeypatch.delenv("MNIST_MIRROR", raising=False)  # what is there does not depend on it
    run(project, **parameters)
    assert state() == before


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_the_digits_stay_while_there_is_none(project, offline, missing):
    for archive in mnist.ARCHIVES:
        shutil.copy(offline / archive.name, FOLDER)
    damaged = FOLDER / mnist.ARCHIVES[missing].name
    damaged.write_bytes(b"damaged") if missing else damaged.unlink()
    before = state()
    run(project)
    assert state() == before


def test_it_says_nothing_where_nothing_was_made(tmp_path):
    tell = download_mnist.depends_on.outdated
    assert tell({"options": {"mirrors": ["file:///x"]}}, [tmp_path]) == ""
