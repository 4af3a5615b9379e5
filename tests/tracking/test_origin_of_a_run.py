"""Code, command and versions of a run are found in its tags."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from image_classification.config_loader.data_folder import make_data_folder
from image_classification.tracking.origin import (
    git_tags,
    origin_tags,
    remote_tags,
    runner_name,
    shown_command,
)


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(
        ["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--initial-branch", "topic")
    (tmp_path / "code.py").write_text("1")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def test_a_clean_commit(repository):
    assert git_tags(repository) == {
        "mlflow.source.git.commit": git(repository, "rev-parse", "HEAD"),
        "mlflow.source.git.branch": "topic",
        "mlflow.source.git.dirty": "false",
    }


@pytest.mark.parametrize("file", ["code.py", "new.py"])
def test_a_changed_or_new_file_is_dirty(repository, file):
    (repository / file).write_text("2")

    assert git_tags(repository)["mlflow.source.git.dirty"] == "true"


@pytest.mark.parametrize("data", ["data2", "runs/a", "with space ü/b"])
def test_data_folders_of_runs_are_no_change(repository, data):
    make_data_folder(repository / data)
    (repository / data / "06_models").mkdir()
    (repository / data / "06_models" / "network.json").write_text("{}")
    assert git(repository, "status", "--porcelain") == ""
    assert git_tags(repository)["mlflow.source.git.dirty"] == "false"
    (repository / data / ".gitignore").unlink()  # as those of before
    assert git(repository, "status", "--porcelain") != ""
    assert git_tags(repository)["mlflow.source.git.dirty"] == "false"
    (repository / Path(data).parts[0] / "code.py").write_text("1")
    if data != "data2":  # it stands beside the data folder
        assert git_tags(repository)["mlflow.source.git.dirty"] == "true"
    (repository / "code.py").write_text("2")
    assert git_tags(repository)["mlflow.source.git.dirty"] == "true"


def test_in_a_project_that_is_a_folder_of_a_repository(repository):
    project = repository / "project"
    project.mkdir()
    make_data_folder(project / "data2")
    (project / "data2" / ".gitignore").unlink()
    (project / "data2" / "x").write_text("1")
    assert git_tags(project)["mlflow.source.git.dirty"] == "false"
    (project / "new.py").write_text("1")
    assert git_tags(project)["mlflow.source.git.dirty"] == "true"


def test_a_data_folder_that_was_there_keeps_what_it_has(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine").write_text("1")
    make_data_folder(tmp_path / "data")
    assert not (tmp_path / "data" / ".gitignore").exists()


def test_a_detached_head_has_no_branch(repository):
    git(repository, "checkout", "--detach")

    assert "mlflow.source.git.branch" not in git_tags(repository)


def test_outside_a_repository_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert git_tags(tmp_path) == {}


FETCHED = {
    "s3://shop/photos": "fetched 2030-01-02",
    "s3://models/teacher": "copy of 2030, as nobody answered",
}


@pytest.mark.parametrize(
    ("source", "path", "data"),
    [
        ("image_folder", "s3://shop/photos", "s3://shop/photos"),
        ("image_folder", "s3://shop/photos/table.csv", "s3://shop/photos/table.csv"),
        ("hugging_face", "s3://shop/photos/", "s3://shop/photos/"),
        ("idx", "/photos", None),
        ("idx", "", None),
        ("image_folder", "s3://shop/photos2", None),
    ],
)
def test_where_remote_data_came_from(source, path, data):
    tags = remote_tags({source: {"path": path}, "remote": {"results": ""}}, FETCHED)
    assert tags.pop("data.address", None) == data
    assert tags == {
        "remote.fetched": "s3://models/teacher: copy of 2030, as nobody answered\n"
        "s3://shop/photos: fetched 2030-01-02"
    }


def test_where_results_go():
    assert remote_tags({"remote": {"results": "s3://results/shop"}}, {}) == {
        "remote.results": "s3://results/shop"
    }
    assert remote_tags({"remote": {"results": ""}}, {}) == {}


def test_the_command_can_be_typed_again():
    argv = ["/opt/venv/bin/kedro", "run", "--params", "modelling.network.feed_forward.widths=[64, 32]"]
    assert shown_command(argv) == "kedro run --params 'modelling.network.feed_forward.widths=[64, 32]'"
    assert shown_command(["python -m kedro", "run", "--env", "$x"]) == "python -m kedro run --env '$x'"
    assert shown_command(["kedro", "\x1b[31m\udce9"]) == r"kedro '\x1b[31m\xe9'"
    assert shown_command(["/a/image_classification/__main__.py", "--env", "x"]) == (
        "python -m image_classification --env x"
    )


@pytest.mark.parametrize(
    ("runner", "name"),
    [
        ("<kedro.runner.parallel_runner.ParallelRunner object at 0x7f>", "ParallelRunner"),
        ("ThreadRunner", "ThreadRunner"),
        ("None", "SequentialRunner"),
    ],
)
def test_the_runner_is_known_by_its_class(runner, name):
    assert runner_name(runner) == name


def test_tags_say_how_to_get_the_run_again(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["kedro", "run"])

    tags = origin_tags(
        tmp_path, {"pipeline_names": ["training"], "env": "recipe", "runner": "None"}, "my data"
    )

    assert tags["pipeline"] == "training"
    assert tags["environment"] == "recipe"
    assert tags["data_folder"] == "my data"
    assert tags["command"] == tags["mlflow.source.name"] == "kedro run"
    assert tags["version.torch"] == version("torch")
    assert {"version.python", "version.kedro", "version.mlflow"} <= set(tags)
