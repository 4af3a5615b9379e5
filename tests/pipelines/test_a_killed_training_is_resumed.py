"""`kedro run` after a kill says what there is to resume; resuming comes to the same, in the same run."""

import json
import os
import shutil
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from kedro import runner as runners
from kedro.framework.session import KedroSession

import image_classification
from image_classification.errors import UserError
from image_classification.tracking import last_run

PARAMS = {"epochs": 2, "batch_size": 32}
RESUME = PARAMS | {"resume": True}
CODE = Path(image_classification.__file__).parent
RUNNERS = ("SequentialRunner", "ThreadRunner", "ParallelRunner")


@pytest.fixture
def project_folder(tmp_path: Path, clean_environment: None, train_once) -> Path:
    """The project after a training of two epochs without interruption."""
    return Path(shutil.copytree(train_once(epochs=2), tmp_path / "project"))


@pytest.fixture
def killed(project: Path, loaded_process, tmp_path: Path):
    """`killed(line, …)`: train in a process that is killed once it has printed this; return its output."""
    stdout, stderr = tmp_path / "stdout", tmp_path / "stderr"
    os.mkfifo(stdout)

    def kill(line: str, runner: str = "SequentialRunner", **training: object) -> str:
        options = PARAMS | {"log_every_batches": 1, "checkpoint.every_minutes": 1e-9} | training
        params = ",".join(f"modelling.training.{name}={value}" for name, value in options.items())
        arguments = ["kedro", "run", "--pipeline", "modelling", "--runner", runner, "--params", params]
        process = loaded_process.start(project, arguments, os.environ, stdout, stderr)
        lines = []
        with ExitStack() as open_files:
            for each in open_files.enter_context(stdout.open(encoding="utf-8")):
                lines.append(each)
                if line in each:
                    break
            os.kill(process, signal.SIGKILL)
            assert line in lines[-1], "".join(lines) + stderr.read_text()
        loaded_process.wait(process)
        return "".join(lines)

    return kill


def run(project: Path, training: dict, runner: str = "SequentialRunner", **modelling: object) -> None:
    params = {"modelling": {"training": training, **modelling}}
    with KedroSession.create(project, runtime_params=params) as session:
        session.run(runner=getattr(runners, runner)(), pipeline_names=["modelling"])


def results(project: Path) -> tuple[bytes, bytes, dict]:
    """Weights, predictions, and history without its seconds."""
    data = project / "data"
    history = pd.read_parquet(data / "07_model_output" / "history.parquet").drop(columns="seconds")
    return (
        (data / "06_models" / "trained_network.safetensors").read_bytes(),
        (data / "07_model_output" / "predictions.parquet").read_bytes(),
        history.to_dict("list"),
    )


@pytest.mark.slow
@pytest.mark.parametrize("runner", RUNNERS)
def test_in_the_same_run_and_to_the_same_result(project: Path, killed, run_command, runner: str) -> None:
    expected = results(project)
    killed("Epoch 2/2  batch 4/6", runner)
    shutil.rmtree(project / "data" / "07_model_output")

    # in a process of its own: none may be forked after torch has computed gradients in this one
    params = ",".join(f"modelling.training.{name}={value}" for name, value in RESUME.items())
    command = ["run", "--pipeline", "modelling", "--runner", runner, "--params", params]
    done = run_command(project, "kedro", *command)
    assert done.returncode == 0, done.stdout + done.stderr

    assert results(project) == expected
    training_record = json.loads((project / "data/07_model_output/training_record.json").read_text())
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    record = client.get_run(training_record["run_id"])
    assert record.info.status == "FINISHED"
    assert len(client.search_runs([record.info.experiment_id])) == 2  # that, and the one before
    curve = client.get_metric_history(record.info.run_id, "train/loss")
    assert [point.step for point in curve] == [1, 2]
    assert len(record.inputs.dataset_inputs) == 1
    assert "in epoch 2 of 2, after" in record.data.tags["resumed"]
    assert "resume" not in record.data.tags["command"]
    assert "in epoch 2 of 2, after" in training_record["resumed"][0]
    assert record.data.tags["weights_digest/0002"] == training_record["weights_digest"]


@pytest.mark.slow
def test_at_the_learning_rate_that_was_found(project: Path, killed, capsys) -> None:
    find = {"mode": "use", "updates": 30}
    run(project, PARAMS | {"find_learning_rate": find})
    expected = results(project)
    killed("Epoch 2/2  batch 4/6", **{f"find_learning_rate.{name}": value for name, value in find.items()})
    shutil.rmtree(project / "data" / "07_model_output")
    capsys.readouterr()
    run(project, RESUME | {"find_learning_rate": find})
    assert "Resumed in epoch 2 of 2, after" in " ".join(capsys.readouterr().out.split())
    assert results(project) == expected
    # before it could be compared, the record of the run was found again
    recorded = last_run()
    assert recorded is not None
    tags = mlflow.MlflowClient(recorded.tracking_uri).get_run(recorded.run_id).data.tags
    assert "in epoch 2 of 2, after" in tags["resumed"]
    assert float(tags["optimizer.found_lr"]) != 0.01


@pytest.mark.slow
def test_the_next_run_says_that_there_is_something_to_resume(project: Path, killed, capsys) -> None:
    killed("Epoch 2/2  batch 4/6")
    run(project, PARAMS)
    said = " ".join(capsys.readouterr().out.split())
    assert "was interrupted in epoch 2 of 2, after" in said
    assert "To resume it: --params modelling.training.resume=true" in said
    # until then it is kept
    folders = sorted((project / "data" / "06_models" / "checkpoints").iterdir())
    assert len(folders) == 3


@pytest.mark.slow
def test_more_epochs_are_a_run_of_their_own_with_the_whole_curve(project: Path, capsys) -> None:
    before = json.loads((project / "data/07_model_output/training_record.json").read_text())["run_id"]
    run(project, RESUME | {"epochs": 3})
    recorded = last_run()
    assert recorded is not None
    assert recorded.run_id != before
    client = mlflow.MlflowClient(recorded.tracking_uri)
    record = client.get_run(recorded.run_id)
    assert record.data.tags["continues_run"] == before
    assert record.data.params["training.epochs"] == "3"
    assert [point.step for point in client.get_metric_history(recorded.run_id, "train/loss")] == [1, 2, 3]
    assert "was drawn out over 2 epochs, and from here on over 3" in " ".join(capsys.readouterr().out.split())


def recorded_of(client: mlflow.MlflowClient, run_id: str) -> dict:
    """All of a run but the address of its files: this project is a copy, and they have come with it."""
    run = client.get_run(run_id).to_dictionary()
    del run["info"]["artifact_uri"]
    return run


@pytest.mark.parametrize(
    "top_k", [pytest.param(5, marks=pytest.mark.slow), pytest.param(2, id="of other parameters")]
)
def test_what_follows_a_finished_run_is_a_run_of_its_own(project: Path, capsys, caplog, top_k: int) -> None:
    before = json.loads((project / "data/07_model_output/training_record.json").read_text())["run_id"]
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    finished = recorded_of(client, before)
    network = results(project)[0]
    run(project, RESUME, evaluation={"top_k": top_k})
    recorded = last_run()
    assert recorded is not None
    assert recorded_of(client, before) == finished
    record = client.get_run(recorded.run_id)
    assert record.data.tags["continues_run"] == before
    assert record.data.params["evaluation.top_k"] == str(top_k)
    digests = [f"weights_digest/{epoch:04d}" for epoch in (1, 2)]
    assert all(record.data.tags[name] == finished["data"]["tags"][name] for name in digests)
    found = {name for name in record.data.metrics if name.startswith("test/top_")}
    assert found == {f"test/top_{top_k}_accuracy"}
    assert len(client.get_metric_history(recorded.run_id, "test/calibration_error")) == 1
    assert [point.step for point in client.get_metric_history(recorded.run_id, "train/loss")] == [1, 2]
    assert results(project)[0] == network
    assert f"The run {before} is finished. It stays as it is" in " ".join(caplog.text.split())
    assert "The training is over already, after epoch 2 of 2" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_what_the_killed_process_had_not_recorded_yet_does_not_end_it(project: Path, killed) -> None:
    killed("Epoch 2/2  batch 4/6")
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    (left,) = client.search_runs(["1"], "attributes.status = 'RUNNING'")
    process = {name: value for name, value in left.data.tags.items() if name.startswith("process.")}
    lines = [
        {
            "run_id": left.info.run_id,
            "store": f"sqlite:///{project.as_posix()}/mlflow.db",
            "process": process,
        },
        {"kind": "tags", "content": {"killed_by": "SIGTERM"}},
        {"kind": "end", "content": {"status": "KILLED", "time": left.info.start_time + 1}},
    ]
    (project / "mlpending").mkdir()
    (project / "mlpending" / f"{left.info.run_id}.m-1.jsonl").write_text("\n".join(map(json.dumps, lines)))
    seen = []
    log_batch = mlflow.MlflowClient.log_batch

    def look(self, run_id, *arguments, **options):
        seen.append(client.get_run(run_id).info.status)
        return log_batch(self, run_id, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlflow.MlflowClient, "log_batch", look)
        run(project, RESUME)
    record = client.get_run(left.info.run_id)
    assert record.info.status == "FINISHED"
    assert "killed_by" not in record.data.tags
    assert set(seen[2:]) <= {"RUNNING", "FINISHED"}  # the first two tell of the end and take the run over
    assert not (project / "mlpending").exists()


@pytest.mark.slow
def test_a_run_that_is_gone_is_replaced(project: Path, empty_database: Path, caplog) -> None:
    expected = results(project)
    before = json.loads((project / "data/07_model_output/training_record.json").read_text())["run_id"]
    shutil.copy(empty_database, project / "mlflow.db")
    run(project, RESUME)
    assert f"The run {before} of the training that is resumed is not at" in caplog.text
    recorded = last_run()
    assert recorded is not None
    client = mlflow.MlflowClient(recorded.tracking_uri)
    assert [point.step for point in client.get_metric_history(recorded.run_id, "train/loss")] == [1, 2]
    assert results(project) == expected


@pytest.mark.slow
def test_changed_code_is_refused_by_name_or_goes_on_where_that_is_allowed(
    project: Path, killed, run_command, tmp_path: Path
) -> None:
    killed("Epoch 2/2  batch 4/6")
    subprocess.run(["git", "init", "--quiet", "."], cwd=project, check=True)
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(
        ["git", *identity, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=project, check=True
    )
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=project, text=True).strip()
    package = Path(shutil.copytree(CODE, tmp_path / "changed" / CODE.name))
    for name in ("learning/update.py", "words.py"):
        (package / name).write_text((package / name).read_text() + "\n# changed\n")

    def resume(**options: object):
        params = ",".join(f"modelling.training.{name}={value}" for name, value in (RESUME | options).items())
        command = ["run", "--pipeline", "modelling", "--params", params]
        return run_command(project, "kedro", *command, PYTHONPATH=str(package.parent))

    refused = resume()
    assert refused.returncode == 1
    said = " ".join(refused.stderr.split())
    assert "cannot go on: the code has changed (learning.update). Resume it with what it had" in said
    assert "--params modelling.training.checkpoint.changed_code=allow" in said

    done = resume(**{"checkpoint.changed_code": "allow"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The code has changed since then (learning.update)" in " ".join(done.stdout.split())
    training_record = json.loads((project / "data/07_model_output/training_record.json").read_text())
    assert training_record["resumed"][0].endswith(f"at commit {commit} with changes")
    tags = (
        mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}").get_run(training_record["run_id"]).data.tags
    )
    assert f"batches, at commit {commit} with changes: python -m kedro run" in tags["resumed"]


@pytest.mark.slow
def test_other_images_are_refused(project: Path, killed, tiny_mnist: Path) -> None:
    killed("Epoch 2/2  batch 4/6")
    params = {"modelling": {"training": RESUME}, "mnist": {"split": {"validation": 0.2}}}
    with (
        KedroSession.create(project, runtime_params=params) as session,
        pytest.raises(UserError, match="cannot go on: the index of the images is"),
    ):
        session.run(pipeline_names=["training"], to_outputs=["trained_network"])
