"""The last lines of a run are commands that show this run, typed as they are printed."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from kedro_viz.integrations.kedro.data_loader import load_data
from kedro_viz.launchers.cli.run import run as viz_run
from tests.fixtures.project import ROOT

from image_classification.hooks.summary.next_steps import next_steps
from image_classification.tracking import RunInfo
from image_classification.tracking.announcement import WayToShow

KEDRO = """#!/usr/bin/env python3
import json, sys
print(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def line(project):
    """The line about kedro-viz, of a run in this project."""

    def line(pipeline=None, env=None, conf_source=None, **params):
        names = [pipeline] if pipeline else None
        with KedroSession.create(project, env=env, conf_source=conf_source, runtime_params=params) as session:
            context = session.load_context()
            (line,) = next_steps(None, context, {"pipeline_names": names})
        return line, Path(context.catalog.get("trained_network")._filepath)

    return line


@pytest.fixture
def make(project, monkeypatch):
    """Have `make` here, with a program `kedro` that prints what it gets."""
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # of the `make test` that runs this
        monkeypatch.delenv(name, raising=False)
    for name in ("Makefile", "constraints.txt"):
        shutil.copy(ROOT / name, project)
    program = project / ".venv" / "bin" / "kedro"
    program.parent.mkdir(parents=True)
    program.write_text(KEDRO)
    program.chmod(0o755)
    (project / ".venv" / "installed").touch()


def shown_by(project, line):
    """Type the command of a line into a shell; return pipeline, environment and a file of kedro-viz then."""
    command = line.removeprefix("Look at the graph and its data:  ").partition("  (")[0]
    typed = subprocess.run(command, shell=True, cwd=project, capture_output=True, text=True, check=True)
    viz, run, *words = json.loads(typed.stdout)
    assert (viz, run) == ("viz", "run")
    options = viz_run.make_context("run", words).params
    catalog, *_ = load_data(project, env=options["env"], extra_params=options["params"])
    file = catalog.get("trained_network")._filepath
    return options["pipeline"], options["env"], Path(file)


@pytest.mark.usefixtures("make")
@pytest.mark.parametrize(
    "folder",
    ["/some/where", "/a b, c/it's", "../beside", "1e3", "/x$HOME#`id`", 'a"b\\', "~/at home"],
)
def test_the_data_folder_of_the_run_is_shown(project, line, folder):
    said, file = line(data_folder=folder)
    assert "~" not in str(file)
    assert shown_by(project, said) == (None, None, file)


@pytest.mark.usefixtures("make")
@pytest.mark.parametrize("written", ["data", "elsewhere"])
def test_what_kedro_viz_shows_anyhow_is_not_told(project, line, written):
    (project / "conf" / "local").mkdir()
    (project / "conf" / "local" / "globals.yml").write_text(f"data_folder: {written}")
    expected = "Look at the graph and its data:  make viz  (or: kedro viz run)"
    assert line()[0] == line(pipeline="training", env="local")[0] == expected
    assert line(data_folder=str(project / written))[0] == expected


@pytest.mark.usefixtures("make")
def test_its_pipeline_and_environment_are_shown(project, line):
    (project / "conf" / "fast" / "globals.yml").write_text("data_folder: of-fast")
    said, file = line("folder_training", "fast")
    assert said.endswith("  make viz ARGS='--pipeline folder_training --env fast'")
    assert shown_by(project, said) == ("folder_training", "fast", file)
    assert file == project / "of-fast/06_models/trained_network.safetensors"


@pytest.mark.usefixtures("make")
@pytest.mark.parametrize("env", [None, "local", "accurate"])
def test_an_environment_variable_does_not_decide_what_is_shown(project, line, env, monkeypatch):
    monkeypatch.setenv("KEDRO_ENV", "fast")
    said, file = line(env=env)
    # in another shell, and in this one
    assert shown_by(project, said) == (None, env or "fast", file)


@pytest.mark.usefixtures("make")
@pytest.mark.parametrize(("env", "written"), [(None, "of theirs"), ("fast", "data"), ("theirs", "of theirs")])
def test_of_another_configuration_the_data_are_shown(project, line, tmp_path, env, written):
    conf = shutil.copytree(project / "conf", tmp_path / "their conf")
    (conf / "base" / "globals.yml").write_text(f"data_folder: {written}")
    (project / "conf" / "local").mkdir()
    (project / "conf" / "local" / "globals.yml").write_text("data_folder: of mine")
    (conf / "theirs").mkdir()
    said, file = line(env=env, conf_source=str(conf))
    assert said.endswith("  (kedro-viz reads conf/ of the project, not the --conf-source of this run)")
    assert shown_by(project, said) == (None, "fast" if env == "fast" else None, file)
    assert file == project / written / "06_models/trained_network.safetensors"


def test_in_a_folder_of_the_project_there_is_no_make(project, line, monkeypatch):
    monkeypatch.chdir(project / "conf")
    assert line()[0].endswith(":  kedro viz run")
    assert line(data_folder="/a b")[0].endswith(':  kedro viz run --params "data_folder=/a b"')


def mlflow_line(uri="postgresql://host/runs", **way):
    run = RunInfo("1", "name", "experiment", uri, "FINISHED", way=WayToShow(**way))
    return [*next_steps(run, None, {})][-1].removeprefix("Compare the runs in MLflow:      ")


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ({}, "make mlflow  (the runs are in postgresql://host/runs)"),
        (
            {"options": "--env team"},
            "make mlflow ARGS='--env team'  (the runs are in postgresql://host/runs)",
        ),
        (
            {"variables": "MLFLOW_TRACKING_URI=sqlite:////x.db"},
            "MLFLOW_TRACKING_URI=sqlite:////x.db make mlflow",
        ),
        (
            {"is_secret": True},
            "make mlflow  (the runs are in postgresql://host/runs, with MLFLOW_TRACKING_URI as it is now)",
        ),
    ],
)
def test_what_shows_a_run_opens_the_place_that_it_is_in(way, said):
    assert mlflow_line(**way) == said


def test_outside_of_a_project_the_installed_command_shows_a_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    said = mlflow_line(f"sqlite:///{tmp_path}/runs of mine.db", options="--conf-source conf.tar.gz")
    assert said == "image-classification mlflow --conf-source conf.tar.gz  (the runs are in runs of mine.db)"


def test_a_run_on_a_server_is_found_there():
    assert mlflow_line("https://mlflow.example.org", options="--env team") == "https://mlflow.example.org"


@pytest.mark.usefixtures("make")
def test_the_options_reach_the_command_as_they_are(project):
    options = shlex.join(["--conf-source", "/their conf/$a's"])
    command = mlflow_line(options=options).partition("  (")[0]
    typed = subprocess.run(command, shell=True, cwd=project, capture_output=True, text=True, check=True)
    assert json.loads(typed.stdout) == ["mlflow", "--port", "5000", "--conf-source", "/their conf/$a's"]
