"""`image-classification promote <run or version>` applies the gate by hand, and says what came of it."""

import re

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, LoggedModelStatus

from image_classification.errors import UserError
from image_classification.tracking.registry.settings import RegistrySettings
from image_classification.tracking.registry.steps import promote_by_hand
from image_classification.tracking.store.settings import TrackingSettings


@pytest.fixture
def runs(project, tmp_path):
    """Two finished trainings, the second one better; names of the runs."""
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.create_experiment(
        "image-classification", artifact_location=(project / "mlartifacts").as_uri()
    )
    for number, right in enumerate((120, 150), start=1):
        run_id = client.create_run(experiment, run_name=f"run {number}").info.run_id
        client.log_param(run_id, "data.name", "pets")
        client.log_param(run_id, "data.index_digest", "a" * 64)
        names = [f"test/{each}" for each in range(200)]
        table = pd.DataFrame({"name": names, "label": "cat", "correct": np.arange(200) < right})
        table.to_parquet(tmp_path / "predictions.parquet")
        client.log_artifact(run_id, str(tmp_path / "predictions.parquet"), "model_output")
        logged = client.create_logged_model(experiment, name="convnet-pets", source_run_id=run_id)
        client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
        client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
        client.set_terminated(run_id)
    return client


@pytest.mark.slow
def test_the_command_says_what_came_of_it(project, runs, run_command):
    settings = TrackingSettings(tracking_uri=runs.tracking_uri)
    first = promote_by_hand(settings, project, "run 2")
    assert first.line == "pets version 1, which is the champion now (there was no champion before)"

    done = run_command(project, "image_classification", "promote", "run 1")

    assert done.returncode == 1, done.stderr
    line = done.stdout.strip().splitlines()[-1]
    assert line == "To promote it all the same: kedro promote models:/pets/2 --force"
    line = done.stdout.strip().splitlines()[-2]
    assert line.startswith("pets version 2; champion stays version 1 (accuracy 60.00% against 75.00%")
    assert runs.get_registered_model("pets").aliases == {"champion": 1}
    assert "Downloading" not in done.stderr


def test_by_version_and_forced(project, runs):
    settings = TrackingSettings(tracking_uri=runs.tracking_uri, registry=RegistrySettings(promote="never"))
    for name in ("run 2", "run 1"):
        promote_by_hand(settings, project, name)

    forced = promote_by_hand(settings, project, "models:/pets/2", force=True)

    assert forced.line.startswith("pets version 2, which is the champion now (it was forced; accuracy 60.00%")
    assert runs.get_registered_model("pets").aliases == {"champion": 2}
    assert forced.hint == ""
    assert (
        run_named(runs, "run 1").data.tags["registered"].startswith("pets version 2: became the champion at ")
    )
    # and back again, by the run, its model or the version
    model = run_named(runs, "run 2").outputs.model_outputs[0].model_id
    for named in (f"models:/{model}", "models:/pets/1", run_named(runs, "run 2").info.run_id):
        assert promote_by_hand(settings, project, named).champion == "1"


@pytest.mark.parametrize("force", [False, True])
def test_what_is_on_record_stays_true(project, runs, force):
    settings = TrackingSettings(tracking_uri=runs.tracking_uri)
    promote_by_hand(settings, project, "run 1")
    first = on_record(runs, "run 1")
    assert re.fullmatch(
        r"pets version 1: became the champion at \S+ \(there was no champion before\)", first["registered"]
    )

    again = promote_by_hand(settings, project, "run 1", force=force)
    assert (again.line, again.hint) == ("pets version 1; it is the champion already (nothing to decide)", "")
    assert on_record(runs, "run 1") == first
    promote_by_hand(settings, project, "run 2")
    assert on_record(runs, "run 1") == first
    assert "version 2: became the champion at " in on_record(runs, "run 2")["registered"]

    worse = promote_by_hand(settings, project, "models:/pets/1")
    assert worse.hint == "To promote it all the same: kedro promote models:/pets/1 --force"
    said = on_record(runs, "run 1")["registered"]
    assert said.startswith("pets version 1: did not become the champion at ")
    assert "; the champion was version 2 (accuracy 60.00% against 75.00%" in said


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("run 3", "no run with the id or name run 3"),
        ("models:/pest/1", "did you mean pets?"),
        ("models:/pets/9", "It has: 1."),
        ("models:/pets", "neither a version nor an alias"),
        (f"models:/m-{'f' * 32}", "no recorded model"),
        ("models:/m-123", "names no recorded model, whose id is m- and 32 letters and digits"),
    ],
)
def test_what_does_not_exist_is_told(project, runs, named, reason):
    settings = TrackingSettings(tracking_uri=runs.tracking_uri)
    promote_by_hand(settings, project, "run 1")

    with pytest.raises(UserError, match=re.escape(reason)):
        promote_by_hand(settings, project, named)


def on_record(client, name):
    """Return what is recorded of a run's promotion, with it and with its version."""
    run = run_named(client, name)
    (version,) = [each for each in client.search_model_versions("") if each.run_id == run.info.run_id]
    told = {key: value for key, value in version.tags.items() if key.startswith("promotion.")}
    return {"registered": run.data.tags["registered"], "description": version.description} | told


def run_named(client, name):
    (run,) = client.search_runs(["1"], f"attributes.run_name = '{name}'")
    return run
