"""The tasks of a DAG, each in a process of its own, come to what one `kedro run` comes to, in one record."""

import sys

import mlflow
import pandas as pd
import pytest
from safetensors.torch import load_file
from tests.deployment.airflow_stub import load
from tests.deployment.conftest import create_dag
from tests.deployment.test_a_dag_of_the_template import TEMPLATE
from tests.fixtures.project import write_tiny_mnist

MADE_BY_MODELLING = {"model_output/predictions.parquet", "reporting/metrics.json"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "group_by", "tasks", "recorded"),
    [
        ("idx_training", ("--group-by", "namespace"), 3, {*MADE_BY_MODELLING, "reporting/report.html"}),
        ("idx_modelling", (), 5, MADE_BY_MODELLING),
    ],
)
def test_predictions_and_weights_are_the_same(
    name, group_by, tasks, recorded, project, tmp_path, monkeypatch, run_command, loaded_process
):
    write_tiny_mnist(tmp_path / "tiny")
    given = f"idx.path={tmp_path / 'tiny'},modelling.training.epochs=2,modelling.training.batch_size=32"
    for folder in ("in_tasks", "in_one"):
        done = run_command(
            project, "kedro", "run", "--pipeline", "idx", "--params", f"{given},data_folder={folder}"
        )
        assert done.returncode == 0, done.stdout + done.stderr
    path = create_dag(project, "-p", name, *group_by, "--params", f"python={sys.executable}", *TEMPLATE)
    _, operators = load(path, monkeypatch)
    assert len(operators) == tasks

    params = {"run_params": f"{given},data_folder=in_tasks"}
    for operator in operators:
        # where there are many, in a process that has loaded the libraries; each is one of its own either way
        done = operator.run_in(loaded_process, params) if tasks > 3 else operator.run(params)
        assert done.returncode == 0, done.stdout + done.stderr
    client = mlflow.MlflowClient(f"sqlite:///{project}/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("image-classification").experiment_id])
    done = run_command(project, "kedro", "run", "--pipeline", name, "--params", f"{given},data_folder=in_one")
    assert done.returncode == 0, done.stdout + done.stderr

    one, other = (project / folder for folder in ("in_tasks", "in_one"))
    weights = [load_file(each / "06_models/trained_network.safetensors") for each in (one, other)]
    assert weights[0].keys() == weights[1].keys()
    assert all(weights[0][key].equal(weights[1][key]) for key in weights[0])
    predictions = [pd.read_parquet(each / "07_model_output/predictions.parquet") for each in (one, other)]
    pd.testing.assert_frame_equal(*predictions)
    folders = [client.list_artifacts(run.info.run_id, folder) for folder in ("model_output", "reporting")]
    files = {file.path for folder in folders for file in folder}
    assert files >= recorded
    assert run.info.status == "FINISHED"
    assert run.data.metrics["test/images"] == 50
