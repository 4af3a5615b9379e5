"""Commands that share trainings, and are killed: the others do what is left, and nothing stays open."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from tests.leaking import LEAKING
from tests.pipelines.test_image_folder_pipeline import make_folder

from image_classification.trials.storage import open_storage

pytestmark = pytest.mark.slow

COMMON = "image_folder.images.size=8,modelling.network.convnet.widths=[4],modelling.training.epochs=1"
SPACE = "search.space.optimizer.adam.lr={low: 0.001, high: 0.1, log: true}"
OPTIONS = {
    "search": f"search.trials=6,{SPACE}",
    "cross_validation": "cross_validation.folds=4",
    "stability": "stability.seeds=4",
}
TABLES = {
    "search": ["search_trials"],
    "cross_validation": ["out_of_fold", "fold_metrics"],
    "stability": ["stability_runs"],
}


class Command:
    """A command that runs, and whose lines are read as they come."""

    def __init__(
        self, loaded_process, project: Path, name: str, pipeline: str, params: str, *more: str
    ) -> None:
        self._loaded = loaded_process
        stdout, self._stderr = project / f"{name}.out", project / f"{name}.err"
        os.mkfifo(stdout)
        arguments = ["kedro", "run", "--pipeline", f"folder_{pipeline}", "--params", params, *more]
        self.number = loaded_process.start(project, arguments, os.environ, stdout, self._stderr)
        self._lines = stdout.open(encoding="utf-8")

    def until(self, said: str) -> str:
        """Read as far as this, and return all lines on the way."""
        read = ""
        for line in self._lines:
            read += line
            if said in line:
                return read
        raise AssertionError(read + self._stderr.read_text())

    def send(self, number: signal.Signals) -> None:
        os.kill(self.number, number)

    def end(self) -> int:
        self._lines.read()
        self._lines.close()
        return self._loaded.wait(self.number)


@pytest.fixture
def start(project, loaded_process, tmp_path):
    """`start(name, pipeline, options)`: run a command on the same photographs."""
    folder = make_folder(tmp_path / "shades", per_class=15)

    def begin(name: str, pipeline: str, more: str = "", *, whole: bool = False) -> Command:
        params = f"{params_of(folder, pipeline)}{more}"
        end = () if whole else up_to_tables(pipeline)
        return Command(loaded_process, project, name, pipeline, params, *end)

    return begin


@pytest.fixture(scope="session")
def undisturbed(shared_by_workers, make_project, loaded_process_of_all):
    """`undisturbed(pipeline)`: what a command comes to that nothing befalls, in a project of its own."""

    def result(pipeline: str) -> pd.DataFrame:
        def run(parent: Path) -> None:
            params = params_of(make_folder(parent / "shades", per_class=15), pipeline)
            command = ["kedro", "run", "--pipeline", f"folder_{pipeline}", "--params", params]
            arguments = [*command, *up_to_tables(pipeline)]
            environment = {name: value for name, value in os.environ.items() if name not in LEAKING}
            done = loaded_process_of_all.run(make_project(parent / "project"), arguments, environment)
            assert done.returncode == 0, done.stderr

        return result_of(shared_by_workers(f"undisturbed_{pipeline}", run) / "project", pipeline)

    return result


def up_to_tables(pipeline: str) -> list[str]:
    """What leaves out the figures and the report, which take longer than the trainings."""
    return ["--to-outputs", ",".join(TABLES[pipeline])]


def params_of(folder: Path, pipeline: str) -> str:
    return f"image_folder.path={folder},{COMMON},{OPTIONS[pipeline]}"


def states_in(project: Path, address: str = "") -> list[tuple[str, int]]:
    """The state and index of every trial."""
    file = project / "data" / "06_models" / "studies" / "trials.db"
    storage = open_storage(address or f"sqlite:///{file}")
    (study,) = storage.get_all_studies()
    trials = storage.get_all_trials(study._study_id)
    return [(each.state.name, each.user_attrs.get("index", -1)) for each in trials]


def runs_in(project: Path) -> dict[str, list[str]]:
    """The states of the runs, those of commands and those within them, which are all within one of those."""
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("image-classification")
    found: dict[str, list[str]] = {"commands": [], "trainings": []}
    parents, commands = set(), set()
    for run in client.search_runs([experiment.experiment_id]):
        parent = run.data.tags.get("mlflow.parentRunId")
        parents.update([parent] if parent else [])
        commands.update([] if parent else [run.info.run_id])
        found["trainings" if parent else "commands"].append(run.info.status)
    assert parents <= commands
    return found


def stop(command: Command, project: Path) -> None:
    """Stop a command at a moment at which it keeps no database from the others."""
    files = [project / "mlflow.db", project / "data" / "06_models" / "studies" / "trials.db"]
    while True:
        command.send(signal.SIGSTOP)
        if not any(is_locked(file) for file in files):
            return
        command.send(signal.SIGCONT)


def is_locked(file: Path) -> bool:
    with closing(sqlite3.connect(file, timeout=0.1, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


@pytest.mark.parametrize("killed", ["first", "second"])
@pytest.mark.parametrize("pipeline", ["search", "cross_validation"])
def test_two_commands_on_one_study_one_of_which_is_killed(project, start, pipeline, killed):
    first = start("first", pipeline)
    first.until("Training 1 of")
    stop(first, project)  # so that it is at work for as long as is wanted
    address = f"sqlite:///{project}/data/06_models/studies/trials.db"
    second = start("second", pipeline, f",data_folder=data2,{pipeline}.storage={address}")
    assert "done already" in second.until("Training ")
    second.until("Training ")
    dead, alive = (first, second) if killed == "first" else (second, first)
    dead.send(signal.SIGKILL)
    first.send(signal.SIGCONT) if killed == "second" else None
    assert dead.end() == -signal.SIGKILL
    assert alive.end() == 0
    states = states_in(project)
    total = 6 if pipeline == "search" else 4
    assert {state for state, _ in states} <= {"COMPLETE", "PRUNED", "FAIL"}
    assert sorted(index for state, index in states if state in ("COMPLETE", "PRUNED")) == list(range(total))
    runs = runs_in(project)
    assert runs["commands"] == ["FINISHED"]
    assert set(runs["trainings"]) <= {"FINISHED", "KILLED"}
    assert runs["trainings"].count("FINISHED") == total
    data = project / ("data2" if killed == "first" else "data") / "07_model_output"
    name = "search_trials.parquet" if pipeline == "search" else "fold_metrics.parquet"
    table = pd.read_parquet(data / name)
    assert len(table) == total


@pytest.mark.parametrize("pipeline", ["search", "cross_validation"])
def test_two_commands_on_a_server_one_of_which_is_killed(
    project, start, pipeline, postgresql_url, postgresql_server
):
    shared = f",{pipeline}.storage={postgresql_url}"
    first = start("first", pipeline, shared)
    first.until("Training 1 of")
    first.send(signal.SIGSTOP)
    second = start("second", pipeline, f"{shared},data_folder=data2", whole=True)
    second.until("Training ")
    first.send(signal.SIGKILL)
    assert first.end() == -signal.SIGKILL
    assert second.end() == 0
    states, total = states_in(project, postgresql_url), 6 if pipeline == "search" else 4
    assert {state for state, _ in states} <= {"COMPLETE", "PRUNED", "FAIL"}
    assert sorted(index for state, index in states if state in ("COMPLETE", "PRUNED")) == list(range(total))
    assert runs_in(project)["commands"] == ["FINISHED"]
    # neither shown nor recorded
    password = postgresql_server.password.encode()
    files = [path for path in project.rglob("*") if path.is_file()]
    assert any(path.name == "second.err" for path in files)
    assert any(path.suffix == ".html" for path in files)
    assert not [path for path in files if password in path.read_bytes()]


@pytest.mark.parametrize(
    ("pipeline", "processes", "number"),
    [
        *((pipeline, processes, signal.SIGKILL) for pipeline in OPTIONS for processes in (1, 2)),
        ("cross_validation", 1, signal.SIGINT),
        ("search", 2, signal.SIGTERM),
    ],
)
def test_the_same_command_goes_on_to_the_same_result(
    project, start, undisturbed, pipeline, processes, number
):
    more = f",{pipeline}.processes={processes}"
    interrupted = start("interrupted", pipeline, more)
    interrupted.until("Training 1 of" if processes == 1 else "Training ")
    interrupted.send(number)
    assert interrupted.end() in (-number, 128 + number)
    again = start("again", pipeline)
    assert "done already" in again.until("done already")
    assert again.end() == 0
    assert "RUNNING" not in {state for state, _ in states_in(project)}
    runs = runs_in(project)
    assert runs["commands"] == ["FINISHED"]
    assert set(runs["trainings"]) <= {"FINISHED", "KILLED"}
    assert runs["trainings"].count("FINISHED") == len(
        {index for state, index in states_in(project) if state in ("COMPLETE", "PRUNED")}
    )
    if pipeline != "search" or processes == 1:  # what several draw at once depends on who is quicker
        pd.testing.assert_frame_equal(result_of(project, pipeline), undisturbed(pipeline))


def test_a_search_that_is_over_begins_anew(project, start):
    assert start("first", "search").end() == 0
    first = result_of(project, "search")
    again = start("again", "search")
    assert "done already" not in again.until("Training 1 of")
    assert again.end() == 0
    pd.testing.assert_frame_equal(result_of(project, "search"), first)


def result_of(project: Path, pipeline: str) -> pd.DataFrame:
    table = pd.read_parquet(project / "data" / "07_model_output" / f"{TABLES[pipeline][0]}.parquet")
    return table.drop(columns="seconds", errors="ignore")


@pytest.mark.parametrize("pipeline", ["cross_validation", "stability"])
def test_more_processes_come_to_the_same(project, start, pipeline):
    results = []
    for processes in (3, 1):
        command = start(f"by_{processes}", pipeline, f",{pipeline}.processes={processes}")
        assert "done already" not in command.until("Training ")  # what is over begins anew
        assert command.end() == 0
        results.append(result_of(project, pipeline))
    pd.testing.assert_frame_equal(*results)


@pytest.mark.parametrize("pipeline", ["search", "cross_validation"])
def test_each_training_may_be_shared_by_processes(project, start, pipeline):
    results, fewer = [], {"search": "trials", "cross_validation": "folds"}
    more = f",{pipeline}.{fewer[pipeline]}=2,modelling.training.precision=float32"
    for processes in (2, 1):
        shared = f",modelling.training.distributed.processes_per_node={processes}"
        command = start(f"shared_by_{processes}", pipeline, more + shared)
        assert command.end() == 0
        results.append(result_of(project, pipeline).select_dtypes("number"))
    pd.testing.assert_frame_equal(*results, rtol=1e-3, atol=1e-4)
    assert set(runs_in(project)["trainings"]) == {"FINISHED"}
