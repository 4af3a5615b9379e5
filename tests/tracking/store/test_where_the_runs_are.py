"""The store is in the project folder unless somebody says otherwise, whatever the working directory."""

import pytest

from image_classification.errors import UserError
from image_classification.tracking.store.opening import open_experiment
from image_classification.tracking.store.place import Store, locate_store
from image_classification.tracking.store.settings import TrackingSettings


def located(tmp_path, uri=None, **environ):
    return locate_store(TrackingSettings(tracking_uri=uri), tmp_path, environ)


def test_by_default_a_database_in_the_project(tmp_path):
    assert located(tmp_path) == Store(f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "mlartifacts")


def test_a_relative_database_belongs_to_the_project(tmp_path):
    assert located(tmp_path, "sqlite:///runs/all.db").uri == f"sqlite:///{tmp_path}/runs/all.db"
    assert located(tmp_path, "sqlite:////elsewhere/all.db").uri == "sqlite:////elsewhere/all.db"


def test_the_environment_variable_wins(tmp_path):
    store = located(tmp_path, "http://configured:5000", MLFLOW_TRACKING_URI="http://named:5000")
    assert store == Store("http://named:5000", None)


def test_another_database_keeps_its_files_in_the_project(tmp_path):
    store = located(tmp_path, "postgresql://me:secret@host/runs")
    assert store.artifact_root == tmp_path / "mlartifacts"
    assert store.shown == "postgresql://host/runs"


@pytest.mark.parametrize("uri", ["mlruns", "./mlruns", "file:///tmp/mlruns"])
def test_a_folder_is_refused(tmp_path, uri):
    with pytest.raises(UserError, match=f"MLFLOW_TRACKING_URI is '{uri}', a folder"):
        located(tmp_path, MLFLOW_TRACKING_URI=uri)


@pytest.mark.slow
def test_any_working_directory_will_do(tracked_project, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    tracked_project.configure("tracking_uri: sqlite:///runs/all.db")

    tracked_project.run()

    assert list(elsewhere.iterdir()) == []
    assert (tracked_project.path / "runs/all.db").exists()
    assert len(list((tracked_project.path / "mlartifacts").iterdir())) == 2  # the run and its model


def test_a_deleted_experiment_is_not_used(tracked_project):
    client = tracked_project.client
    client.delete_experiment(client.create_experiment("image-classification"))

    with pytest.raises(UserError, match=r"The experiment 'image-classification' at .* is deleted") as caught:
        tracked_project.run()

    assert "mlflow experiments restore --experiment-id 1" in str(caught.value)
    assert not (tracked_project.path / "data").exists()


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    database = tmp_path / "mlflow.db"
    database.write_text("my diary " * 1000)

    with pytest.raises(UserError, match="file is not a database"):
        open_experiment(located(tmp_path), TrackingSettings())

    assert database.read_text() == "my diary " * 1000


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match=r"No run can be recorded at sqlite:.*/file/mlflow.db: "):
        open_experiment(located(tmp_path / "file"), TrackingSettings())
