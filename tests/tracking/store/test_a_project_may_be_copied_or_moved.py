"""A copied project records into itself; the files of the runs that came with it are found where they are."""

import shutil
from pathlib import Path

import pytest

from image_classification.tracking.store.opening import find_run, open_experiment
from image_classification.tracking.store.place import locate_store
from image_classification.tracking.store.settings import TrackingSettings

SETTINGS = TrackingSettings()


def open_store(project, uri=None):
    settings = TrackingSettings(tracking_uri=uri)
    return open_experiment(locate_store(settings, project, {}), settings)


def record(project, text="a file", uri=None):
    """Open a run that has a file; return its id."""
    client, experiment = open_store(project, uri)
    run = client.create_run(experiment).info.run_id
    client.log_text(run, text, "notes.txt")
    client.set_terminated(run)
    return run


def files_of(client, run, folder):
    """The text of the run's file, which has to be in that folder."""
    assert client.get_run(run).info.artifact_uri == f"{(folder / 'mlartifacts' / run).as_uri()}/artifacts"
    return Path(client.download_artifacts(run, "notes.txt")).read_text()


@pytest.fixture(params=["project", "a project, ü"])
def original(tmp_path, empty_database, request):
    folder = tmp_path / request.param
    folder.mkdir()
    shutil.copy(empty_database, folder / "mlflow.db")
    return folder


@pytest.mark.parametrize("is_gone", [False, True])
@pytest.mark.parametrize("name", ["copy", "with space/and % sign"])
def test_earlier_and_later_runs(original, tmp_path, name, is_gone, caplog):
    before = [record(original, text) for text in ("one", "two")]
    copy = tmp_path / name
    shutil.copytree(original, copy)
    if is_gone:
        shutil.rmtree(original)
    after = record(copy, "three")
    client, _ = open_store(copy)
    assert [files_of(client, run, copy) for run in (*before, after)] == ["one", "two", "three"]
    assert original.exists() is not is_gone
    told = f"This project was copied or moved from {original}. Its runs' files are in {copy}/mlartifacts now"
    assert caplog.text.count(told) == 1  # once and for all
    if not is_gone:
        assert not (original / "mlartifacts" / after).exists()
        client, _ = open_store(original)
        assert [files_of(client, run, original) for run in before] == ["one", "two"]


def test_a_run_that_was_interrupted_goes_on_in_the_copy(original, tmp_path):
    client, experiment = open_store(original)
    run = client.create_run(experiment).info.run_id
    client.log_text(run, "a file", "notes.txt")
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    client, found = find_run(locate_store(SETTINGS, copy, {}), SETTINGS, run)
    assert found.info.artifact_uri.startswith(copy.as_uri())
    assert files_of(client, run, copy) == "a file"


@pytest.mark.slow
def test_files_that_were_left_behind_are_found_there(original, tmp_path):
    before = record(original)
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(original / "mlflow.db", copy)
    after = record(copy)
    client, _ = open_store(copy)
    assert files_of(client, before, original) == files_of(client, after, copy) == "a file"


def messages(caplog):
    """All but those of connections: threads that another test has left may still look for its server."""
    return [each.message for each in caplog.records if not each.name.startswith("urllib3")]


def test_a_link_to_the_project_is_the_project(original, tmp_path, caplog):
    run = record(original)
    link = tmp_path / "link"
    link.symlink_to(original)
    client, _ = open_store(link)
    assert files_of(client, run, original)
    assert messages(caplog) == []


def test_projects_may_share_a_database(original, tmp_path, caplog):
    uri = f"sqlite:///{original / 'mlflow.db'}"
    run = record(original, uri=uri)
    (tmp_path / "other").mkdir()
    other = record(tmp_path / "other", uri=uri)
    client, _ = open_store(original)
    assert files_of(client, run, original) == files_of(client, other, original)
    assert messages(caplog) == []
