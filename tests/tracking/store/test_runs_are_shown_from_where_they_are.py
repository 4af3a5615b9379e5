"""`kedro mlflow` opens the store that the configuration names; passwords are in its environment alone."""

import shutil

import pytest
from kedro.framework.session import KedroSession
from mlflow import MlflowClient

from image_classification.errors import UserError
from image_classification.tracking.announcement import WayToShow
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import TrackingSettings, load_settings
from image_classification.tracking.store.shown import page_of, server_of, way_to_show

FILES = "MLFLOW_DEFAULT_ARTIFACT_ROOT"


@pytest.fixture
def read(project):
    """`read(env, text of its mlflow.yml)`: the settings as a command in that environment reads them."""

    def read(env, text):
        folder = project / "conf" / env
        folder.mkdir(exist_ok=True)
        (folder / "mlflow.yml").write_text(text)
        with KedroSession.create(project, env=None if env == "local" else env) as session:
            context = session.load_context()
            settings = load_settings(context.config_loader)
            return settings, way_to_show(context, locate_store(settings, project)).options

    return read


@pytest.mark.parametrize(
    ("settings", "uri", "files"),
    [
        ({}, "sqlite:///{}/mlflow.db", "file://{}/mlartifacts"),
        ({"tracking_uri": "sqlite:///other/runs.db"}, "sqlite:///{}/other/runs.db", "file://{}/mlartifacts"),
        ({"tracking_uri": "postgresql://host:1/runs"}, "postgresql://host:1/runs", "file://{}/mlartifacts"),
        (
            {"tracking_uri": "postgresql+psycopg://host/runs", "artifacts": "s3://b/x"},
            "postgresql+psycopg://host/runs",
            "s3://b/x",
        ),
    ],
)
def test_a_database_has_a_server_started(tmp_path, settings, uri, files):
    store = locate_store(TrackingSettings(**settings), tmp_path, {})
    server = server_of(store, 5001, ["--workers", "2"])
    assert server.environment["MLFLOW_BACKEND_STORE_URI"] == uri.format(tmp_path)
    assert server.environment[FILES] == files.format(tmp_path)
    given = " ".join(server.command)
    assert "mlflow server --host 127.0.0.1 --port 5001" in given
    assert given.endswith("--workers 2")


def test_no_command_has_a_password(tmp_path):
    environ = {"MLFLOW_TRACKING_URI": "postgresql://me:hidden-word@host/runs"}
    server = server_of(locate_store(TrackingSettings(), tmp_path, environ), 5000, [])
    assert "hidden-word" not in " ".join(server.command)
    assert "hidden-word" in server.environment["MLFLOW_BACKEND_STORE_URI"]


@pytest.mark.parametrize("address", ["http://host:5000", "https://runs.example.org"])
def test_a_server_shows_its_runs_itself(tmp_path, address):
    page, store = page_of(TrackingSettings(tracking_uri=address), tmp_path, 5000)
    assert page == address
    assert not store.is_database


@pytest.mark.parametrize("others", [0, 2])
def test_the_page_is_that_of_the_experiment(tmp_path, empty_database, others):
    shutil.copy(empty_database, tmp_path / "runs.db")
    client = MlflowClient(f"sqlite:///{tmp_path / 'runs.db'}")
    for number in range(others):
        client.create_experiment(f"other {number}")
    number = client.create_experiment("mine")
    settings = TrackingSettings(tracking_uri="sqlite:///runs.db", experiment="mine")
    assert page_of(settings, tmp_path, 5003)[0].startswith(
        f"http://127.0.0.1:5003/#/experiments/{number}/runs?"
    )
    unknown = settings.model_copy(update={"experiment": "another"})
    assert page_of(unknown, tmp_path, 5003)[0] == "http://127.0.0.1:5003/"


def test_a_database_that_does_not_answer_is_told(tmp_path):
    settings = TrackingSettings(tracking_uri="postgresql://127.0.0.1:1/runs", timeout=1)
    with pytest.raises(UserError, match=r"The database postgresql://127\.0\.0\.1:1/runs cannot be used"):
        page_of(settings, tmp_path, 5000)


@pytest.mark.parametrize(("env", "options"), [("local", ""), ("team", "--env team")])
def test_an_environment_with_a_place_of_its_own_is_among_the_options(read, env, options):
    settings, told = read(env, "tracking_uri: sqlite:///theirs.db")
    assert settings.tracking_uri == "sqlite:///theirs.db"
    assert told == options


@pytest.fixture
def way(project):
    """How a run in this project is shown, of an environment of the configuration."""

    def way(env="fast"):
        with KedroSession.create(project, env=env) as session:
            return way_to_show(session.load_context(), locate_store(TrackingSettings(), project))

    return way


def test_an_environment_without_one_is_not(way):
    assert way() == WayToShow()


def test_one_that_another_would_stand_for_is(way, monkeypatch):
    monkeypatch.setenv("KEDRO_ENV", "team")
    assert way().options == "--env fast"
    monkeypatch.setenv("KEDRO_ENV", "fast")
    assert way().options == ""


@pytest.mark.parametrize(
    ("uri", "shown", "is_secret"),
    [
        ("sqlite:///their runs.db", "MLFLOW_TRACKING_URI='sqlite:///{}/their runs.db'", False),
        ("postgresql://host/runs", "MLFLOW_TRACKING_URI=postgresql://host/runs", False),
        ("postgresql://me:hidden-word@host/runs", "", True),
        ("postgresql://host/runs?password=hidden-word", "", True),
    ],
)
def test_variables_that_name_the_place_stand_before_the_command(
    project, way, monkeypatch, uri, shown, is_secret
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    expected = f"{shown.format(project)} MLFLOW_EXPERIMENT_NAME=mine".lstrip()
    assert way() == WayToShow("", expected, is_secret)


def test_an_experiment_by_its_number_is_named(way, monkeypatch):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "7")
    assert way() == WayToShow("", "MLFLOW_EXPERIMENT_ID=7", is_secret=False)
